// Package trust judges certificates: whether a chain leads to the House's own
// root, whether it may be used for signing in, whose it is, and whether it was
// called back. It also makes session certificates (design, section 3).
//
// What is judged here is judged alike everywhere: [Anchors.Verify] is a pure
// function of the anchors, the chain's bytes and a given time. The network is
// touched by [Revocation] alone, and only through a function it is given.
//
// The rules are those of RFC 5280, with three differences that House cards
// call for. A card certificate must name clientAuth; one without extended key
// usage is refused. Its policy identifiers are compared here, because
// crypto/x509 does not enforce them; an authority that names policies limits
// those below it, one that names none does not. The session certificate is an
// RFC 3820 proxy certificate, which crypto/x509 knows nothing of; all of its
// step is in proxy.go.
//
// Every refusal is a pointer to one of the types of package identity, such as
// [*identity.Expired]; none carries a secret.
package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"

	"incamera/identity"
)

// Limits on what a stranger may hand in.
const (
	maxChain       = 10       // certificates
	maxCertificate = 16 << 10 // bytes of each
	maxAnchors     = 4 << 20  // bytes of PEM
)

// Anchors are a House's roots, the authorities below them, and the rules for
// cards. They never change once made, and may be used from any goroutine.
type Anchors struct {
	roots     []*x509.Certificate
	pool      *x509.CertPool // roots
	between   []*x509.Certificate
	below     *x509.CertPool // between
	rules     Rules
	attesters *Attesters
	verdicts  *verdicts // what was judged before; guards itself
}

// Rules are what a House asks of card certificates beyond a good chain.
type Rules struct {
	// Policies are dotted object identifiers; a card certificate must have one
	// of them. Empty asks for none.
	Policies []string
	// Attestation refuses a card whose maker does not vouch for its key.
	Attestation bool
	// Attesters are the makers' roots; nil is [Makers].
	Attesters *Attesters
}

// LoadAnchors reads a House's certificates from PEM: self-signed ones are its
// roots, of which there must be one; the others are authorities below them,
// which complete chains that lack them and are trusted for nothing by
// themselves. Two roots of one name are refused, because names given by
// issuers are told apart by it, see [identity.Person].
func LoadAnchors(text []byte) (*Anchors, error) {
	certs, err := parsePEM(text)
	if err != nil {
		return nil, fmt.Errorf("trust: anchors: %w", err)
	}
	a := &Anchors{pool: x509.NewCertPool(), below: x509.NewCertPool(), verdicts: newVerdicts()}
	for _, cert := range certs {
		if err := a.add(cert); err != nil {
			return nil, fmt.Errorf("trust: anchors: %w", err)
		}
	}
	if len(a.roots) == 0 {
		return nil, errors.New("trust: anchors: no self-signed root among the certificates")
	}
	a.attesters = Makers()
	return a, nil
}

// Under returns anchors that also ask for rules.
func (a *Anchors) Under(rules Rules) (*Anchors, error) {
	for _, text := range rules.Policies {
		if _, err := x509.ParseOID(text); err != nil {
			return nil, fmt.Errorf("trust: policy %q is no object identifier", text)
		}
	}
	b := *a
	b.rules = rules
	b.rules.Policies = slices.Clone(rules.Policies)
	b.verdicts = newVerdicts()
	if rules.Attesters != nil {
		b.attesters = rules.Attesters
	}
	return &b, nil
}

// Complete returns chain with the authorities appended that a knows between it
// and a root, for a peer that knows only the root.
func (a *Anchors) Complete(chain [][]byte) [][]byte {
	out := slices.Clone(chain)
	for _, der := range chain {
		cert, err := x509.ParseCertificate(der)
		for i := 0; err == nil && cert != nil && i < maxChain; i++ {
			if cert = a.above(cert); cert != nil && !slices.ContainsFunc(out, func(der []byte) bool { return bytes.Equal(der, cert.Raw) }) {
				out = append(out, cert.Raw)
			}
		}
	}
	return out
}

// above finds the authority that says it issued cert, nil if none is known.
func (a *Anchors) above(cert *x509.Certificate) *x509.Certificate {
	for _, authority := range a.between {
		if bytes.Equal(authority.RawSubject, cert.RawIssuer) &&
			(len(cert.AuthorityKeyId) == 0 || bytes.Equal(cert.AuthorityKeyId, authority.SubjectKeyId)) {
			return authority
		}
	}
	return nil
}

// add files cert as a root or as an authority.
func (a *Anchors) add(cert *x509.Certificate) error {
	if !cert.BasicConstraintsValid || !cert.IsCA {
		return fmt.Errorf("%q is not a certificate authority", cert.Subject.CommonName)
	}
	settleConstraints(cert)
	if !bytes.Equal(cert.RawSubject, cert.RawIssuer) || cert.CheckSignatureFrom(cert) != nil {
		a.between = append(a.between, cert)
		a.below.AddCert(cert)
		return nil
	}
	for _, root := range a.roots {
		if root.Subject.CommonName == cert.Subject.CommonName && !root.Equal(cert) {
			return fmt.Errorf("two roots are named %q", cert.Subject.CommonName)
		}
	}
	a.roots = append(a.roots, cert)
	a.pool.AddCert(cert)
	return nil
}

// parsePEM reads certificates and refuses anything else.
func parsePEM(text []byte) ([]*x509.Certificate, error) {
	if len(text) > maxAnchors {
		return nil, fmt.Errorf("%d bytes are more than %d", len(text), maxAnchors)
	}
	var certs []*x509.Certificate
	for rest := text; ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			return certs, leftOver(rest, len(certs))
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("a %q among the certificates", block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		certs = append(certs, cert)
	}
}

// leftOver judges what follows the last certificate: a block that is cut off
// must not go unnoticed.
func leftOver(rest []byte, n int) error {
	if bytes.Contains(rest, []byte("-----BEGIN")) {
		return errors.New("a certificate is cut off")
	}
	if n == 0 {
		return errors.New("no certificate")
	}
	return nil
}

// within reports whether at is in the time for which cert was issued.
func within(cert *x509.Certificate, what identity.CertificateKind, at time.Time) error {
	if at.Before(cert.NotBefore) {
		return &identity.NotYetValid{What: what, From: cert.NotBefore}
	}
	if at.After(cert.NotAfter) {
		return &identity.Expired{What: what, On: cert.NotAfter}
	}
	return nil
}
