package trust

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"incamera/identity"
)

// Object identifiers that crypto/x509 has no name for.
var (
	oidCardAuth        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 6, 8} // id-PIV-cardAuth, FIPS 201-3 appendix B
	oidCardAuthPolicy  = mustOID("2.16.840.1.101.3.2.1.3.17")               // id-fpki-common-cardAuth
	oidAnyPolicy       = mustOID("2.5.29.32.0")                             // RFC 5280 section 4.2.1.4
	acceptedAlgorithms = []x509.SignatureAlgorithm{x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512, x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA, x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS}
)

// Verify judges chain, certificates in DER, at a time: first a session
// certificate and the card certificate that issued it, or a card certificate
// alone; then, in any order, authorities that lead to a root and the
// attestation of the card's maker. It returns who the chain speaks for, or a
// pointer to one of identity's refusals. It needs no network and says nothing
// of revocation.
//
// A session certificate costs three signature checks where one authority
// stands between card and root, and none when the same chain is judged again.
func (a *Anchors) Verify(chain [][]byte, at time.Time) (identity.Person, error) {
	key := verdictKey(chain)
	if person, ok := a.verdicts.find(key, at); ok {
		return person, nil
	}
	c, err := parseChain(chain)
	if err != nil {
		return identity.Person{}, err
	}
	v, err := a.judge(c, at)
	if err != nil {
		return identity.Person{}, err
	}
	a.verdicts.keep(key, v)
	return v.copy(), nil
}

// A chain is what was handed in, parsed and sorted, not yet judged.
type chain struct {
	session *x509.Certificate // nil when the card speaks for itself
	card    *x509.Certificate
	rest    []*x509.Certificate
}

// first is the certificate whose key speaks.
func (c chain) first() *x509.Certificate {
	if c.session != nil {
		return c.session
	}
	return c.card
}

// parseChain sorts the certificates of ders.
func parseChain(ders [][]byte) (chain, error) {
	if len(ders) == 0 || len(ders) > maxChain {
		return chain{}, &identity.BadCertificate{What: identity.CardCertificate, Why: fmt.Sprintf("a chain of %d certificates", len(ders))}
	}
	certs := make([]*x509.Certificate, len(ders))
	for i, der := range ders {
		cert, err := parse(der)
		if err != nil {
			return chain{}, &identity.BadCertificate{What: kindAt(i), Why: err.Error()}
		}
		certs[i] = cert
	}
	if !isProxy(certs[0]) {
		return chain{card: certs[0], rest: certs[1:]}, nil
	}
	if len(certs) < 2 {
		return chain{}, &identity.BadCertificate{What: identity.SessionCertificate, Why: "it comes without the card certificate"}
	}
	return chain{session: certs[0], card: certs[1], rest: certs[2:]}, nil
}

func parse(der []byte) (*x509.Certificate, error) {
	if len(der) > maxCertificate {
		return nil, fmt.Errorf("%d bytes are more than %d", len(der), maxCertificate)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	settleConstraints(cert)
	return cert, nil
}

// kindAt guesses the kind of the i-th certificate of a chain, for an error
// about one that cannot be read.
func kindAt(i int) identity.CertificateKind {
	return [...]identity.CertificateKind{identity.SessionCertificate, identity.CardCertificate, identity.IssuerCertificate}[min(i, 2)]
}

// judge is Verify after parsing. The cheap checks come first.
func (a *Anchors) judge(c chain, at time.Time) (verdict, error) {
	if err := checkCard(c.card, at); err != nil {
		return verdict{}, err
	}
	if c.session != nil {
		if err := checkProxy(c.session, c.card, at); err != nil {
			return verdict{}, err
		}
	}
	paths, err := a.paths(c, at)
	if err != nil {
		return verdict{}, err
	}
	vouched, err := a.attesters.path(c.card, c.rest, at)
	if err != nil && a.rules.Attestation {
		return verdict{}, err
	}
	person := a.personOf(c, paths, err == nil)
	return newVerdict(c, append(paths, vouched), person), nil
}

// checkCard judges the card certificate by itself.
func checkCard(card *x509.Certificate, at time.Time) error {
	bad := func(why string) error {
		return &identity.BadCertificate{What: identity.CardCertificate, Why: why}
	}
	wrong := func(why string) error {
		return &identity.WrongPurpose{What: identity.CardCertificate, Why: why}
	}
	if err := within(card, identity.CardCertificate, at); err != nil {
		return err
	}
	switch {
	case card.Version != 3:
		return bad(fmt.Sprintf("version %d", card.Version))
	case card.SerialNumber.Sign() <= 0:
		return bad("its serial number is not positive")
	case isProxy(card):
		return bad("a session certificate cannot issue another")
	case isCardAuth(card):
		return &identity.NoPIN{}
	case card.IsCA:
		return wrong("it is an authority's")
	case card.KeyUsage&x509.KeyUsageDigitalSignature == 0:
		return wrong("its key usage lacks digitalSignature")
	case card.KeyUsage&(x509.KeyUsageCertSign|x509.KeyUsageCRLSign) != 0:
		return wrong("its key usage is an authority's")
	case !slices.Contains(card.ExtKeyUsage, x509.ExtKeyUsageClientAuth):
		return wrong("its extended key usage lacks clientAuth")
	case !slices.Contains(acceptedAlgorithms, card.SignatureAlgorithm):
		return bad("signature algorithm " + card.SignatureAlgorithm.String())
	}
	return checkKey(card.PublicKey)
}

// checkKey accepts the keys that PIV cards hold, SP 800-78-5 table 1.
func checkKey(public any) error {
	bad := func(why string) error {
		return &identity.BadCertificate{What: identity.CardCertificate, Why: why}
	}
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		if size := key.Curve.Params().BitSize; size != 256 && size != 384 {
			return bad(fmt.Sprintf("a key on %s", key.Curve.Params().Name))
		}
	case *rsa.PublicKey:
		if size := key.N.BitLen(); size < 2048 || size > 4096 {
			return bad(fmt.Sprintf("an RSA key of %d bits", size))
		}
		if key.E < 65537 {
			return bad(fmt.Sprintf("an RSA exponent of %d", key.E))
		}
	default:
		return bad("a key that is neither ECDSA nor RSA")
	}
	return nil
}

