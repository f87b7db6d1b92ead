package mls

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// errMalformed is what every decoder of this package returns, wrapped, for
// bytes that are not an encoding of what was asked for.
var errMalformed = errors.New("malformed")

// maxVector is the longest vector body, RFC 9420 section 2.1.2.
const maxVector = 1<<30 - 1

// A reader decodes the TLS presentation language of RFC 9420 section 2.1.
// It never allocates: what it hands out lies inside its input, so no length
// field can claim more than the message holds. The first fault sticks and
// every later read returns zero.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) fail() { r.bad, r.b = true, nil }

// more tells whether a list has one more element.
func (r *reader) more() bool { return !r.bad && len(r.b) > 0 }

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.fail()
		return nil
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) u8() uint8 {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) u64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// varint reads the header of a vector. Section 2.1.2: the two high bits give
// the header's length, the fourth form is invalid, and a value must have been
// written in the fewest bytes that hold it.
func (r *reader) varint() int {
	first := r.u8()
	form := first >> 6
	if form == 3 {
		r.fail()
		return 0
	}
	v := uint32(first & 0x3f)
	for range 1<<form - 1 {
		v = v<<8 | uint32(r.u8())
	}
	if varintLen(int(v)) != 1<<form {
		r.fail()
		return 0
	}
	return int(v)
}

// opaque reads a vector of bytes.
func (r *reader) opaque() []byte { return r.take(r.varint()) }

// vector reads a vector's header and returns a reader of its body.
func (r *reader) vector() *reader {
	b := r.opaque()
	return &reader{b: b, bad: r.bad}
}

// finish reports a vector's fault to the reader it was cut from.
func (r *reader) finish(body *reader) {
	if body.bad || len(body.b) > 0 {
		r.fail()
	}
}

// present reads the presence octet of an optional: 0 or 1, nothing else.
func (r *reader) present() bool {
	v := r.u8()
	if v > 1 {
		r.fail()
	}
	return v == 1 && !r.bad
}

// u16s reads a vector of 16-bit values.
func u16s[T ~uint16](r *reader) []T {
	body := r.vector()
	var out []T
	if len(body.b) > 0 {
		out = make([]T, 0, len(body.b)/2)
	}
	for body.more() {
		out = append(out, T(body.u16()))
	}
	r.finish(body)
	return out
}

// list reads a vector of whatever one reads.
func list[T any](r *reader, one func(*reader) T) []T {
	body := r.vector()
	var out []T
	for body.more() {
		out = append(out, one(body))
	}
	r.finish(body)
	return out
}

// decode runs parse over all of b; what is left over is a fault.
func decode[T any](what string, b []byte, parse func(*reader) T) (T, error) {
	r := &reader{b: b}
	v := parse(r)
	if r.bad || len(r.b) > 0 {
		var zero T
		return zero, fmt.Errorf("mls: %w %s", errMalformed, what)
	}
	return v, nil
}

// varintLen is the length of the header of a vector of n bytes.
func varintLen(n int) int {
	switch {
	case n < 1<<6:
		return 1
	case n < 1<<14:
		return 2
	default:
		return 4
	}
}

func appendU16(b []byte, v uint16) []byte { return binary.BigEndian.AppendUint16(b, v) }
func appendU32(b []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(b, v) }
func appendU64(b []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(b, v) }

func appendVarint(b []byte, n int) []byte {
	switch varintLen(n) {
	case 1:
		return append(b, byte(n))
	case 2:
		return appendU16(b, uint16(n)|1<<14)
	}
	if n > maxVector {
		panic("mls: vector longer than 2^30-1 bytes")
	}
	return appendU32(b, uint32(n)|2<<30)
}

func appendOpaque[T ~[]byte | ~string](b []byte, v T) []byte {
	return append(appendVarint(b, len(v)), v...)
}

// appendVector appends what body appends, behind its length.
func appendVector(b []byte, body func([]byte) []byte) []byte {
	const room = 4
	start := len(b)
	b = body(append(b, make([]byte, room)...))
	n := len(b) - start - room
	head := varintLen(n)
	copy(b[start+head:], b[start+room:])
	appendVarint(b[:start], n)
	return b[:start+head+n]
}

func appendU16s[T ~uint16](b []byte, vs []T) []byte {
	b = appendVarint(b, 2*len(vs))
	for _, v := range vs {
		b = appendU16(b, uint16(v))
	}
	return b
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}
