package piv

import (
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"

	"incamera/identity"
)

// The references of PINs and keys, SP 800-73-4 part 1, table 4b.
const (
	refGlobalPIN = 0x00
	refPIN       = 0x80
)

// A Slot is where a card keeps a key and its certificate.
type Slot byte

// The slots, SP 800-73-4 part 1, section 3.
const (
	Authentication     Slot = 0x9A
	Signature          Slot = 0x9C
	KeyManagement      Slot = 0x9D
	CardAuthentication Slot = 0x9E
)

func (s Slot) String() string { return fmt.Sprintf("%X", byte(s)) }

// certificateTag returns the tag of the slot's certificate.
func (s Slot) certificateTag() []byte {
	switch s {
	case Signature:
		return []byte{0x5F, 0xC1, 0x0A}
	case KeyManagement:
		return []byte{0x5F, 0xC1, 0x0B}
	case CardAuthentication:
		return []byte{0x5F, 0xC1, 0x01}
	default:
		return []byte{0x5F, 0xC1, 0x05}
	}
}

// The PIV application's name, SP 800-73-4 part 2, section 3.1.1. Cards must
// accept it without the version, the last two bytes; some want those, too. The
// five bytes that piv-go sends are refused by others.
var aid = []byte{0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00}

// An application is the PIV application of a card on an open line.
type application struct{ line }

// choose selects the application, or returns [identity.ErrNotPIV].
func (a application) choose() error {
	answer, err := a.send(insSelect, 0x04, 0x00, aid[:9])
	if _, refused := errors.AsType[statusError](err); refused {
		answer, err = a.send(insSelect, 0x04, 0x00, aid)
	}
	if _, refused := errors.AsType[statusError](err); refused {
		return identity.ErrNotPIV
	}
	if err != nil {
		return err
	}
	// The answer is an application property template, or the file control
	// information that ISO/IEC 7816-4 has in its place.
	if o, _, err := next(answer); err != nil || o.tag != 0x61 && o.tag != 0x6F {
		return identity.ErrNotPIV
	}
	return nil
}

// version returns a YubiKey's version; ok is false for all other cards.
func (a application) version() (v [3]byte, ok bool, err error) {
	answer, err := a.send(insVersion, 0, 0, nil)
	if _, refused := errors.AsType[statusError](err); refused {
		return v, false, nil
	}
	if err != nil || len(answer) != len(v) {
		return v, false, err
	}
	copy(v[:], answer)
	return v, true, nil
}

// serial returns the serial number of a YubiKey 5.
func (a application) serial() (string, error) {
	answer, err := a.send(insSerial, 0, 0, nil)
	if _, refused := errors.AsType[statusError](err); refused {
		return "", nil
	}
	if err != nil || len(answer) != 4 {
		return "", err
	}
	return fmt.Sprint(binary.BigEndian.Uint32(answer)), nil
}

// tries returns the PIN tries left; -1 when the card does not tell, because
// another program has had the PIN verified.
func (a application) tries(ref byte) (int, error) {
	_, err := a.send(insVerify, 0, ref, nil)
	if status, ok := errors.AsType[statusError](err); ok {
		if left, ok := status.tries(); ok {
			return left, nil
		}
		return -1, nil
	}
	return -1, err
}

// verify has the card check pin.
func (a application) verify(ref byte, pin []byte) error {
	var padded [8]byte
	defer clear(padded[:])
	pad(padded[:], pin)
	_, err := a.send(insVerify, 0, ref, padded[:])
	return refused(err)
}

// change has the card check pin and replace it by fresh.
func (a application) change(ref byte, pin, fresh []byte) error {
	var padded [16]byte
	defer clear(padded[:])
	pad(padded[:8], pin)
	pad(padded[8:], fresh)
	_, err := a.send(insChange, 0, ref, padded[:])
	return refused(err)
}

// pad writes a PIN as cards take it: eight bytes, filled up with FF. SP
// 800-73-4 part 2, section 2.4.3.
func pad(dst, pin []byte) {
	for n := copy(dst, pin); n < len(dst); n++ {
		dst[n] = 0xff
	}
}

// refused puts a card's refusal of a PIN in the words of package identity.
func refused(err error) error {
	status, ok := errors.AsType[statusError](err)
	if !ok {
		return err
	}
	if left, ok := status.tries(); ok {
		return wrongPIN(left)
	}
	switch status {
	case swWrongData:
		return identity.ErrPINFormat
	case swNotVerified, swNoFunction: // SP 800-73-4 part 2, section 3.2.1
		return identity.ErrContactless
	}
	return err
}

// wrongPIN says that a PIN was refused and left tries are left.
func wrongPIN(left int) error {
	if left == 0 {
		return identity.ErrPINBlocked
	}
	return &identity.WrongPINError{Left: left}
}

// data returns a data object.
func (a application) data(tag []byte) ([]byte, error) {
	return a.send(insGetData, 0x3F, 0xFF, put(nil, 0x5C, tag))
}

// certificate returns the certificate of a slot, or [identity.ErrNoCertificate].
func (a application) certificate(s Slot) (*x509.Certificate, error) {
	b, err := a.data(s.certificateTag())
	switch {
	case err == nil:
		return parseCertificate(b)
	case isStatus(err, swNotFound), isStatus(err, swNoReference):
		return nil, identity.ErrNoCertificate
	case isStatus(err, swNotVerified): // over contacts, everyone may read it
		return nil, identity.ErrContactless
	}
	return nil, err
}

// primary returns the reference of the holder's PIN. Older cards have no
// discovery object.
func (a application) primary() (byte, error) {
	b, err := a.data(tagDiscovery)
	if _, refused := errors.AsType[statusError](err); refused {
		return refPIN, nil
	}
	return primaryPIN(b), err
}

// touch reports whether a slot's key asks to be touched, from a YubiKey's
// metadata (version 5.3 and later). Older ones do not tell: they may.
func (a application) touch(s Slot) (bool, error) {
	b, err := a.send(insMetadata, 0, byte(s), nil)
	if isStatus(err, swNoReference) {
		return false, nil
	}
	if _, refused := errors.AsType[statusError](err); refused {
		return true, nil
	}
	policies, ok := find(b, 0x02)
	return ok && len(policies) == 2 && policies[1] != 1, err
}

// retries returns the PIN tries left from a YubiKey's metadata, which tells
// them even when the PIN stands verified; -1 when it does not.
func (a application) retries() (int, error) {
	b, err := a.send(insMetadata, 0, refPIN, nil)
	if _, refused := errors.AsType[statusError](err); refused {
		return -1, nil
	}
	if v, ok := find(b, 0x06); ok && len(v) == 2 {
		return int(v[1]), err
	}
	return -1, err
}

// authenticate has the key of a slot sign a block of exactly its size: GENERAL
// AUTHENTICATE, SP 800-73-4 part 2, section 3.2.4.
func (a application) authenticate(s Slot, alg byte, block []byte) ([]byte, error) {
	body := put([]byte{0x82, 0x00}, 0x81, block)
	answer, err := a.send(insAuth, alg, byte(s), put(nil, 0x7C, body))
	if err != nil {
		return nil, err
	}
	return parseResponse(answer)
}
