package wire

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"

	"incamera/sitting"
)

type order struct {
	House     names             `cbor:"1,keyasint"`
	Sitting   sitting.ID        `cbor:"2,keyasint"`
	Title     map[string]string `cbor:"3,keyasint"`
	Kind      sitting.Kind      `cbor:"4,keyasint"`
	Languages []string          `cbor:"5,keyasint"`
	Suite     string            `cbor:"6,keyasint"`
	Opens     int64             `cbor:"7,keyasint"` // ms since 1970
	Closes    int64             `cbor:"8,keyasint"`
	Roster    []member          `cbor:"9,keyasint"`
}

// names are [sitting.Names]: text where there is one name in every language,
// which is what orders had before, else a map by language.
type names map[string]string

// MarshalCBOR implements [cbor.Marshaler].
func (n names) MarshalCBOR() ([]byte, error) {
	if plain, ok := n[""]; ok && len(n) == 1 {
		return encode(plain)
	}
	return encode(map[string]string(n))
}

// UnmarshalCBOR implements [cbor.Unmarshaler].
func (n *names) UnmarshalCBOR(b []byte) error {
	const text = 3 // the major type, RFC 8949 section 3.1
	if b[0]>>5 != text {
		return decode(b, (*map[string]string)(n))
	}
	var plain string
	err := decode(b, &plain)
	*n = names{"": plain}
	return err
}

type member struct {
	ID    sitting.MemberID `cbor:"1,keyasint"`
	Name  string           `cbor:"2,keyasint"`
	Party string           `cbor:"3,keyasint,omitempty"`
	Seat  string           `cbor:"4,keyasint,omitempty"`
	Role  sitting.Role     `cbor:"5,keyasint"`
	Cards []string         `cbor:"6,keyasint"`
}

// SignOrder signs an order of the day. key is the card's, chain begins with
// the card's certificate. o.Hash is not looked at.
func SignOrder(o *sitting.Order, key crypto.Signer, chain [][]byte) ([]byte, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	w := order{
		House: names(o.House), Sitting: o.Sitting, Title: o.Title, Kind: o.Kind, Languages: o.Languages,
		Suite: o.Suite, Opens: o.Opens.UnixMilli(), Closes: o.Closes.UnixMilli(),
	}
	for _, m := range o.Roster {
		w.Roster = append(w.Roster, member(m))
	}
	payload, err := encode(w)
	if err != nil {
		return nil, err
	}
	signed, err := seal(payload, orderType, key, chain, true)
	if err == nil && len(signed) > MaxOrder {
		return nil, ErrTooLarge
	}
	return signed, err
}

// proxyCertInfo is in every session certificate and in no card's, RFC 3820
// section 3.8.
var proxyCertInfo = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 14}

// bySession refuses an order that a session key has signed: acts that bind are
// signed by the card itself.
func bySession(der []byte) error {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if slices.ContainsFunc(cert.Extensions, func(x pkix.Extension) bool { return x.Id.Equal(proxyCertInfo) }) {
		return fmt.Errorf("%w: an order is signed by a card, not by a session", ErrSignature)
	}
	return nil
}

// OpenOrder returns the order, and the chain of certificates that came with
// it. The first one's key has signed it; whether the chain is good and a
// clerk's is for the caller to find out.
func OpenOrder(signed []byte) (*sitting.Order, [][]byte, error) {
	e, err := unseal(signed, orderType, MaxOrder)
	if err != nil {
		return nil, nil, err
	}
	if e.chain == nil {
		return nil, nil, fmt.Errorf("%w: an order without its chain", ErrMalformed)
	}
	if err := e.verify(e.chain[0]); err != nil {
		return nil, nil, err
	}
	if err := bySession(e.chain[0]); err != nil {
		return nil, nil, err
	}
	var w order
	if err := decode(e.message.Payload, &w); err != nil {
		return nil, nil, err
	}
	o := &sitting.Order{
		House: sitting.Names(w.House), Sitting: w.Sitting, Title: w.Title, Kind: w.Kind, Languages: w.Languages,
		Suite: w.Suite, Opens: moment(w.Opens), Closes: moment(w.Closes), Hash: HashOf(signed),
	}
	for _, m := range w.Roster {
		o.Roster = append(o.Roster, sitting.Member(m))
	}
	if err := o.Check(); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return o, e.chain, nil
}

// moment is a time on the wire: milliseconds since 1970.
func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
