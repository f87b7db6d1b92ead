package sframe

import (
	"encoding/binary"
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
	if word, n := h.word(); n > 0 {
		return appendWord(dst, word, n)
	}
	k, n := code(h.KID)
	c, m := code(h.CTR)
	dst = append(dst, k<<4|c)
	return appendWord(appendWord(dst, tail(h.KID, n), n), tail(h.CTR, m), m)
}

// word returns the header at the front of a word, and its length; 0 if it does
// not fit there. Most do, and a word is written at once.
func (h Header) word() (word uint64, length int) {
	k, n := code(h.KID)
	c, m := code(h.CTR)
	if n+m > 7 {
		return 0, 0
	}
	return uint64(k<<4|c)<<56 | tail(h.KID, n)>>8 | tail(h.CTR, m)>>(8+8*n), 1 + n + m
}

// appendWord appends the first n bytes of word.
func appendWord(dst []byte, word uint64, n int) []byte {
	return binary.BigEndian.AppendUint64(dst, word)[:len(dst)+n]
}

// code returns the four bits that stand for v in the first byte, and how many
// bytes more v takes.
func code(v uint64) (bits4 byte, n int) {
	if v < 8 {
		return byte(v), 0
	}
	n = (bits.Len64(v) + 7) / 8
	return 8 | byte(n-1), n
}

// tail is v's last n bytes, at the front of a word.
func tail(v uint64, n int) uint64 { return v << (64 - 8*n) }

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
