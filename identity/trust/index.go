package trust

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"hash/maphash"
	"math/big"
	"time"
)

// An index finds a serial number among the entries of a revocation list in
// constant time. It keeps the list's own bytes and a table of offsets into
// them, eight bytes an entry, so that half a million entries cost some 8 MB
// beyond the list. It never changes once made.
type index struct {
	entries []byte   // the contents of revokedCertificates
	slots   []uint32 // 1 + offset of an entry; 0 is free; open addressing
	seed    maphash.Seed
	count   int
}

// maxList bounds a revocation list, and so what an offset has to hold.
const maxList = 256 << 20

// A calledBack is one entry of a list.
type calledBack struct {
	on     time.Time
	reason int
}

// newIndex walks entries once to check and count them, and once to file them.
func newIndex(entries []byte) (*index, error) {
	if len(entries) > maxList {
		return nil, errors.New("the list is too long")
	}
	x := &index{entries: entries, seed: maphash.MakeSeed()}
	err := walk(entries, func(int, []byte) { x.count++ })
	if err != nil {
		return nil, err
	}
	size := 1
	for size < 2*x.count {
		size *= 2
	}
	x.slots = make([]uint32, size)
	return x, walk(entries, x.file)
}

// walk calls do with the offset and serial number of each entry, which must be
// well formed as far as their date.
func walk(entries []byte, do func(offset int, serial []byte)) error {
	for rest := entries; len(rest) > 0; {
		offset := len(entries) - len(rest)
		e, after, err := next(rest)
		if err != nil || e.tag != tagSequence {
			return errDER
		}
		serial, _, err := splitEntry(e.content)
		if err != nil {
			return err
		}
		do(offset, serial)
		rest = after
	}
	return nil
}

// splitEntry splits the contents of an entry into the serial number's contents
// and what follows it, which must begin with a time.
func splitEntry(content []byte) (serial, rest []byte, err error) {
	serial, rest, err = want(content, tagInteger)
	if err != nil || len(serial) == 0 {
		return nil, nil, errDER
	}
	if len(serial) > 1 && (serial[0] == 0 && serial[1] < 0x80 || serial[0] == 0xFF && serial[1] >= 0x80) {
		return nil, nil, errDER
	}
	e, _, err := next(rest)
	if err != nil || e.tag != tagUTCTime && e.tag != tagGeneralizedTime {
		return nil, nil, errDER
	}
	return serial, rest, nil
}

func (x *index) file(offset int, serial []byte) {
	at := x.home(serial)
	for x.slots[at] != 0 {
		at = (at + 1) & (len(x.slots) - 1)
	}
	x.slots[at] = uint32(offset) + 1
}

// home is where the search for serial begins.
func (x *index) home(serial []byte) int {
	return int(maphash.Bytes(x.seed, serial) & uint64(len(x.slots)-1))
}

// find returns the entry of serial, nil if the list has none.
func (x *index) find(serial *big.Int) (*calledBack, error) {
	wanted := serialContent(serial)
	if x.count == 0 {
		return nil, nil
	}
	for at := x.home(wanted); x.slots[at] != 0; at = (at + 1) & (len(x.slots) - 1) {
		e, _, err := next(x.entries[x.slots[at]-1:])
		if err != nil {
			return nil, err
		}
		have, rest, err := splitEntry(e.content)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(have, wanted) {
			return readEntry(rest)
		}
	}
	return nil, nil
}

// readEntry reads what follows the serial number, RFC 5280 section 5.3. An
// extension that cannot be read does not make the certificate good again: the
// entry stands without a reason.
func readEntry(rest []byte) (*calledBack, error) {
	var back calledBack
	after, err := asn1.Unmarshal(rest, &back.on)
	if err != nil {
		return nil, err
	}
	back.reason = readReason(after)
	return &back, nil
}

// readReason finds the reason code among an entry's extensions, 0 if there is none.
func readReason(extensions []byte) int {
	var list []struct {
		ID       asn1.ObjectIdentifier
		Critical bool `asn1:"optional"`
		Value    []byte
	}
	if rest, err := asn1.Unmarshal(extensions, &list); err != nil || len(rest) > 0 {
		return 0
	}
	for _, e := range list {
		var reason asn1.Enumerated
		if !e.ID.Equal(asn1.ObjectIdentifier{2, 5, 29, 21}) {
			continue
		}
		if _, err := asn1.Unmarshal(e.Value, &reason); err == nil {
			return int(reason)
		}
	}
	return 0
}

// serialContent is a serial number as DER has it.
func serialContent(serial *big.Int) []byte {
	b := serial.Bytes()
	if len(b) == 0 || b[0] >= 0x80 {
		b = append([]byte{0}, b...)
	}
	return b
}

// reasonWord is a reason code in the words of RFC 5280 section 5.3.1.
func reasonWord(code int) string {
	words := []string{
		"", "keyCompromise", "cACompromise", "affiliationChanged", "superseded",
		"cessationOfOperation", "certificateHold", "", "removeFromCRL", "privilegeWithdrawn", "aACompromise",
	}
	if code < 0 || code >= len(words) {
		return ""
	}
	return words[code]
}
