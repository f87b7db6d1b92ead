package piv

import "errors"

var errTLV = errors.New("piv: malformed data object")

// An object is one BER-TLV data object, ISO/IEC 7816-4 section 5.2.2.
type object struct {
	tag   uint32 // as written: 0x53, 0x5F2F, 0x7F49
	value []byte
}

// next splits the first object off b. The value is not copied. Lengths need
// not be minimal: cards write what they like.
func next(b []byte) (o object, rest []byte, err error) {
	if o.tag, b, err = tag(b); err != nil {
		return object{}, nil, err
	}
	n, b, err := length(b)
	if err != nil || n > len(b) {
		return object{}, nil, errTLV
	}
	o.value = b[:n:n]
	return o, b[n:], nil
}

// tag reads a tag of one to three bytes.
func tag(b []byte) (uint32, []byte, error) {
	if len(b) == 0 {
		return 0, nil, errTLV
	}
	t := uint32(b[0])
	if b[0]&0x1f != 0x1f {
		return t, b[1:], nil
	}
	for i := 1; i < len(b) && i < 3; i++ {
		t = t<<8 | uint32(b[i])
		if b[i]&0x80 == 0 {
			return t, b[i+1:], nil
		}
	}
	return 0, nil, errTLV
}

// length reads a length of one to five bytes.
func length(b []byte) (int, []byte, error) {
	if len(b) == 0 {
		return 0, nil, errTLV
	}
	n, b := int(b[0]), b[1:]
	if n < 0x80 {
		return n, b, nil
	}
	more := n & 0x7f
	if more == 0 || more > 4 || more > len(b) {
		return 0, nil, errTLV
	}
	var long uint32
	for _, c := range b[:more] {
		long = long<<8 | uint32(c)
	}
	if long > answerMax {
		return 0, nil, errTLV
	}
	return int(long), b[more:], nil
}

// find returns the value of the first object in b with a tag, and whether there is one.
func find(b []byte, tag uint32) ([]byte, bool) {
	for len(b) > 0 {
		o, rest, err := next(b)
		if err != nil {
			return nil, false
		}
		if o.tag == tag {
			return o.value, true
		}
		b = rest
	}
	return nil, false
}

// put appends an object with a tag of one byte to b.
func put(b []byte, tag byte, value []byte) []byte {
	b = append(b, tag)
	switch n := len(value); {
	case n < 0x80:
		b = append(b, byte(n))
	case n < 0x100:
		b = append(b, 0x81, byte(n))
	default:
		b = append(b, 0x82, byte(n>>8), byte(n))
	}
	return append(b, value...)
}
