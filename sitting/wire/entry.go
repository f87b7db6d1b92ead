package wire

import (
	"fmt"

	"incamera/sitting"

	"github.com/fxamacker/cbor/v2"
)

type entry struct {
	Version uint64          `cbor:"0,keyasint"`
	Seq     uint64          `cbor:"1,keyasint"`
	Prev    sitting.Hash    `cbor:"2,keyasint"`
	At      int64           `cbor:"3,keyasint"` // ms since 1970
	Signed  []byte          `cbor:"4,keyasint,omitempty"`
	Kind    uint64          `cbor:"5,keyasint,omitempty"` // of the fact; 0: a request
	Fact    cbor.RawMessage `cbor:"6,keyasint,omitempty"`
}

const entryVersion = 1

type (
	opened struct {
		Order *sitting.Order `cbor:"-"` // from entry.Signed
	}
	away struct {
		Arrival uint64 `cbor:"1,keyasint"`
	}
	left struct {
		Arrival uint64 `cbor:"1,keyasint"`
		Why     string `cbor:"2,keyasint"`
	}
)

// facts are numbered for good.
var facts = kinds{
	1: {sitting.Opened{}, opened{}},
	2: {sitting.Away{}, away{}},
	3: {sitting.Back{}, away{}},
	4: {sitting.Left{}, left{}},
	5: {sitting.Revoked{}, away{}},
	6: {sitting.Closed{}, nothing{}},
}

// EncodeEntry returns the bytes of e. e.Signed is what counts of a request and
// of the order in Opened; e.Hash is not looked at, and is [HashOf] the result.
// Times are kept to the millisecond: apply what [ReadEntry] makes of it.
func EncodeEntry(e sitting.Entry) ([]byte, error) {
	w := entry{Version: entryVersion, Seq: e.Seq, Prev: e.Prev, At: e.At.UnixMilli(), Signed: e.Signed}
	if e.Request == nil {
		var err error
		if w.Kind, w.Fact, err = facts.encode(e.Fact); err != nil {
			return nil, err
		}
	}
	if _, opens := e.Fact.(sitting.Opened); len(e.Signed) > 0 != (opens || e.Request != nil) {
		return nil, fmt.Errorf("%w: signed bytes go with a request and with an order", ErrMalformed)
	}
	b, err := encode(w)
	if err == nil && len(b) > MaxEntry {
		return nil, ErrTooLarge
	}
	return b, err
}

// ReadEntry reads an entry. The signature of a request has not been looked
// at, that of an order has.
func ReadEntry(b []byte) (sitting.Entry, error) {
	if len(b) > MaxEntry {
		return sitting.Entry{}, ErrTooLarge
	}
	var w entry
	if err := decode(b, &w); err != nil {
		return sitting.Entry{}, err
	}
	if w.Version != entryVersion {
		return sitting.Entry{}, fmt.Errorf("%w: version %d", ErrMalformed, w.Version)
	}
	e := sitting.Entry{Seq: w.Seq, Prev: w.Prev, Hash: HashOf(b), At: moment(w.At), Signed: w.Signed}
	if w.Kind == 0 {
		r, err := ReadRequest(w.Signed)
		e.Request = &r
		if err == nil && len(w.Fact) > 0 {
			err = fmt.Errorf("%w: a request and a fact", ErrMalformed)
		}
		return e, err
	}
	fact, err := facts.decode(w.Kind, w.Fact)
	if err != nil {
		return sitting.Entry{}, err
	}
	e.Fact = fact.(sitting.Fact) // all of facts are
	if _, opens := fact.(sitting.Opened); opens {
		o, _, err := OpenOrder(w.Signed)
		e.Fact = sitting.Opened{Order: o}
		return e, err
	}
	if len(w.Signed) > 0 {
		return sitting.Entry{}, fmt.Errorf("%w: a signed fact", ErrMalformed)
	}
	return e, nil
}
