package identitytest

import (
	"bytes"
	"compress/gzip"
	"maps"
	"slices"
)

// The tags of data objects, SP 800-73-4 part 1, table 3.
const (
	tagDiscovery   = 0x7E
	tagCardAuth    = 0x5FC101
	tagCHUID       = 0x5FC102
	tagPIVAuth     = 0x5FC105
	tagSecurity    = 0x5FC106
	tagCapability  = 0x5FC107
	tagPrinted     = 0x5FC109
	tagSignature   = 0x5FC10A
	tagManagement  = 0x5FC10B
	tagHistory     = 0x5FC10C
	tagAttestation = 0x5FFF01 // YubiKey: the certificate of slot F9
)

// tagOf says where the certificate of a slot is.
var tagOf = map[byte]uint32{0x9A: tagPIVAuth, 0x9C: tagSignature, 0x9D: tagManagement, 0x9E: tagCardAuth}

// issued returns the data objects that the card is issued with, as GET DATA gives them.
func (a *Applet) issued() map[uint32][]byte {
	o := map[uint32][]byte{
		tagDiscovery:  tlv(0x7E, tlv(0x4F, aidPIV), tlv(0x5F2F, a.usage())),
		tagCHUID:      tlv(0x53, a.chuid()),
		tagCapability: tlv(0x53, capability()),
		tagPrinted:    tlv(0x53, tlv(0x01, []byte("Test Person")), tlv(0xFE)),
	}
	for _, s := range a.slots {
		if s.Certificate != nil {
			o[tagOf[s.Ref]] = tlv(0x53, CertificateObject(s.Certificate, s.Gzip))
		}
	}
	if y := a.config.YubiKey; y != nil && y.Attestor != nil {
		o[tagAttestation] = tlv(0x53, CertificateObject(y.Attestor.Certificate.Raw, false))
	}
	maps.Copy(o, a.config.Objects)
	return o
}

// usage is the PIN usage policy, SP 800-73-4 part 1, section 3.3.2.
func (a *Applet) usage() []byte {
	if a.config.Global {
		return []byte{0x60, 0x20} // both PINs, the global one is the primary
	}
	return []byte{0x40, 0x00}
}

// noAgency is a FASC-N that sends readers to the GUID: agency 9999.
var noAgency = []byte{
	0xd4, 0xe7, 0x39, 0xda, 0x73, 0x9c, 0xed, 0x39, 0xce, 0x73, 0x9d, 0x83, 0x68,
	0x58, 0x21, 0x08, 0x42, 0x10, 0x84, 0x21, 0xc8, 0x42, 0x10, 0xc3, 0xeb,
}

// chuid is the cardholder unique identifier, SP 800-73-4 part 1, table 9.
func (a *Applet) chuid() []byte {
	return slices.Concat(
		tlv(0x30, noAgency),
		tlv(0x34, a.config.GUID[:]),
		tlv(0x35, []byte("20491231")),
		tlv(0x3E),
		tlv(0xFE),
	)
}

// capability is the card capability container, SP 800-73-4 part 1, table 8.
func capability() []byte {
	out := slices.Concat(
		tlv(0xF0, append([]byte{0xA0, 0, 0, 0x01, 0x16, 0xFF, 0x02}, random(14)...)),
		tlv(0xF1, []byte{0x21}), tlv(0xF2, []byte{0x21}),
	)
	for _, tag := range []uint32{0xF3, 0xF4} {
		out = append(out, tlv(tag, []byte{0})...)
	}
	out = append(out, tlv(0xF5, []byte{0x10})...)
	for _, tag := range []uint32{0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE} {
		out = append(out, tlv(tag)...)
	}
	return out
}

// CertificateObject returns what a certificate's data object holds, SP 800-73-4
// part 1, table 10 and appendix A.
func CertificateObject(der []byte, compressed bool) []byte {
	info := byte(0)
	if compressed {
		info = 1
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write(der)
		w.Close()
		der = b.Bytes()
	}
	return slices.Concat(tlv(0x70, der), tlv(0x71, []byte{info}), tlv(0xFE))
}

// doGetData is GET DATA, SP 800-73-4 part 2, section 3.1.2.
func (a *Applet) doGetData(c Command) ([]byte, uint16) {
	tag, rest, sw := named(c)
	switch {
	case sw != swOK:
		return nil, sw
	case len(rest) > 0:
		return nil, swWrongData
	case tag == tagPrinted && !a.verified:
		return nil, swNotAllowed
	}
	if o, ok := a.objects[tag]; ok {
		return o, swOK
	}
	return nil, swNotFound
}

// named reads the tag that a command is about: 5C, its length, the tag.
func named(c Command) (tag uint32, rest []byte, sw uint16) {
	if c.P1 != 0x3F || c.P2 != 0xFF {
		return 0, nil, swWrongP1P2
	}
	t, name, rest, ok := cut(c.Data)
	if !ok || t != 0x5C || len(name) < 1 || len(name) > 3 {
		return 0, nil, swWrongData
	}
	for _, b := range name {
		tag = tag<<8 | uint32(b)
	}
	return tag, rest, swOK
}

// doPutData is PUT DATA, section 3.3.2: only for who knows the management key.
func (a *Applet) doPutData(c Command) uint16 {
	if !a.admin {
		return swNotAllowed
	}
	tag, rest, sw := named(c)
	if sw != swOK {
		return sw
	}
	t, value, rest, ok := cut(rest)
	switch {
	case !ok || t != 0x53 || len(rest) > 0:
		return swWrongData
	case len(value) == 0:
		delete(a.objects, tag)
	default:
		a.objects[tag] = tlv(0x53, value)
	}
	return swOK
}
