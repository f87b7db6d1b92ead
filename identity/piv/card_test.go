package piv_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"sync"
	"testing"
	"time"

	"incamera/identity"
	"incamera/identity/identitytest"
	"incamera/identity/piv"
)

// keys makes each key once: RSA takes its time.
var keys = map[string]func() crypto.Signer{
	"P-256": sync.OnceValue(func() crypto.Signer { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }),
	"P-384": sync.OnceValue(func() crypto.Signer { return must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)) }),
	"RSA-2048": sync.OnceValue(func() crypto.Signer {
		return must(rsa.GenerateKey(rand.Reader, 2048))
	}),
	"RSA-3072": sync.OnceValue(func() crypto.Signer {
		return must(rsa.GenerateKey(rand.Reader, 3072))
	}),
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// slot returns slot 9A with one of keys and a certificate.
func slot(name string) identitytest.Slot {
	key := keys[name]()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Ada Test"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	return identitytest.Slot{Ref: 0x9A, Key: key, Certificate: der}
}

func zipped(s identitytest.Slot) identitytest.Slot {
	s.Gzip = true
	return s
}

// found puts a card as c says into a slot of the virtual reader and waits until
// it is found there.
func found(t *testing.T, c identitytest.AppletConfig) (identity.Card, *identitytest.Plug, *identitytest.Applet) {
	t.Helper()
	identitytest.NewService(t)
	plug, applet := identitytest.Insert(t, 0, c)
	readers := piv.NewReaders()
	t.Cleanup(func() { readers.Close() })
	return wait(t, readers), plug, applet
}

// wait watches until there is a card, and goes on until the test ends.
func wait(t *testing.T, readers *piv.Readers) identity.Card {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cards := make(chan identity.Card, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = readers.Watch(ctx, func(all []identity.Reader) {
			for _, r := range all {
				if r.Err != nil {
					t.Logf("%s: %v", r.Name, r.Err)
				}
				if r.Card != nil {
					select {
					case cards <- r.Card:
					default:
					}
				}
			}
		})
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return <-cards
}

func TestCards(t *testing.T) {
	root, attestor, err := identitytest.NewAttestor()
	if err != nil || root == nil {
		t.Fatal(err)
	}
	for name, config := range map[string]identitytest.AppletConfig{
		"YubiKey 5 P-256":         identitytest.YubiKey5(1001, attestor, slot("P-256")),
		"YubiKey 5 P-384":         identitytest.YubiKey5(1002, attestor, zipped(slot("P-384"))),
		"YubiKey 5 RSA-2048":      identitytest.YubiKey5(1003, attestor, slot("RSA-2048")),
		"plain T=0 gzip RSA-2048": identitytest.PlainT0(zipped(slot("RSA-2048"))),
		"plain T=1 P-384":         identitytest.PlainT1(slot("P-384")),
		"plain T=1 RSA-3072":      identitytest.PlainT1(slot("RSA-3072")),
	} {
		t.Run(name, func(t *testing.T) {
			card, _, applet := found(t, config)
			open := func(t *testing.T) identity.Card {
				t.Cleanup(func() {
					if applet.Verified() {
						t.Error("the card was left with its PIN verified")
					}
				})
				applet.Restore()
				return fresh(t, card)
			}
			identitytest.TestCard(t, open)
			t.Run("blocking", func(t *testing.T) { identitytest.TestBlocking(t, open) })
		})
	}
}

// fresh has card read its tries again.
func fresh(t *testing.T, card identity.Card) identity.Card {
	t.Helper()
	err := card.Use(t.Context(), identitytest.Answer(), nil)
	if !errors.Is(err, identity.ErrCancelled) {
		t.Fatal(err)
	}
	return card
}
