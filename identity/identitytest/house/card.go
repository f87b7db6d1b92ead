package house

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"time"
)

// A Person is who gets a card, and what is peculiar about it. The zero value
// of each field is the ordinary one.
type Person struct {
	Common string
	// UUID is the card's, FIPS 201 section 3.4.1, as
	// "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"; "" leaves it out.
	UUID string
	UPN  string // user principal name; "" leaves it out
	// Key is the card's key, made elsewhere; nil makes one by Algorithm.
	Key crypto.Signer
	// Public is the card's public key when the key itself never leaves the
	// card. IssueCard then returns no signer.
	Public crypto.PublicKey
	// Algorithm is "P-256" (also ""), "P-384", "RSA-2048" or "RSA-3072".
	Algorithm string
	NotBefore time.Time // zero: the House's founding
	NotAfter  time.Time // zero: three years later
	// PolicyOIDs are dotted; nil is [Policy], empty is none.
	PolicyOIDs []string
	// Purposes are dotted extended key usages; nil is what a PIV
	// authentication certificate has, empty is none.
	Purposes []string
	// Alter changes the template before it is signed, to make a wrong one.
	Alter func(*x509.Certificate)
}

// Object identifiers of extended key usages.
const (
	ClientAuth      = "1.3.6.1.5.5.7.3.2"
	SmartcardLogon  = "1.3.6.1.4.1.311.20.2.2"
	ServerAuth      = "1.3.6.1.5.5.7.3.1"
	CardAuth        = "2.16.840.1.101.3.6.8" // id-PIV-cardAuth
	ContentSigning  = "2.16.840.1.101.3.6.7" // id-PIV-content-signing
	OCSPSigning     = "1.3.6.1.5.5.7.3.9"
	EmailProtection = "1.3.6.1.5.5.7.3.4"
)

// Extensions that the library of the language does not write by itself.
var (
	oidSubjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidExtKeyUsage    = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidPolicies       = asn1.ObjectIdentifier{2, 5, 29, 32}
)

// IssueCard issues the certificate of slot 9A for p, and returns it with the
// card's key.
func (h *House) IssueCard(p Person) (*x509.Certificate, crypto.Signer, error) {
	key, public, err := p.key()
	if err != nil {
		return nil, nil, err
	}
	t, err := h.cardTemplate(p)
	if err != nil {
		return nil, nil, err
	}
	alter(p.Alter, t)
	cert, err := h.sign(t, public)
	if err != nil {
		return nil, nil, err
	}
	return cert, key, nil
}

// key finds or makes the card's key.
func (p Person) key() (crypto.Signer, crypto.PublicKey, error) {
	if p.Key != nil {
		return p.Key, p.Key.Public(), nil
	}
	if p.Public != nil {
		return nil, p.Public, nil
	}
	key, err := NewKey(p.Algorithm)
	if err != nil {
		return nil, nil, err
	}
	return key, key.Public(), nil
}

// NewKey makes a key of algorithm, one of those of [Person].
func NewKey(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case "", "P-256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "P-384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "RSA-2048":
		return rsa.GenerateKey(rand.Reader, 2048)
	case "RSA-3072":
		return rsa.GenerateKey(rand.Reader, 3072)
	}
	return nil, fmt.Errorf("house: no algorithm %q", algorithm)
}

// cardTemplate is the PIV authentication certificate of p, after worksheet 9
// of the X.509 Certificate and CRL Extensions Profile for the Shared Service
// Providers program.
func (h *House) cardTemplate(p Person) (*x509.Certificate, error) {
	if p.NotBefore.IsZero() {
		p.NotBefore = h.at
	}
	if p.NotAfter.IsZero() {
		p.NotAfter = p.NotBefore.AddDate(3, 0, 0)
	}
	if p.PolicyOIDs == nil {
		p.PolicyOIDs = []string{Policy}
	}
	if p.Purposes == nil {
		p.Purposes = []string{ClientAuth, SmartcardLogon}
	}
	t := &x509.Certificate{
		Subject:   pkix.Name{Country: []string{"CA"}, Organization: []string{h.name}, CommonName: p.Common},
		NotBefore: p.NotBefore,
		NotAfter:  p.NotAfter,
		KeyUsage:  x509.KeyUsageDigitalSignature,
	}
	h.point(t, "issuing")
	for _, add := range []func(*x509.Certificate) error{p.addNames, p.addPolicies, p.addPurposes} {
		if err := add(t); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// addNames writes p's UPN and UUID as alternative names of the subject.
func (p Person) addNames(t *x509.Certificate) error {
	ext, err := AltNames(p.UPN, p.UUID)
	if err != nil || ext == nil {
		return err
	}
	t.ExtraExtensions = append(t.ExtraExtensions, *ext)
	return nil
}

// AltNames is a subject alternative name extension with a user principal name
// and a card's UUID; either may be "", nil if both are.
func AltNames(upn, uuid string) (*pkix.Extension, error) {
	var names []asn1.RawValue
	if upn != "" {
		name, err := otherName(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 3}, upn)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	if uuid != "" {
		names = append(names, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte("urn:uuid:" + uuid)})
	}
	if len(names) == 0 {
		return nil, nil
	}
	der, err := asn1.Marshal(names)
	if err != nil {
		return nil, fmt.Errorf("house: %w", err)
	}
	return &pkix.Extension{Id: oidSubjectAltName, Value: der}, nil
}

// otherName is GeneralName's first choice, RFC 5280 section 4.2.1.6.
func otherName(id asn1.ObjectIdentifier, text string) (asn1.RawValue, error) {
	type value struct {
		ID    asn1.ObjectIdentifier
		Value string `asn1:"explicit,tag:0,utf8"`
	}
	der, err := asn1.MarshalWithParams(value{ID: id, Value: text}, "tag:0")
	if err != nil {
		return asn1.RawValue{}, fmt.Errorf("house: %w", err)
	}
	return asn1.RawValue{FullBytes: der}, nil
}

func (p Person) addPolicies(t *x509.Certificate) error {
	type information struct{ ID asn1.ObjectIdentifier }
	var list []information
	for _, text := range p.PolicyOIDs {
		id, err := dotted(text)
		if err != nil {
			return err
		}
		list = append(list, information{id})
	}
	return addExtension(t, oidPolicies, list, len(list))
}

func (p Person) addPurposes(t *x509.Certificate) error {
	var list []asn1.ObjectIdentifier
	for _, text := range p.Purposes {
		id, err := dotted(text)
		if err != nil {
			return err
		}
		list = append(list, id)
	}
	return addExtension(t, oidExtKeyUsage, list, len(list))
}

// addExtension writes value as extension id, unless it is empty.
func addExtension(t *x509.Certificate, id asn1.ObjectIdentifier, value any, n int) error {
	if n == 0 {
		return nil
	}
	der, err := asn1.Marshal(value)
	if err != nil {
		return fmt.Errorf("house: %w", err)
	}
	t.ExtraExtensions = append(t.ExtraExtensions, pkix.Extension{Id: id, Value: der})
	return nil
}

// dotted reads an object identifier.
func dotted(text string) (asn1.ObjectIdentifier, error) {
	oid, err := x509.ParseOID(text)
	if err != nil {
		return nil, fmt.Errorf("house: object identifier %q: %w", text, err)
	}
	der, err := oid.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("house: %w", err)
	}
	var id asn1.ObjectIdentifier
	// MarshalBinary gives the value without its header.
	if _, err := asn1.Unmarshal(append([]byte{6, byte(len(der))}, der...), &id); err != nil {
		return nil, fmt.Errorf("house: %w", err)
	}
	return id, nil
}
