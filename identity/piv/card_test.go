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
	"slices"
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
	return watch(t).card(), plug, applet
}

// A watching passes on what the readers tell.
type watching struct {
	t       *testing.T
	readers *piv.Readers
	told    chan []identity.Reader
}

// watch watches the readers until the test ends.
func watch(t *testing.T) watching {
	t.Helper()
	w := watching{t, piv.NewReaders(), make(chan []identity.Reader, 256)}
	t.Cleanup(func() { w.readers.Close() })
	w.follow()
	return w
}

// follow begins to watch.
func (w watching) follow() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = w.readers.Watch(ctx, func(all []identity.Reader) { w.told <- all })
	}()
	w.t.Cleanup(func() { cancel(); <-ended })
}

// until returns the next readers that are as wanted, which should not take long.
func (w watching) until(is func([]identity.Reader) bool) []identity.Reader {
	late := time.After(time.Minute)
	var last []identity.Reader
	for {
		select {
		case last = <-w.told:
			if is(last) {
				return last
			}
		case <-late:
			w.t.Fatalf("the readers stay as they are: %+v", last)
		}
	}
}

// card waits until there is a card, and returns the first.
func (w watching) card() (card identity.Card) {
	w.until(func(all []identity.Reader) bool {
		for _, r := range all {
			if r.Card != nil {
				card = r.Card
				return true
			}
		}
		return false
	})
	return card
}

// empty waits until there is no card.
func (w watching) empty() {
	w.until(func(all []identity.Reader) bool {
		return !slices.ContainsFunc(all, func(r identity.Reader) bool { return r.Card != nil || r.Err != nil })
	})
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
