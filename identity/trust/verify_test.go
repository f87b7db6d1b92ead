package trust_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"sync"
	"testing"
	"time"

	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
)

// noon is when all tests take place.
var noon = time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)

// founded returns a House founded at noon, and its anchors.
func founded(t testing.TB, o house.Options) (*house.House, *trust.Anchors) {
	t.Helper()
	if o.At.IsZero() {
		o.At = noon
	}
	h, err := house.New(o)
	if err != nil {
		t.Fatal(err)
	}
	a, err := trust.LoadAnchors(h.AnchorsPEM())
	if err != nil {
		t.Fatal(err)
	}
	return h, a
}

func sessionKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// signedIn issues a card for p and a session of an hour from noon.
func signedIn(t testing.TB, h *house.House, p house.Person) (chain [][]byte, card *x509.Certificate) {
	t.Helper()
	card, key, err := h.IssueCard(p)
	if err != nil {
		t.Fatal(err)
	}
	der, err := trust.Issue(card, key, &sessionKey(t).PublicKey, noon, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{der, card.Raw}, card
}

var tremblay = house.Person{
	Common: "Alice Tremblay",
	UUID:   "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
	UPN:    "A.Tremblay@house.example",
}

func TestVerify(t *testing.T) {
	h, anchors := founded(t, house.Options{})
	for _, algorithm := range []string{"P-256", "P-384", "RSA-2048", "RSA-3072"} {
		t.Run(algorithm, func(t *testing.T) {
			p := tremblay
			p.Algorithm = algorithm
			chain, card := signedIn(t, h, p)
			for range 2 { // the second time from what was kept
				person, err := anchors.Verify(chain, noon.Add(time.Minute))
				if err != nil {
					t.Fatal(err)
				}
				want := slices.Concat(trust.Names(card), []string{
					"uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6 under Test House Root CA",
					"upn:a.tremblay@house.example under Test House Root CA",
				})
				if !slices.Equal(person.Names, want) {
					t.Errorf("names %q, want %q", person.Names, want)
				}
				if person.Common != "Alice Tremblay" || person.Issuer != "Test House Issuing CA" || !person.NotAfter.Equal(noon.Add(time.Hour)) {
					t.Errorf("person %+v", person)
				}
				person.Names[0] = "spki:changed" // must not reach what is kept
			}
		})
	}
}

func TestNames(t *testing.T) {
	h, _ := founded(t, house.Options{})
	_, card := signedIn(t, h, tremblay)
	names := trust.Names(card)
	if len(names) != 3 || names[1] != "uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6" || names[2] != "upn:a.tremblay@house.example" {
		t.Errorf("names %q", names)
	}
	if len(names[0]) != len("spki:")+64 {
		t.Errorf("%q is no hash of a key", names[0])
	}
}

func pemOf(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

// Many at once, each with a chain of their own, from any goroutine.
func TestVerifyAtOnce(t *testing.T) {
	h, anchors := founded(t, house.Options{})
	var all sync.WaitGroup
	for range 8 {
		chain, card := signedIn(t, h, tremblay)
		all.Go(func() {
			for range 20 {
				person, err := anchors.Verify(chain, noon)
				if err != nil || person.Names[0] != trust.Names(card)[0] {
					t.Errorf("%q, %v", person.Names, err)
				}
			}
		})
	}
	all.Wait()
}
