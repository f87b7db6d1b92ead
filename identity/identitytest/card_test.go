package identitytest_test

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
	"testing"
	"time"

	"incamera/identity"
	"incamera/identity/identitytest"
)

// certified returns key with a certificate signed by itself.
func certified(t *testing.T, key crypto.Signer) identitytest.Config {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7),
		Subject:      pkix.Name{CommonName: "Ada Test"},
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Unix(1<<33, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return identitytest.Config{Key: key, Certificate: cert}
}

func ec(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestSoftwareCard(t *testing.T) {
	keyRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{
		"P-256": ec(t, elliptic.P256()), "P-384": ec(t, elliptic.P384()), "RSA-2048": keyRSA,
	} {
		t.Run(name, func(t *testing.T) {
			config := certified(t, key)
			open := func(*testing.T) identity.Card { return identitytest.NewCard(config) }
			identitytest.TestCard(t, open)
			t.Run("blocking", func(t *testing.T) { identitytest.TestBlocking(t, open) })
		})
	}
}

func TestSoftwareCardRemoval(t *testing.T) {
	config := certified(t, ec(t, elliptic.P256()))
	identitytest.TestRemoval(t, func(*testing.T) identitytest.Pulled {
		card := identitytest.NewCard(config)
		return identitytest.Pulled{Card: card, Pull: card.Pull}
	})
}

func TestSoftwareCardNoTouch(t *testing.T) {
	config := certified(t, ec(t, elliptic.P256()))
	identitytest.TestNoTouch(t, func(t *testing.T) identity.Card {
		config.Touch = func(ctx context.Context) error {
			if t.Name() == "TestSoftwareCardNoTouch/gives_up" {
				return errors.New("nobody there")
			}
			<-ctx.Done()
			return ctx.Err()
		}
		return identitytest.NewCard(config)
	})
}

func TestSoftwareReaders(t *testing.T) {
	identitytest.TestReaders(t, func(t *testing.T) identitytest.Rig {
		one := identitytest.NewCard(identitytest.Config{Reader: "one"})
		two := identitytest.NewCard(identitytest.Config{Reader: "two"})
		one.Pull()
		two.Pull()
		return identitytest.Rig{
			Readers: identitytest.NewReaders(one, two),
			Insert:  [2]func(){one.Insert, two.Insert},
			Pull:    [2]func(){one.Pull, two.Pull},
		}
	})
}

func TestSoftwareCardEmpty(t *testing.T) {
	card := identitytest.NewCard(identitytest.Config{})
	if _, err := card.Certificate(t.Context()); !errors.Is(err, identity.ErrNoCertificate) {
		t.Errorf("Certificate = %v, want ErrNoCertificate", err)
	}
	if err := card.Use(t.Context(), identitytest.Answer(identitytest.PIN), nil); !errors.Is(err, identity.ErrNoCertificate) {
		t.Errorf("Use = %v, want ErrNoCertificate", err)
	}
}
