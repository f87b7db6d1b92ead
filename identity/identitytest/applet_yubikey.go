package identitytest

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"math/big"
	"time"
)

// A YubiKey is what a YubiKey has over a plain PIV card.
type YubiKey struct {
	Version  [3]byte
	Serial   uint32
	Attestor *Attestor // slot F9; nil: the key cannot attest
}

// An Attestor is the key and certificate of slot F9: it says that a key was
// made on the card.
type Attestor struct {
	Key         crypto.Signer
	Certificate *x509.Certificate
}

func (y *YubiKey) version() string {
	return fmt.Sprintf("%d.%d.%d", y.Version[0], y.Version[1], y.Version[2])
}

// The YubiKey's extensions, docs.yubico.com: PIV commands.
const (
	insMetadata = 0xF7
	insSerial   = 0xF8
	insAttest   = 0xF9
	insVersion  = 0xFD
	insConfig   = 0x1D // of the management application

	pinOnce     = 2
	pinAlways   = 3
	touchNever  = 1
	touchAlways = 2
)

func (a *Applet) extension(c Command) ([]byte, uint16) {
	switch c.Ins {
	case insVersion:
		return a.config.YubiKey.Version[:], swOK
	case insSerial:
		return binary.BigEndian.AppendUint32(nil, a.config.YubiKey.Serial), swOK
	case insMetadata:
		return a.metadata(c.P2)
	case insAttest:
		return a.attest(c.P1)
	}
	return nil, swUnknownIns
}

// manage is the management application: it tells the device's configuration.
func (a *Applet) manage(c Command) ([]byte, uint16) {
	if c.Ins != insConfig {
		return nil, swUnknownIns
	}
	config := append(tlv(0x02, binary.BigEndian.AppendUint32(nil, a.config.YubiKey.Serial)), tlv(0x04, []byte{3})...)
	config = append(config, tlv(0x05, a.config.YubiKey.Version[:])...)
	return append([]byte{byte(len(config))}, config...), swOK
}

// metadata tells about a PIN, the management key or a key.
func (a *Applet) metadata(ref byte) ([]byte, uint16) {
	switch ref {
	case refPIN:
		return a.pin.metadata(PIN), swOK
	case refPUK:
		return a.puk.metadata("12345678"), swOK
	case refAdmin:
		return append(tlv(0x01, []byte{algAES192}), tlv(0x05, []byte{1})...), swOK
	}
	s, ok := a.slots[ref]
	if !ok || s.Key == nil {
		return nil, swNoReference
	}
	alg, _ := s.algorithm()
	pin, touch := s.policies()
	origin := byte(1)
	if s.Imported {
		origin = 2
	}
	out := append(tlv(0x01, []byte{alg}), tlv(0x02, []byte{pin, touch})...)
	out = append(out, tlv(0x03, []byte{origin})...)
	return append(out, tlv(0x04, s.public())...), swOK
}

func (s *secret) metadata(factory string) []byte {
	isFactory := byte(0)
	if string(s.value) == string(padded(factory)) {
		isFactory = 1
	}
	out := append(tlv(0x01, []byte{0xFF}), tlv(0x05, []byte{isFactory})...)
	return append(out, tlv(0x06, []byte{byte(s.tries), byte(s.left)})...)
}

func (s *Slot) policies() (pin, touch byte) {
	pin, touch = pinOnce, touchNever
	if s.PINAlways || s.Ref == 0x9C {
		pin = pinAlways
	}
	if s.Touch {
		touch = touchAlways
	}
	return pin, touch
}

var yubico = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3}

// attest returns a certificate for a key that was made on the card,
// developers.yubico.com: PIV attestation.
func (a *Applet) attest(ref byte) ([]byte, uint16) {
	s, ok := a.slots[ref]
	by := a.config.YubiKey.Attestor
	switch {
	case by == nil:
		return nil, swNotFound
	case !ok || s.Key == nil || s.Imported:
		return nil, swWrongData
	}
	serial, err := asn1.Marshal(int(a.config.YubiKey.Serial))
	if err != nil {
		return nil, swConditions
	}
	pin, touch := s.policies()
	extension := func(last int, value ...byte) pkix.Extension {
		return pkix.Extension{Id: append(append(asn1.ObjectIdentifier{}, yubico...), last), Value: value}
	}
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(random(8)),
		Subject:      pkix.Name{CommonName: fmt.Sprintf("YubiKey PIV Attestation %x", ref)},
		NotBefore:    by.Certificate.NotBefore,
		NotAfter:     time.Date(2052, 4, 17, 0, 0, 0, 0, time.UTC),
		ExtraExtensions: []pkix.Extension{
			extension(3, a.config.YubiKey.Version[:]...), extension(7, serial...), extension(8, pin, touch), extension(9, 3),
		},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.Certificate, s.Key.Public(), by.Key)
	if err != nil {
		return nil, swConditions
	}
	return der, swOK
}
