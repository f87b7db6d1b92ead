package trust_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"incamera/identity"
	"incamera/identity/identitytest"
	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
)

// counting counts how often the card's key signs.
type counting struct {
	*identitytest.Card
	signatures *int
}

type countingSigner struct {
	crypto.Signer
	signatures *int
}

func (c counting) Use(ctx context.Context, ask identity.Asker, work func(crypto.Signer) error) error {
	return c.Card.Use(ctx, ask, func(s crypto.Signer) error { return work(countingSigner{s, c.signatures}) })
}

func (s countingSigner) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	*s.signatures++
	return s.Signer.Sign(r, digest, o)
}

// inserted issues a card for p and puts it into a software reader. It runs in a
// bubble, whose clock the House shares.
func inserted(t *testing.T, p house.Person) (counting, *trust.Anchors) {
	t.Helper()
	h, anchors := founded(t, house.Options{At: time.Now()})
	cert, key, err := h.IssueCard(p)
	if err != nil {
		t.Fatal(err)
	}
	return counting{identitytest.NewCard(identitytest.Config{Key: key, Certificate: cert}), new(int)}, anchors
}

func TestNewSession(t *testing.T) {
	for _, algorithm := range []string{"P-256", "P-384", "RSA-2048"} {
		t.Run(algorithm, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := tremblay
				p.Algorithm = algorithm
				card, anchors := inserted(t, p)
				ask := identitytest.Answer("123456")
				s, err := trust.NewSession(t.Context(), card, ask, time.Now().Add(2*time.Hour))
				if err != nil {
					t.Fatal(err)
				}
				if n := len(ask.Questions()); n != 1 || *card.signatures != 1 {
					t.Errorf("%d PINs and %d signatures", n, *card.signatures)
				}
				person, err := anchors.Verify(s.Chain, time.Now())
				if err != nil || person.Common != s.Person.Common || !person.NotAfter.Equal(time.Now().Add(2*time.Hour)) {
					t.Errorf("%+v, %v", person, err)
				}
				cert, err := x509.ParseCertificate(s.Chain[0])
				if err != nil || !s.Key.PublicKey.Equal(cert.PublicKey) {
					t.Errorf("the certificate is for another key, %v", err)
				}
			})
		})
	}
}

// However long the sitting, and however short the card.
func TestSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		card, anchors := inserted(t, tremblay)
		s, err := trust.NewSession(t.Context(), card, identitytest.Answer("123456"), time.Now().Add(48*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if life := time.Until(s.Person.NotAfter); life > trust.MaxSession || life < trust.MaxSession-10*time.Minute {
			t.Errorf("the session lives %v", life)
		}
		if _, err := anchors.Verify(s.Chain, time.Now()); err != nil {
			t.Error(err)
		}
		ending := tremblay
		ending.NotBefore, ending.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(30*time.Minute)
		card, _ = inserted(t, ending)
		s, err = trust.NewSession(t.Context(), card, identitytest.Answer("123456"), time.Now().Add(2*time.Hour))
		if err != nil || !s.Person.NotAfter.Equal(ending.NotAfter) {
			t.Errorf("the session of a card that ends: %+v, %v", s, err)
		}
	})
}

// A card that cannot sign in is refused before a PIN is asked for.
func TestNoPINForWrongCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for want, p := range map[error]house.Person{
			&identity.Expired{}:      {NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().Add(-time.Second)},
			&identity.NoPIN{}:        {Purposes: []string{house.CardAuth}},
			&identity.WrongPurpose{}: {Purposes: []string{house.ServerAuth}},
		} {
			card, _ := inserted(t, p)
			ask := identitytest.Answer("123456")
			if _, err := trust.NewSession(t.Context(), card, ask, time.Now().Add(time.Hour)); !refused(err, want) {
				t.Errorf("NewSession = %v, want %T", err, want)
			}
			if n := len(ask.Questions()); n != 0 {
				t.Errorf("%T: %d PINs were asked for", want, n)
			}
		}
	})
}

func TestWrongPIN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		card, _ := inserted(t, tremblay)
		ask := identitytest.Answer("654321", "123456")
		_, err := trust.NewSession(t.Context(), card, ask, time.Now().Add(time.Hour))
		if wrong, ok := errors.AsType[*identity.WrongPINError](err); !ok || wrong.Left != 2 {
			t.Errorf("NewSession = %v", err)
		}
		if n := len(ask.Questions()); n != 1 || *card.signatures != 0 {
			t.Errorf("%d PINs, %d signatures", n, *card.signatures)
		}
		if _, err := trust.NewSession(t.Context(), card, identitytest.Answer(), time.Now().Add(time.Hour)); !errors.Is(err, identity.ErrCancelled) {
			t.Errorf("backing out: %v", err)
		}
		card.Pull()
		if _, err := trust.NewSession(t.Context(), card, identitytest.Answer("123456"), time.Now().Add(time.Hour)); !errors.Is(err, identity.ErrCardRemoved) {
			t.Errorf("pulled: %v", err)
		}
	})
}

func TestIssueRefuses(t *testing.T) {
	h, _ := founded(t, house.Options{})
	card, key, err := h.IssueCard(tremblay)
	if err != nil {
		t.Fatal(err)
	}
	session := &sessionKey(t).PublicKey
	for name, issue := range map[string]func() ([]byte, error){
		"backwards": func() ([]byte, error) { return trust.Issue(card, key, session, noon.Add(time.Hour), noon) },
		"no time":   func() ([]byte, error) { return trust.Issue(card, key, session, noon, noon) },
		"too long":  func() ([]byte, error) { return trust.Issue(card, key, session, noon, noon.Add(13*time.Hour)) },
		"before card": func() ([]byte, error) {
			return trust.Issue(card, key, session, noon.AddDate(-2, 0, 0), noon.AddDate(-1, 0, 0))
		},
		"another's key": func() ([]byte, error) { return trust.Issue(card, sessionKey(t), session, noon, noon.Add(time.Hour)) },
	} {
		if der, err := issue(); err == nil {
			t.Errorf("%s: issued %d bytes", name, len(der))
		}
	}
}

// Two sessions of one card differ in name and number.
func TestSessionsDiffer(t *testing.T) {
	h, _ := founded(t, house.Options{})
	card, key, err := h.IssueCard(tremblay)
	if err != nil {
		t.Fatal(err)
	}
	var certs [2]*x509.Certificate
	for i := range certs {
		der, err := trust.Issue(card, key, &sessionKey(t).PublicKey, noon, noon.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if certs[i], err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Equal(certs[0].RawSubject, certs[1].RawSubject) || certs[0].SerialNumber.Cmp(certs[1].SerialNumber) == 0 {
		t.Error("two sessions have one name")
	}
}

// Cold is a chain never seen before; warm is one judged before. The floor is
// one signature check of the session certificate.
func BenchmarkVerify(b *testing.B) {
	h, anchors := founded(b, house.Options{})
	chain, card := signedIn(b, h, tremblay)
	cert, err := x509.ParseCertificate(chain[0])
	if err != nil {
		b.Fatal(err)
	}
	b.Run("floor", func(b *testing.B) {
		for b.Loop() {
			if err := card.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			fresh, err := anchors.Under(trust.Rules{})
			if err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			if _, err := fresh.Verify(chain, noon); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("warm", func(b *testing.B) {
		for b.Loop() {
			if _, err := anchors.Verify(chain, noon); err != nil {
				b.Fatal(err)
			}
		}
	})
}
