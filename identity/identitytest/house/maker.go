package house

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"time"
)

// A Maker makes cards and vouches for keys made on them, the way Yubico does:
// https://developers.yubico.com/PIV/Introduction/PIV_attestation.html.
type Maker struct {
	at     time.Time
	root   authority
	middle authority
	card   authority // slot F9 of one card; firmware leaves out basic constraints
}

// oidPINPolicy is the extension with PIN policy and touch policy, a byte each.
var oidPINPolicy = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, 8}

// NewMaker founds a maker that has made one card.
func NewMaker(at time.Time) (*Maker, error) {
	m := &Maker{at: at}
	steps := []struct {
		of, by    *authority
		common    string
		authority bool
	}{
		{&m.root, nil, "Test Attestation Root 1", true},
		{&m.middle, &m.root, "Test PIV Attestation B 1", true},
		{&m.card, &m.middle, "Test PIV Attestation", false},
	}
	for _, s := range steps {
		t := &x509.Certificate{
			Subject:   pkix.Name{CommonName: s.common},
			NotBefore: at.AddDate(-1, 0, 0), NotAfter: at.AddDate(30, 0, 0),
		}
		if s.authority {
			t.IsCA, t.BasicConstraintsValid, t.KeyUsage = true, true, x509.KeyUsageCertSign
		}
		if err := s.of.make(t, s.by); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// PEM is what the maker publishes: its root and the authority below it.
func (m *Maker) PEM() []byte { return append(encode(m.root.cert), encode(m.middle.cert)...) }

// Attest vouches that public was made in slot 9A of the card and asks for a
// PIN once a session. It returns the attestation and the certificate of slot
// F9, in DER. change may alter the first before it is signed.
func (m *Maker) Attest(public crypto.PublicKey, change func(*x509.Certificate)) ([][]byte, error) {
	t := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "YubiKey PIV Attestation 9a"},
		NotBefore: m.at.AddDate(-1, 0, 0), NotAfter: m.at.AddDate(30, 0, 0),
		ExtraExtensions: []pkix.Extension{{Id: oidPINPolicy, Value: []byte{2, 1}}},
	}
	alter(change, t)
	cert, err := m.card.sign(t, public)
	if err != nil {
		return nil, err
	}
	return [][]byte{cert.Raw, m.card.cert.Raw}, nil
}

// Counterfeit has a key that the card attested, but that somebody else holds,
// vouch for public: a chain that is well signed all the way up.
func (m *Maker) Counterfeit(public crypto.PublicKey) ([][]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("house: %w", err)
	}
	attested, err := m.Attest(key.Public(), nil)
	if err != nil {
		return nil, err
	}
	by, err := x509.ParseCertificate(attested[0])
	if err != nil {
		return nil, fmt.Errorf("house: %w", err)
	}
	forger := &Maker{at: m.at, card: authority{by, key}}
	forged, err := forger.Attest(public, nil)
	if err != nil {
		return nil, err
	}
	return append(forged, attested[1]), nil
}
