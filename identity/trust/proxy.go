package trust

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"incamera/identity"
)

// MaxSession is the longest life of a session certificate.
const MaxSession = 12 * time.Hour

var (
	oidProxyCertInfo = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 14}     // RFC 3820 section 3.8
	oidInheritAll    = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 21, 1}     // id-ppl-inheritAll, section 3.8.2
	oidOldProxy      = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 3536, 1, 222} // drafts before the RFC: refused
	oidCommonName    = asn1.ObjectIdentifier{2, 5, 4, 3}                     // RFC 5280 appendix A.1
	oidKeyUsage      = asn1.ObjectIdentifier{2, 5, 29, 15}                   // section 4.2.1.3
	oidBasic         = asn1.ObjectIdentifier{2, 5, 29, 19}                   // section 4.2.1.9
	oidExtKeyUsage   = asn1.ObjectIdentifier{2, 5, 29, 37}                   // section 4.2.1.12
	oidAuthorityKey  = asn1.ObjectIdentifier{2, 5, 29, 35}                   // section 4.2.1.1
	oidSubjectKey    = asn1.ObjectIdentifier{2, 5, 29, 14}                   // section 4.2.1.2
	sessionAllows    = []asn1.ObjectIdentifier{oidProxyCertInfo, oidKeyUsage, oidBasic, oidExtKeyUsage, oidAuthorityKey, oidSubjectKey}
)

// proxyCertInfo is RFC 3820 section 3.8. A path length of zero means that the
// certificate issues no further one.
type proxyCertInfo struct {
	PathLen int
	Policy  proxyPolicy
}

type proxyPolicy struct {
	Language asn1.ObjectIdentifier
	Policy   []byte `asn1:"optional"`
}

// Issue has cardKey sign a session certificate for session, good from from
// until until, both cut to whole seconds and to the life of card. It makes one
// signature with cardKey. The result is in DER.
func Issue(card *x509.Certificate, cardKey crypto.Signer, session *ecdsa.PublicKey, from, until time.Time) ([]byte, error) {
	from, until, err := sessionLife(card, from, until)
	if err != nil {
		return nil, err
	}
	if session.Curve != elliptic.P256() {
		return nil, errors.New("trust: a session key is on P-256")
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("trust: %w", err)
	}
	serial.Add(serial, big.NewInt(1))
	t, err := sessionTemplate(card, serial)
	if err != nil {
		return nil, err
	}
	t.NotBefore, t.NotAfter = from, until
	der, err := x509.CreateCertificate(rand.Reader, t, card, session, cardKey)
	if err != nil {
		return nil, fmt.Errorf("trust: session certificate: %w", err)
	}
	return der, nil
}

// sessionLife cuts a session's time to what the card and the rules allow.
func sessionLife(card *x509.Certificate, from, until time.Time) (time.Time, time.Time, error) {
	if from.Before(card.NotBefore) {
		from = card.NotBefore
	}
	if until.After(card.NotAfter) {
		until = card.NotAfter
	}
	from, until = from.UTC().Truncate(time.Second), until.UTC().Truncate(time.Second)
	if !from.Before(until) {
		return from, until, errors.New("trust: a session that ends before it begins")
	}
	if until.Sub(from) > MaxSession {
		return from, until, fmt.Errorf("trust: a session of %v is longer than %v", until.Sub(from), MaxSession)
	}
	return from, until, nil
}

// sessionTemplate is everything of a session certificate but its time and key.
func sessionTemplate(card *x509.Certificate, serial *big.Int) (*x509.Certificate, error) {
	subject, err := proxySubject(card.RawSubject, serial)
	if err != nil {
		return nil, fmt.Errorf("trust: session certificate: %w", err)
	}
	info, err := asn1.Marshal(proxyCertInfo{Policy: proxyPolicy{Language: oidInheritAll}})
	if err != nil {
		return nil, fmt.Errorf("trust: session certificate: %w", err)
	}
	return &x509.Certificate{
		SerialNumber:    serial,
		RawSubject:      subject,
		KeyUsage:        x509.KeyUsageDigitalSignature,
		ExtKeyUsage:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		ExtraExtensions: []pkix.Extension{{Id: oidProxyCertInfo, Critical: true, Value: info}},
	}, nil
}

// proxySubject is the issuer's subject and one more common name, which tells
// one session from another, RFC 3820 section 3.4.
func proxySubject(issuer []byte, serial *big.Int) ([]byte, error) {
	names, err := relativeNames(issuer)
	if err != nil {
		return nil, err
	}
	common, err := asn1.Marshal(pkix.RelativeDistinguishedNameSET{{Type: oidCommonName, Value: serial.Text(16)}})
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(append(names, asn1.RawValue{FullBytes: common}))
}

// relativeNames splits a distinguished name into its encoded parts.
func relativeNames(name []byte) ([]asn1.RawValue, error) {
	var parts []asn1.RawValue
	rest, err := asn1.Unmarshal(name, &parts)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, errors.New("bytes after a distinguished name")
	}
	return parts, nil
}