// isCardAuth reports a certificate of slot 9E, whose key asks for no PIN.
func isCardAuth(card *x509.Certificate) bool {
	return slices.ContainsFunc(card.UnknownExtKeyUsage, oidCardAuth.Equal) ||
		slices.ContainsFunc(card.Policies, oidCardAuthPolicy.Equal)
}

// paths finds the ways from the card to a root that break no rule.
func (a *Anchors) paths(c chain, at time.Time) ([][]*x509.Certificate, error) {
	found, err := withoutURNs(c.card).Verify(x509.VerifyOptions{
		Roots:         a.pool,
		Intermediates: a.authorities(c.rest),
		CurrentTime:   at,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return nil, explain(err, c.card, at)
	}
	var good [][]*x509.Certificate
	for _, path := range found {
		path[0] = c.card
		if err = a.checkPath(path); err == nil {
			good = append(good, path)
		}
	}
	if len(good) == 0 {
		return nil, err
	}
	return good, nil
}

// authorities are those between card and root: the configured ones, and those
// that came along. A root that came along is left out: it would cost a
// signature check and prove nothing.
func (a *Anchors) authorities(rest []*x509.Certificate) *x509.CertPool {
	pool := a.below
	for _, cert := range rest {
		if !cert.IsCA || bytes.Equal(cert.RawSubject, cert.RawIssuer) {
			continue
		}
		if pool == a.below {
			pool = a.below.Clone()
		}
		pool.AddCert(cert)
	}
	return pool
}

// checkPath judges what crypto/x509 leaves out.
func (a *Anchors) checkPath(path []*x509.Certificate) error {
	for _, cert := range path[1 : len(path)-1] {
		if !slices.Contains(acceptedAlgorithms, cert.SignatureAlgorithm) {
			return &identity.BadCertificate{What: identity.IssuerCertificate, Why: "signature algorithm " + cert.SignatureAlgorithm.String()}
		}
	}
	if err := checkNames(path); err != nil {
		return err
	}
	return checkPolicies(path, a.rules.Policies)
}

// checkPolicies asks for one of wants, named by the card and by each authority
// on its path that names policies at all. The root is not asked: it is trusted
// by configuration.
func checkPolicies(path []*x509.Certificate, wants []string) error {
	if len(wants) == 0 {
		return nil
	}
	for _, want := range wants {
		oid, err := x509.ParseOID(want)
		if err != nil {
			return fmt.Errorf("trust: policy %q is no object identifier", want)
		}
		if slices.ContainsFunc(path[0].Policies, oid.Equal) && allowed(path[1:len(path)-1], oid) {
			return nil
		}
	}
	return &identity.WrongPolicy{Has: Policies(path[0]), Wants: slices.Clone(wants)}
}

// allowed reports whether authorities may issue under policy.
func allowed(authorities []*x509.Certificate, policy x509.OID) bool {
	for _, cert := range authorities {
		if len(cert.Policies) > 0 && !slices.ContainsFunc(cert.Policies, policy.Equal) &&
			!slices.ContainsFunc(cert.Policies, oidAnyPolicy.Equal) {
			return false
		}
	}
	return true
}

// Policies lists the policy identifiers of cert, dotted.
func Policies(cert *x509.Certificate) []string {
	var out []string
	for _, oid := range cert.Policies {
		out = append(out, oid.String())
	}
	return out
}

// explain sorts what crypto/x509 says by what a person can do about it.
func explain(err error, card *x509.Certificate, at time.Time) error {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return explainInvalid(invalid, card, at)
	}
	if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		issuer := card.Issuer.CommonName
		if unknown.Cert != nil {
			issuer = unknown.Cert.Issuer.CommonName
		}
		return &identity.UnknownIssuer{Issuer: issuer}
	}
	what := identity.IssuerCertificate
	if len(card.UnhandledCriticalExtensions) > 0 {
		what = identity.CardCertificate
	}
	return &identity.BadCertificate{What: what, Why: err.Error()}
}

func explainInvalid(err x509.CertificateInvalidError, card *x509.Certificate, at time.Time) error {
	what := identity.IssuerCertificate
	if err.Cert != nil && err.Cert.Equal(card) {
		what = identity.CardCertificate
	}
	switch err.Reason {
	case x509.Expired:
		return within(err.Cert, what, at)
	case x509.CANotAuthorizedForThisName, x509.UnconstrainedName, x509.NameConstraintsWithoutSANs:
		return &identity.WrongName{Why: err.Error()}
	case x509.IncompatibleUsage, x509.CANotAuthorizedForExtKeyUsage:
		return &identity.WrongPurpose{What: identity.IssuerCertificate, Why: err.Error()}
	}
	return &identity.BadCertificate{What: what, Why: err.Error()}
}

func mustOID(text string) x509.OID {
	oid, err := x509.ParseOID(text)
	if err != nil {
		panic("trust: " + text + ": " + err.Error())
	}
	return oid
}
