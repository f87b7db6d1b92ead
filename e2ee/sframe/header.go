package sframe

import (
	"errors"
	"math/bits"
)

// MaxHeader is the length in bytes of the longest header.
const MaxHeader = 17

// ErrHeader reports a frame that does not begin with a header of RFC 9605,
// section 4.3, in its shortest form.
var ErrHeader = errors.New("sframe: malformed header")

// A Header says with which key and nonce a frame is sealed (RFC 9605, section 4.3).
type Header struct {
	KID uint64 // key id
	CTR uint64 // counter, never used twice with one key
}

// Append appends the header's only encoding to dst: 1 to [MaxHeader] bytes.
func (h Header) Append(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, 0)
	var k, c byte
	dst, k = appendField(dst, h.KID)
	dst, c = appendField(dst, h.CTR)
	dst[at] = k<<4 | c
	return dst
}

// appendField returns the four bits that stand for v in the first byte, and
// appends the bytes that do not fit there.
func appendField(dst []byte, v uint64) ([]byte, byte) {
	if v < 8 {
		return dst, byte(v)
	}
	n := (bits.Len64(v) + 7) / 8
	for at := 8 * (n - 1); at >= 0; at -= 8 {
		dst = append(dst, byte(v>>at))
	}
	return dst, 8 | byte(n-1)
}

// ParseHeader reads the header at the start of frame and returns its length.
// A header longer than it need be is refused, so that each frame has one form.
func ParseHeader(frame []byte) (Header, int, error) {
	if len(frame) == 0 {
		return Header{}, 0, ErrHeader
	}
	kid, rest, ok := field(frame[0]>>4, frame[1:])
	if !ok {
		return Header{}, 0, ErrHeader
	}
	ctr, rest, ok := field(frame[0]&0x0f, rest)
	if !ok {
		return Header{}, 0, ErrHeader
	}
	return Header{KID: kid, CTR: ctr}, len(frame) - len(rest), nil
}

func field(code byte, b []byte) (v uint64, rest []byte, ok bool) {
	if code&8 == 0 {
		return uint64(code), b, true
	}
	n := int(code&7) + 1
	if len(b) < n {
		return 0, nil, false
	}
	for _, x := range b[:n] {
		v = v<<8 | uint64(x)
	}
	shortest := v >= 8 && b[0] != 0
	return v, b[n:], shortest
}