// isProxy reports whether cert says that it is a proxy certificate, of the RFC
// or of the drafts before it.
func isProxy(cert *x509.Certificate) bool {
	return slices.ContainsFunc(cert.Extensions, func(e pkix.Extension) bool {
		return e.Id.Equal(oidProxyCertInfo) || e.Id.Equal(oidOldProxy)
	})
}

// checkProxy judges session as issued by card, RFC 3820 section 4.1, at a
// time. That card leads to a root is for others to say.
func checkProxy(session, card *x509.Certificate, at time.Time) error {
	if err := within(session, identity.SessionCertificate, at); err != nil {
		return err
	}
	for _, check := range []func(session, card *x509.Certificate) error{
		checkProxyInfo, checkProxyNames, checkProxyLife, checkProxyUse, checkProxyKey,
	} {
		if err := check(session, card); err != nil {
			return &identity.BadCertificate{What: identity.SessionCertificate, Why: err.Error()}
		}
	}
	if err := card.CheckSignature(session.SignatureAlgorithm, session.RawTBSCertificate, session.Signature); err != nil {
		return &identity.BadCertificate{What: identity.SessionCertificate, Why: "not signed by the card's key"}
	}
	return nil
}

// checkProxyInfo asks for one critical ProxyCertInfo, path length zero, all
// rights inherited, and for no extension beyond the list.
func checkProxyInfo(session, _ *x509.Certificate) error {
	for _, e := range session.Extensions {
		if !slices.ContainsFunc(sessionAllows, e.Id.Equal) {
			return fmt.Errorf("extension %v does not belong there", e.Id)
		}
		if !e.Id.Equal(oidProxyCertInfo) {
			continue
		}
		if !e.Critical {
			return errors.New("ProxyCertInfo is not critical")
		}
		if err := checkInfo(e.Value); err != nil {
			return err
		}
	}
	if session.Version != 3 {
		return fmt.Errorf("version %d", session.Version)
	}
	return nil
}

// checkInfo compares with the one value that a session certificate has; so an
// absent path length, which would mean "any", fails as well.
func checkInfo(value []byte) error {
	want, err := asn1.Marshal(proxyCertInfo{Policy: proxyPolicy{Language: oidInheritAll}})
	if err != nil {
		return err
	}
	if !bytes.Equal(value, want) {
		return errors.New("ProxyCertInfo is not path length 0, inherit all")
	}
	return nil
}

// checkProxyNames asks for card's subject as issuer, and as subject the same
// with one common name more.
func checkProxyNames(session, card *x509.Certificate) error {
	if !bytes.Equal(session.RawIssuer, card.RawSubject) {
		return errors.New("its issuer is not the card's subject")
	}
	have, err := relativeNames(session.RawSubject)
	if err != nil {
		return errors.New("its subject cannot be read")
	}
	base, err := relativeNames(card.RawSubject)
	if err != nil {
		return errors.New("the card's subject cannot be read")
	}
	same := func(a, b asn1.RawValue) bool { return bytes.Equal(a.FullBytes, b.FullBytes) }
	if len(have) != len(base)+1 || !slices.EqualFunc(have[:len(base)], base, same) {
		return errors.New("its subject is not the card's and one name more")
	}
	var last pkix.RelativeDistinguishedNameSET
	if _, err := asn1.Unmarshal(have[len(base)].FullBytes, &last); err != nil {
		return errors.New("its last name cannot be read")
	}
	if len(last) != 1 || !last[0].Type.Equal(oidCommonName) || last[0].Value == "" {
		return errors.New("its last name is not one common name")
	}
	if n := session.SerialNumber; n.Sign() <= 0 || n.BitLen() > 159 {
		return errors.New("its serial number is out of range")
	}
	return nil
}

// checkProxyLife keeps a session within the card's life and [MaxSession].
func checkProxyLife(session, card *x509.Certificate) error {
	switch {
	case session.NotBefore.Before(card.NotBefore):
		return errors.New("it begins before the card certificate")
	case session.NotAfter.After(card.NotAfter):
		return errors.New("it outlives the card certificate")
	case session.NotAfter.Sub(session.NotBefore) > MaxSession:
		return fmt.Errorf("it lives longer than %v", MaxSession)
	}
	return nil
}

// checkProxyUse asks for a key that signs and does nothing else.
func checkProxyUse(session, _ *x509.Certificate) error {
	switch {
	case session.IsCA:
		return errors.New("it claims to be an authority")
	case session.KeyUsage != x509.KeyUsageDigitalSignature:
		return errors.New("its key usage is not digitalSignature alone")
	case len(session.UnknownExtKeyUsage) > 0 || !slices.Equal(session.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}):
		return errors.New("its extended key usage is not clientAuth alone")
	case !slices.Contains(acceptedAlgorithms, session.SignatureAlgorithm):
		return fmt.Errorf("signature algorithm %v", session.SignatureAlgorithm)
	}
	return nil
}

// checkProxyKey asks for a P-256 key that is not the card's own.
func checkProxyKey(session, card *x509.Certificate) error {
	key, ok := session.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return errors.New("its key is not on P-256")
	}
	if bytes.Equal(session.RawSubjectPublicKeyInfo, card.RawSubjectPublicKeyInfo) {
		return errors.New("its key is the card's own")
	}
	return nil
}
