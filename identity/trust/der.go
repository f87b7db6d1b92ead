package trust

import "errors"

// ASN.1 tags of a revocation list, X.690 section 8.
const (
	tagInteger         = 0x02
	tagBitString       = 0x03
	tagUTCTime         = 0x17
	tagGeneralizedTime = 0x18
	tagSequence        = 0x30
	tagContext0        = 0xA0
)

var errDER = errors.New("bad DER")

// An element is one value in DER: its tag, its contents, and all its bytes.
type element struct {
	tag     byte
	content []byte
	whole   []byte
}

// next splits the first element off b. It takes tags of one byte and lengths
// of up to four, in their shortest form, and allocates nothing.
func next(b []byte) (e element, rest []byte, err error) {
	if len(b) < 2 || b[0]&0x1F == 0x1F {
		return element{}, nil, errDER
	}
	head, n := 2, int(b[1])
	if n >= 0x80 {
		if head, n, err = longLength(b); err != nil {
			return element{}, nil, err
		}
	}
	if n > len(b)-head {
		return element{}, nil, errDER
	}
	return element{b[0], b[head : head+n], b[:head+n]}, b[head+n:], nil
}

// longLength reads a length of more than one byte, and where it ends.
func longLength(b []byte) (head, n int, err error) {
	size := int(b[1] & 0x7F)
	if size < 1 || size > 4 || len(b) < 2+size || b[2] == 0 {
		return 0, 0, errDER
	}
	var value uint32
	for _, c := range b[2 : 2+size] {
		value = value<<8 | uint32(c)
	}
	if value < 0x80 || value > 1<<31-1 {
		return 0, 0, errDER
	}
	return 2 + size, int(value), nil
}

// want is next for an element of a known tag.
func want(b []byte, tag byte) (content, rest []byte, err error) {
	e, rest, err := next(b)
	if err != nil || e.tag != tag {
		return nil, nil, errDER
	}
	return e.content, rest, nil
}

// appendElement appends tag, length and contents to dst.
func appendElement(dst []byte, tag byte, contents ...[]byte) []byte {
	n := 0
	for _, c := range contents {
		n += len(c)
	}
	dst = append(dst, tag)
	switch {
	case n < 0x80:
		dst = append(dst, byte(n))
	case n < 1<<8:
		dst = append(dst, 0x81, byte(n))
	case n < 1<<16:
		dst = append(dst, 0x82, byte(n>>8), byte(n))
	default:
		dst = append(dst, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
		if n < 1<<24 {
			dst = append(dst[:len(dst)-5], 0x83, byte(n>>16), byte(n>>8), byte(n))
		}
	}
	for _, c := range contents {
		dst = append(dst, c...)
	}
	return dst
}
