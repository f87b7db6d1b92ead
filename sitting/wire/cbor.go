package wire

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/fxamacker/cbor/v2"
)

var encoding, decoding = modes()

func modes() (cbor.EncMode, cbor.DecMode) {
	e, err := cbor.EncOptions{
		Sort:          cbor.SortCoreDeterministic,
		IndefLength:   cbor.IndefLengthForbidden,
		NilContainers: cbor.NilContainerAsEmpty,
		TagsMd:        cbor.TagsForbidden,
	}.EncMode()
	if err != nil {
		panic(err)
	}
	d, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		MaxNestedLevels:   8,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return e, d
}

func encode(v any) ([]byte, error) {
	b, err := encoding.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return b, nil
}

// decode reads b, which has to be what encode makes of it, into v.
func decode(b []byte, v any) error {
	if err := decoding.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	again, err := encode(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, b) {
		return fmt.Errorf("%w: not deterministic", ErrMalformed)
	}
	return nil
}

// kinds gives each of a family of types a number. The type on the left is
// ours, the one on the right has the same fields and their numbers.
type kinds map[uint64]struct{ ours, wire any }

// encode returns the number of v's type, and v as bytes.
func (k kinds) encode(v any) (uint64, cbor.RawMessage, error) {
	for n, t := range k {
		if v != nil && reflect.TypeOf(v) == reflect.TypeOf(t.ours) {
			b, err := encode(reflect.ValueOf(v).Convert(reflect.TypeOf(t.wire)).Interface())
			return n, b, err
		}
	}
	return 0, nil, fmt.Errorf("%w: no number for %T", ErrMalformed, v)
}

// decode returns a value of our type.
func (k kinds) decode(n uint64, b []byte) (any, error) {
	t, ok := k[n]
	if !ok {
		return nil, fmt.Errorf("%w: unknown kind %d", ErrMalformed, n)
	}
	v := reflect.New(reflect.TypeOf(t.wire))
	if err := decode(b, v.Interface()); err != nil {
		return nil, err
	}
	return v.Elem().Convert(reflect.TypeOf(t.ours)).Interface(), nil
}
