package trust_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"incamera/identity"
	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
)

// A publicRSA is a key of which only the public half exists.
type publicRSA struct {
	crypto.Signer
	key rsa.PublicKey
}

func (p publicRSA) Public() crypto.PublicKey { return &p.key }

// Fields of a card certificate that nothing but their own check refuses, with
// the words of that check.
func TestStrictCards(t *testing.T) {
	h, anchors := founded(t, house.Options{})
	modulus := func(bits uint) *big.Int {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		return n.Add(n, big.NewInt(1))
	}
	large := pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Value: append([]byte{4, 0x82, 0x44, 0}, make([]byte, 0x4400)...)}
	for name, c := range map[string]struct {
		person house.Person
		why    string
	}{
		"RSA-4104":       {house.Person{Key: publicRSA{key: rsa.PublicKey{N: modulus(4104), E: 65537}}}, "RSA key of 4104 bits"},
		"RSA exponent 3": {house.Person{Key: publicRSA{key: rsa.PublicKey{N: modulus(2048), E: 3}}}, "exponent of 3"},
		"too large":      {house.Person{Alter: func(c *x509.Certificate) { c.ExtraExtensions = append(c.ExtraExtensions, large) }}, "bytes are more than"},
	} {
		t.Run(name, func(t *testing.T) {
			c.person.Common = "Alice Tremblay"
			card, _, err := h.IssueCard(c.person)
			if err != nil {
				t.Fatal(err)
			}
			_, err = anchors.Verify([][]byte{card.Raw}, noon)
			if bad, ok := errors.AsType[*identity.BadCertificate](err); !ok || !strings.Contains(bad.Why, c.why) {
				t.Errorf("Verify = %v, want %q", err, c.why)
			}
		})
	}
}

// A session certificate in the card's place is called one, whatever else is
// wrong with it.
func TestProxyIsNoCard(t *testing.T) {
	h, anchors := founded(t, house.Options{})
	card, cardKey, err := h.IssueCard(tremblay)
	if err != nil {
		t.Fatal(err)
	}
	key := sessionKey(t)
	first, err := trust.Issue(card, cardKey, &key.PublicKey, noon, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	middle, err := x509.ParseCertificate(first)
	if err != nil {
		t.Fatal(err)
	}
	_, err = anchors.Verify([][]byte{forge(t, middle, key).der(t), first, card.Raw}, noon)
	if bad, ok := errors.AsType[*identity.BadCertificate](err); !ok || !strings.Contains(bad.Why, "cannot issue another") {
		t.Errorf("Verify = %v", err)
	}
}

// Authorities that sign with what is not accepted, though the library takes it.
func TestOtherAlgorithms(t *testing.T) {
	ec := func() crypto.Signer { return ecKey(t, elliptic.P256()) }
	for name, c := range map[string]struct {
		root, issuing crypto.Signer
		good          bool
	}{
		"ECDSA":         {ec(), ec(), true},
		"Ed25519 above": {ed25519Key(t), ec(), false},
		"Ed25519 below": {ec(), ed25519Key(t), false},
	} {
		t.Run(name, func(t *testing.T) {
			root := authority(t, "Root", nil, nil, c.root)
			issuing := authority(t, "Issuing", root, c.root, c.issuing)
			key := ecKey(t, elliptic.P256())
			card := sign(t, &x509.Certificate{
				SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "Alice Tremblay"},
				NotBefore: noon.AddDate(0, 0, -1), NotAfter: noon.AddDate(1, 0, 0),
				KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
			}, issuing, key.Public(), c.issuing)
			anchors, err := trust.LoadAnchors(slices.Concat(pemOf(root), pemOf(issuing)))
			if err != nil {
				t.Fatal(err)
			}
			_, err = anchors.Verify([][]byte{card.Raw}, noon)
			if (err == nil) != c.good || !c.good && !refused(err, &identity.BadCertificate{}) {
				t.Errorf("Verify = %v", err)
			}
		})
	}
}

func authority(t *testing.T, name string, by *x509.Certificate, byKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: noon.AddDate(-1, 0, 0), NotAfter: noon.AddDate(9, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if by == nil {
		by, byKey = template, key
	}
	return sign(t, template, by, key.Public(), byKey)
}

func sign(t *testing.T, template, by *x509.Certificate, public crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, by, public, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// Verify of a session certificate takes three signature checks: whichever of
// the three signatures is bad, and only then, the chain is refused; a fourth
// that comes along, the root's of itself, is never looked at.
func TestThreeSignatures(t *testing.T) {
	h, _ := founded(t, house.Options{})
	chain, card := signedIn(t, h, tremblay)
	anchors, err := trust.LoadAnchors(pemOf(h.Root()))
	if err != nil {
		t.Fatal(err)
	}
	all := [][]byte{chain[0], card.Raw, h.Issuing().Raw, h.Root().Raw}
	for i := range all {
		wrong := slices.Clone(all)
		wrong[i] = slices.Clone(all[i])
		wrong[i][len(wrong[i])-1] ^= 1 // of the signature's second number
		_, err := anchors.Verify(wrong, noon)
		if refusedNow := err != nil; refusedNow != (i < 3) {
			t.Errorf("with the signature of certificate %d damaged: %v", i, err)
		}
	}
}

// A session key is on P-256, or nothing is signed.
func TestIssueOnP256(t *testing.T) {
	h, _ := founded(t, house.Options{})
	card, cardKey, err := h.IssueCard(tremblay)
	if err != nil {
		t.Fatal(err)
	}
	other, ok := ecKey(t, elliptic.P384()).Public().(*ecdsa.PublicKey)
	if !ok {
		t.Fatal("no ECDSA key")
	}
	if der, err := trust.Issue(card, cardKey, other, noon, noon.Add(time.Hour)); err == nil {
		t.Errorf("a certificate of %d bytes for a key on P-384", len(der))
	}
}
