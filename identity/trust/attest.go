package trust

import (
	"bytes"
	"crypto/x509"
	_ "embed" // the makers' certificates
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"
	"time"

	"incamera/identity"
)

//go:embed makers.pem
var makersPEM []byte

// Extensions of a YubiKey's attestation certificate,
// https://developers.yubico.com/PIV/Introduction/PIV_attestation.html.
var oidYubicoPolicies = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, 8} // PIN policy, touch policy

// pinNever is the PIN policy of a key that signs without a PIN.
const pinNever = 1

// slotName ends the subject of an attestation certificate for slot 9A.
const slotName = "YubiKey PIV Attestation 9a"

// Attesters are the roots of card makers that vouch for where a key was made.
// They never change once made.
type Attesters struct {
	pool  *x509.CertPool
	below *x509.CertPool
}

// Makers returns the makers known when this was built: Yubico's roots
// for PIV and the intermediates below the newest, those of 2026 included.
func Makers() *Attesters {
	t, err := LoadAttesters(makersPEM)
	if err != nil {
		panic("trust: the makers' certificates: " + err.Error()) // they are built in, and tested
	}
	return t
}

// LoadAttesters reads makers' certificates from PEM: self-signed ones are
// roots, the others complete chains.
func LoadAttesters(text []byte) (*Attesters, error) {
	none := &Attesters{pool: x509.NewCertPool(), below: x509.NewCertPool()}
	return none.And(text)
}

// And returns t with the certificates of text added, read as by
// [LoadAttesters]: a maker's newer intermediates, or another maker.
func (t *Attesters) And(text []byte) (*Attesters, error) {
	certs, err := parsePEM(text)
	if err != nil {
		return nil, fmt.Errorf("trust: attesters: %w", err)
	}
	sum := &Attesters{pool: t.pool.Clone(), below: t.below.Clone()}
	for _, cert := range certs {
		if bytes.Equal(cert.RawSubject, cert.RawIssuer) && cert.CheckSignatureFrom(cert) == nil {
			sum.pool.AddCert(cert)
		} else {
			sum.below.AddCert(cert)
		}
	}
	return sum, nil
}

// path finds among rest the attestation of card's key, and leads it to a
// maker's root: attestation certificate, the card's own attester (slot F9),
// intermediates, root. The error is a [*identity.NotAttested].
func (t *Attesters) path(card *x509.Certificate, rest []*x509.Certificate, at time.Time) ([]*x509.Certificate, error) {
	attestation := attestationOf(card, rest)
	if attestation == nil {
		return nil, &identity.NotAttested{Why: "no attestation came with it"}
	}
	if err := checkAttestation(attestation); err != nil {
		return nil, &identity.NotAttested{Why: err.Error()}
	}
	if err := within(attestation, identity.CardCertificate, at); err != nil {
		return nil, &identity.NotAttested{Why: "the attestation is out of its time"}
	}
	for _, attester := range rest {
		if attester == attestation || !bytes.Equal(attestation.RawIssuer, attester.RawSubject) {
			continue
		}
		// Not CheckSignatureFrom: the attester of some firmware lacks the basic
		// constraints that an authority has to have.
		if attester.CheckSignature(attestation.SignatureAlgorithm, attestation.RawTBSCertificate, attestation.Signature) != nil {
			continue
		}
		found, err := attester.Verify(x509.VerifyOptions{
			Roots: t.pool, Intermediates: t.below, CurrentTime: at,
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		})
		if err != nil {
			return nil, &identity.NotAttested{Why: "the card's attester leads to no maker's root that is known"}
		}
		return append([]*x509.Certificate{attestation}, found[0]...), nil
	}
	return nil, &identity.NotAttested{Why: "nothing that came with it signed the attestation"}
}

// attestationOf finds a certificate for the same key that somebody else issued.
func attestationOf(card *x509.Certificate, rest []*x509.Certificate) *x509.Certificate {
	for _, cert := range rest {
		if !cert.Equal(card) && bytes.Equal(cert.RawSubjectPublicKeyInfo, card.RawSubjectPublicKeyInfo) {
			return cert
		}
	}
	return nil
}

// checkAttestation asks for slot 9A and a key that wants a PIN.
func checkAttestation(attestation *x509.Certificate) error {
	if !strings.EqualFold(attestation.Subject.CommonName, slotName) {
		return errors.New("the attestation is for another slot")
	}
	for _, e := range attestation.Extensions {
		if !e.Id.Equal(oidYubicoPolicies) {
			continue
		}
		if len(e.Value) != 2 {
			return errors.New("the attestation's PIN policy cannot be read")
		}
		if e.Value[0] <= pinNever {
			return errors.New("the key signs without a PIN")
		}
		return nil
	}
	return errors.New("the attestation says nothing of a PIN")
}
