package identitytest

import "bytes"

// The references of PIN and PUK, SP 800-73-4 part 1, table 4b.
const (
	refGlobal = 0x00
	refPIN    = 0x80
	refPUK    = 0x81
)

// holdsPIN reports whether ref names the PIN.
func (a *Applet) holdsPIN(ref byte) bool {
	return ref == refPIN || a.config.Global && ref == refGlobal
}

// doVerify is VERIFY, SP 800-73-4 part 2, section 3.2.1: without data it tells
// the tries, with P1 FF it ends the security status.
func (a *Applet) doVerify(c Command) uint16 {
	switch {
	case c.P1 != 0x00 && c.P1 != 0xFF:
		return swWrongP1P2
	case !a.holdsPIN(c.P2):
		return swNoReference
	case c.P1 == 0xFF && len(c.Data) > 0:
		return swWrongData
	case c.P1 == 0xFF:
		a.verified = false
		return swOK
	case len(c.Data) == 0 && a.verified:
		return swOK
	case len(c.Data) == 0:
		return a.pin.status()
	}
	sw := a.pin.check(c.Data)
	a.verified = sw == swOK
	a.fresh = a.verified
	return sw
}

// status tells the tries left.
func (s *secret) status() uint16 {
	if s.left == 0 {
		return swBlocked
	}
	return swTries | uint16(min(s.left, 15))
}

// check compares value with s and counts. A value that cannot be a PIN costs no try.
func (s *secret) check(value []byte) uint16 {
	switch {
	case s.left == 0:
		return swBlocked
	case !wellFormed(value):
		return swWrongData
	case !bytes.Equal(value, s.value):
		s.left--
		return swTries | uint16(min(s.left, 15))
	}
	s.left = s.tries
	return swOK
}

// wellFormed reports that value is six to eight characters padded with FF.
func wellFormed(value []byte) bool {
	pin := bytes.TrimRight(value, "\xff")
	return len(value) == 8 && len(pin) >= 6 && !bytes.Contains(pin, []byte{0xff})
}

// doChange is CHANGE REFERENCE DATA, section 3.2.2: the old value, then the new.
func (a *Applet) doChange(c Command) uint16 {
	s := &a.pin
	switch {
	case c.P1 != 0:
		return swWrongP1P2
	case c.P2 == refPUK:
		s = &a.puk
	case !a.holdsPIN(c.P2):
		return swNoReference
	}
	if len(c.Data) != 16 || !wellFormed(c.Data[8:]) {
		return swWrongData
	}
	sw := s.check(c.Data[:8])
	if c.P2 != refPUK {
		a.verified = sw == swOK
	}
	if sw == swOK {
		s.value = bytes.Clone(c.Data[8:])
	}
	return sw
}

// doUnblock is RESET RETRY COUNTER, section 3.2.3: the PUK, then the new PIN.
func (a *Applet) doUnblock(c Command) uint16 {
	switch {
	case c.P1 != 0:
		return swWrongP1P2
	case c.P2 != refPIN:
		return swNoReference
	case len(c.Data) != 16 || !wellFormed(c.Data[8:]):
		return swWrongData
	}
	sw := a.puk.check(c.Data[:8])
	if sw == swOK {
		a.pin.value, a.pin.left = bytes.Clone(c.Data[8:]), a.pin.tries
		a.verified = false
	}
	return sw
}
