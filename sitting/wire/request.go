package wire

import (
	"crypto"
	"fmt"

	"incamera/sitting"

	"github.com/fxamacker/cbor/v2"
)

type request struct {
	Sitting sitting.ID       `cbor:"1,keyasint"`
	Order   sitting.Hash     `cbor:"2,keyasint"`
	Member  sitting.MemberID `cbor:"3,keyasint"`
	Counter uint64           `cbor:"4,keyasint"`
	Seen    head             `cbor:"5,keyasint"`
	Kind    uint64           `cbor:"6,keyasint"`
	Body    cbor.RawMessage  `cbor:"7,keyasint"`
}

type head struct {
	Seq  uint64       `cbor:"1,keyasint"`
	Hash sitting.Hash `cbor:"2,keyasint"`
}

type (
	nothing struct{}
	arrive  struct {
		KeyPackage []byte   `cbor:"1,keyasint"`
		Chain      [][]byte `cbor:"-"` // in the header x5chain
	}
	giveFloor struct {
		To sitting.MemberID `cbor:"1,keyasint"`
	}
	takeFloor struct {
		From sitting.MemberID `cbor:"1,keyasint"`
	}
	admit struct {
		Who sitting.MemberID `cbor:"1,keyasint"`
	}
	remove struct {
		Who sitting.MemberID `cbor:"1,keyasint"`
		Why string           `cbor:"2,keyasint"`
	}
	commit struct {
		Founding uint64       `cbor:"1,keyasint"`
		Epoch    uint64       `cbor:"2,keyasint"`
		Message  sitting.Hash `cbor:"3,keyasint"`
		Welcome  sitting.Hash `cbor:"4,keyasint"`
		Tree     sitting.Hash `cbor:"5,keyasint"`
		Adds     []uint64     `cbor:"6,keyasint"`
		Removes  []uint64     `cbor:"7,keyasint"`
	}
	confirm struct {
		Founding      uint64 `cbor:"1,keyasint"`
		Epoch         uint64 `cbor:"2,keyasint"`
		Authenticator []byte `cbor:"3,keyasint"`
	}
)

// bodies are numbered for good.
var bodies = kinds{
	1:  {sitting.Arrive{}, arrive{}},
	2:  {sitting.Leave{}, nothing{}},
	3:  {sitting.RaiseHand{}, nothing{}},
	4:  {sitting.LowerHand{}, nothing{}},
	5:  {sitting.GiveFloor{}, giveFloor{}},
	6:  {sitting.TakeFloor{}, takeFloor{}},
	7:  {sitting.Admit{}, admit{}},
	8:  {sitting.Remove{}, remove{}},
	9:  {sitting.Commit{}, commit{}},
	10: {sitting.Confirm{}, confirm{}},
	11: {sitting.Close{}, nothing{}},
}

// SignRequest signs r with the session key; chain begins with the session
// certificate. r.Session and the chain in an Arrive are taken from chain. Only
// an Arrive carries the whole chain.
func SignRequest(r sitting.Request, key crypto.Signer, chain [][]byte) ([]byte, error) {
	w := request{
		Sitting: r.Sitting, Order: r.Order, Member: r.Member, Counter: r.Counter, Seen: head(r.Seen),
	}
	var err error
	if w.Kind, w.Body, err = bodies.encode(r.Body); err != nil {
		return nil, err
	}
	payload, err := encode(w)
	if err != nil {
		return nil, err
	}
	_, arrives := r.Body.(sitting.Arrive)
	signed, err := seal(payload, requestType, key, chain, arrives)
	if err == nil && len(signed) > MaxRequest {
		return nil, ErrTooLarge
	}
	return signed, err
}

// ReadRequest returns what signed says, and does not look at the signature:
// see [VerifyRequest].
func ReadRequest(signed []byte) (sitting.Request, error) {
	e, err := unseal(signed, requestType, MaxRequest)
	if err != nil {
		return sitting.Request{}, err
	}
	var w request
	if err := decode(e.message.Payload, &w); err != nil {
		return sitting.Request{}, err
	}
	r := sitting.Request{
		Sitting: w.Sitting, Order: w.Order, Member: w.Member, Session: e.key,
		Counter: w.Counter, Seen: sitting.Head(w.Seen),
	}
	if !r.Sitting.Valid() || !r.Member.Valid() {
		return sitting.Request{}, fmt.Errorf("%w: an id", ErrMalformed)
	}
	body, err := bodies.decode(w.Kind, w.Body)
	if err != nil {
		return sitting.Request{}, err
	}
	r.Body = body.(sitting.Body) // all of bodies are
	a, arrives := body.(sitting.Arrive)
	if arrives != (e.chain != nil) {
		return sitting.Request{}, fmt.Errorf("%w: a chain goes with an arrival", ErrMalformed)
	}
	if arrives {
		a.Chain = e.chain
		r.Body = a
	}
	return r, nil
}

// VerifyRequest checks that the key of chain's first certificate has signed.
// Whether the chain is good, and the member's, is for the caller to find out.
func VerifyRequest(signed []byte, chain [][]byte) error {
	e, err := unseal(signed, requestType, MaxRequest)
	if err != nil {
		return err
	}
	if len(chain) == 0 {
		return fmt.Errorf("%w: no certificate", ErrSignature)
	}
	return e.verify(chain[0])
}
