package identitytest

import (
	"encoding/binary"
	"slices"
)

// A Command is one command APDU, ISO/IEC 7816-4 section 5.1.
type Command struct {
	Class, Ins, P1, P2 byte
	Data               []byte
	le                 int // what the reader expects; -1: nothing was said
}

// The status words that the applet answers with, SP 800-73-4 part 2, table 2
// and ISO/IEC 7816-4 section 5.1.3.
const (
	swOK            = 0x9000
	swMore          = 0x6100 // | bytes still there
	swTries         = 0x63C0 // | tries left
	swWrongLength   = 0x6700
	swNoChannel     = 0x6881
	swNoSecure      = 0x6882
	swLastOfChain   = 0x6883
	swNotAllowed    = 0x6982
	swBlocked       = 0x6983
	swConditions    = 0x6985
	swWrongData     = 0x6A80
	swNotSupported  = 0x6A81
	swNotFound      = 0x6A82
	swNoSpace       = 0x6A84
	swWrongP1P2     = 0x6A86
	swNoReference   = 0x6A88
	swExactLength   = 0x6C00 // | the right length
	swUnknownIns    = 0x6D00
	swUnknownClass  = 0x6E00
	shortMax        = 256
	longestIncoming = 8192
)

// parseT1 reads a command as a card with T=1 is given it: with Le.
func parseT1(raw []byte, extended bool) (c Command, sw uint16) {
	if len(raw) < 4 {
		return c, swWrongLength
	}
	c = Command{Class: raw[0], Ins: raw[1], P1: raw[2], P2: raw[3], le: -1}
	body := raw[4:]
	switch {
	case len(body) == 0:
		return c, swOK
	case len(body) == 1:
		c.le = orMax(int(body[0]), shortMax)
		return c, swOK
	case body[0] == 0 && extended:
		return parseExtended(c, body)
	}
	n := int(body[0])
	switch {
	case n == 0 || len(body) < 1+n || len(body) > 2+n:
		return c, swWrongLength
	case len(body) == 2+n:
		c.le = orMax(int(body[1+n]), shortMax)
	}
	c.Data = body[1 : 1+n]
	return c, swOK
}

func parseExtended(c Command, body []byte) (Command, uint16) {
	if len(body) < 3 {
		return c, swWrongLength
	}
	n := int(binary.BigEndian.Uint16(body[1:]))
	switch len(body) {
	case 3:
		c.le = orMax(n, 65536)
		return c, swOK
	case 3 + n:
	case 5 + n:
		c.le = orMax(int(binary.BigEndian.Uint16(body[3+n:])), 65536)
	default:
		return c, swWrongLength
	}
	c.Data = body[3 : 3+n]
	return c, swOK
}

func orMax(n, most int) int {
	if n == 0 {
		return most
	}
	return n
}

// parseT0 reads a command as a card with T=0 is given it: five bytes, then
// either data in or data out, never both. outgoing says which P3 means Le.
func parseT0(raw []byte, outgoing func(ins byte) bool) (c Command, sw uint16) {
	if len(raw) < 4 {
		return c, swWrongLength
	}
	c = Command{Class: raw[0], Ins: raw[1], P1: raw[2], P2: raw[3], le: -1}
	if len(raw) == 4 {
		return c, swOK
	}
	p3 := int(raw[4])
	switch {
	case outgoing(c.Ins) && len(raw) == 5:
		c.le = orMax(p3, shortMax)
	case !outgoing(c.Ins) && len(raw) == 5+p3:
		c.Data = raw[5:]
	default:
		return c, swWrongLength
	}
	return c, swOK
}

// tlv returns a BER data object of one to three tag bytes.
func tlv(tag uint32, value ...[]byte) []byte {
	v := slices.Concat(value...)
	var out []byte
	for shift := 16; shift >= 0; shift -= 8 {
		if b := byte(tag >> shift); b != 0 || len(out) > 0 || shift == 0 {
			out = append(out, b)
		}
	}
	switch n := len(v); {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 0x100:
		out = append(out, 0x81, byte(n))
	default:
		out = append(out, 0x82, byte(n>>8), byte(n))
	}
	return append(out, v...)
}

// cut splits the first data object with a tag of one byte off b.
func cut(b []byte) (tag byte, value, rest []byte, ok bool) {
	if len(b) < 2 {
		return 0, nil, nil, false
	}
	tag, n, b := b[0], int(b[1]), b[2:]
	switch {
	case n == 0x81 && len(b) >= 1:
		n, b = int(b[0]), b[1:]
	case n == 0x82 && len(b) >= 2:
		n, b = int(binary.BigEndian.Uint16(b)), b[2:]
	case n >= 0x80:
		return 0, nil, nil, false
	}
	if len(b) < n {
		return 0, nil, nil, false
	}
	return tag, b[:n], b[n:], true
}
