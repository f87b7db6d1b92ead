package identitytest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // the digests that cards sign
	_ "crypto/sha512"
	"errors"
	"fmt"
	"sync"
	"testing"

	"incamera/identity"
)

// PIN is the PIN of every card that a suite is given.
const PIN = "123456"

var errWork = errors.New("work says no")

// TestCard checks what every [identity.Card] promises. open returns a card whose
// PIN is [PIN], whose tries are all left, at least three if it tells, and whose
// slot 9A holds a key of P-256, P-384 or RSA with its certificate. Cards are left
// as they were found: real ones can be given, too.
func TestCard(t *testing.T, open func(*testing.T) identity.Card) {
	for _, tt := range []struct {
		name string
		test func(*testing.T, identity.Card)
	}{
		{"tells without a PIN", testTells},
		{"signs", testSigns},
		{"signs from many goroutines", testSignsConcurrently},
		{"asks once with the tries left", testAsks},
		{"wipes the PIN", testWipes},
		{"forgets the PIN", testForgets},
		{"takes the signer back", testTakesBack},
		{"wrong PIN counts down, is not retried", testWrongPIN},
		{"a PIN that no card takes costs no try", testPINFormat},
		{"person backs out", testBacksOut},
		{"ended context", testEnded},
		{"returns what work returned", testWorkError},
		{"changes the PIN", testChangePIN},
		{"changes no PIN with a wrong one", testChangePINWrong},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, open(t)) })
	}
}

func testTells(t *testing.T, c identity.Card) {
	info := c.Info()
	if info.Reader == "" || info.Make == "" {
		t.Errorf("Info = %+v, want a reader and a make", info)
	}
	if info.Tries >= 0 && info.Tries < 3 {
		t.Errorf("Info.Tries = %d, want all tries left", info.Tries)
	}
	first, err := c.Certificate(t.Context())
	if err != nil {
		t.Fatalf("Certificate: %v", err)
	}
	second, err := c.Certificate(t.Context())
	if err != nil || !first.Equal(second) {
		t.Errorf("Certificate again = %v, want the same", err)
	}
}

// use signs in with [PIN] and calls work, which must be called.
func use(t *testing.T, c identity.Card, work func(crypto.Signer) error) {
	t.Helper()
	called := false
	err := c.Use(t.Context(), Answer(PIN), func(s crypto.Signer) error {
		called = true
		return work(s)
	})
	if err != nil || !called {
		t.Fatalf("Use = %v, work called: %v", err, called)
	}
}

func testSigns(t *testing.T, c identity.Card) {
	cert, err := c.Certificate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	use(t, c, func(s crypto.Signer) error {
		if pub, ok := s.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !pub.Equal(cert.PublicKey) {
			t.Errorf("Public is not the certificate's key")
		}
		for _, opts := range options(s.Public()) {
			if err := signs(s, opts); err != nil {
				t.Errorf("%v: %v", opts, err)
			}
		}
		return nil
	})
}

// options returns the ways in which TLS 1.3, X.509 and COSE ask pub's key to sign.
func options(pub crypto.PublicKey) (all []crypto.SignerOpts) {
	for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		all = append(all, hash)
		if _, ok := pub.(*rsa.PublicKey); ok {
			all = append(all, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash})
		}
	}
	return all
}

// signs has s sign a digest and checks the signature.
func signs(s crypto.Signer, opts crypto.SignerOpts) error {
	h := opts.HashFunc().New()
	h.Write([]byte("something to sign"))
	digest := h.Sum(nil)
	sig, err := s.Sign(rand.Reader, digest, opts)
	if err != nil {
		return err
	}
	switch pub := s.Public().(type) {
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(pub, digest, sig) {
			return errors.New("the signature is bad")
		}
		return nil
	case *rsa.PublicKey:
		if pss, ok := opts.(*rsa.PSSOptions); ok {
			return rsa.VerifyPSS(pub, pss.Hash, digest, sig, pss)
		}
		return rsa.VerifyPKCS1v15(pub, opts.HashFunc(), digest, sig)
	default:
		return fmt.Errorf("a key of type %T", pub)
	}
}

func testSignsConcurrently(t *testing.T, c identity.Card) {
	use(t, c, func(s crypto.Signer) error {
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if err := signs(s, crypto.SHA256); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		return nil
	})
}

func testAsks(t *testing.T, c identity.Card) {
	tries := c.Info().Tries
	ask := Answer(PIN, PIN)
	if err := c.Use(t.Context(), ask, func(crypto.Signer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	q := ask.Questions()
	if len(q) != 1 {
		t.Fatalf("asked %d times, want once", len(q))
	}
	if q[0].Left != tries || q[0].Which != identity.PINToSign || q[0].Card.Reader != c.Info().Reader {
		t.Errorf("question = %+v, want %d left, to sign, reader %q", q[0], tries, c.Info().Reader)
	}
}

func testWipes(t *testing.T, c identity.Card) {
	ask := Answer(PIN)
	if err := c.Use(t.Context(), ask, func(crypto.Signer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if !ask.Wiped() {
		t.Error("the PIN was not wiped")
	}
}

func testForgets(t *testing.T, c identity.Card) {
	use(t, c, func(s crypto.Signer) error { return signs(s, crypto.SHA256) })
	ask := Answer()
	err := c.Use(t.Context(), ask, func(crypto.Signer) error {
		t.Error("work was called without a PIN")
		return nil
	})
	if !errors.Is(err, identity.ErrCancelled) || len(ask.Questions()) != 1 {
		t.Errorf("Use = %v after %d questions, want to be asked again", err, len(ask.Questions()))
	}
}

func testTakesBack(t *testing.T, c identity.Card) {
	var kept crypto.Signer
	use(t, c, func(s crypto.Signer) error { kept = s; return nil })
	if err := signs(kept, crypto.SHA256); err == nil {
		t.Error("the signer signs after work has returned")
	}
}

func testWrongPIN(t *testing.T, c identity.Card) {
	tries := c.Info().Tries
	ask := Answer("654321", PIN)
	err := c.Use(t.Context(), ask, func(crypto.Signer) error {
		t.Error("work was called with a wrong PIN")
		return nil
	})
	if wrong, ok := errors.AsType[*identity.WrongPINError](err); !ok || wrong.Left != fewer(tries) {
		t.Errorf("Use = %v, want a wrong PIN with %d tries left", err, fewer(tries))
	}
	if n := len(ask.Questions()); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
	if !ask.Wiped() {
		t.Error("the wrong PIN was not wiped")
	}
	ask = Answer(PIN)
	if err := c.Use(t.Context(), ask, func(crypto.Signer) error { return nil }); err != nil {
		t.Fatalf("Use with the right PIN = %v", err)
	}
	if got := ask.Questions()[0].Left; got != fewer(tries) {
		t.Errorf("asked with %d tries left, want %d", got, fewer(tries))
	}
	if got := left(t, c); got != tries {
		t.Errorf("after the right PIN %d tries are left, want %d", got, tries)
	}
}

// fewer is one try less, where the card tells.
func fewer(tries int) int { return max(tries-1, -1) }

// left has c ask for the PIN, backs out, and returns the tries that it told.
func left(t *testing.T, c identity.Card) int {
	t.Helper()
	ask := Answer()
	err := c.Use(t.Context(), ask, func(crypto.Signer) error { return nil })
	if len(ask.Questions()) != 1 {
		t.Fatalf("asked %d times, want once: %v", len(ask.Questions()), err)
	}
	return ask.Questions()[0].Left
}

func testPINFormat(t *testing.T, c identity.Card) {
	tries := c.Info().Tries
	for _, pin := range []string{"", "123", "123456789"} {
		err := c.Use(t.Context(), Answer(pin), func(crypto.Signer) error { return nil })
		if !errors.Is(err, identity.ErrPINFormat) {
			t.Errorf("Use with %d characters = %v, want ErrPINFormat", len(pin), err)
		}
	}
	if got := left(t, c); got != tries {
		t.Errorf("%d tries are left, want %d", got, tries)
	}
}

func testBacksOut(t *testing.T, c identity.Card) {
	err := c.Use(t.Context(), Answer(), func(crypto.Signer) error {
		t.Error("work was called without a PIN")
		return nil
	})
	if !errors.Is(err, identity.ErrCancelled) {
		t.Errorf("Use = %v, want ErrCancelled", err)
	}
}

func testEnded(t *testing.T, c identity.Card) {
	why := errors.New("the window is closed")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	ask := Answer(PIN)
	err := c.Use(ctx, ask, func(crypto.Signer) error {
		t.Error("work was called")
		return nil
	})
	if !errors.Is(err, why) || len(ask.Questions()) != 0 {
		t.Errorf("Use = %v after %d questions, want %v after none", err, len(ask.Questions()), why)
	}
	plain, cancelPlain := context.WithCancel(t.Context())
	cancelPlain()
	if err := c.Use(plain, Answer(PIN), nil); !errors.Is(err, identity.ErrCancelled) {
		t.Errorf("Use = %v, want ErrCancelled", err)
	}
}

func testWorkError(t *testing.T, c identity.Card) {
	err := c.Use(t.Context(), Answer(PIN), func(crypto.Signer) error { return errWork })
	if !errors.Is(err, errWork) {
		t.Errorf("Use = %v, want %v", err, errWork)
	}
}

func testChangePIN(t *testing.T, c identity.Card) {
	const other = "86420975"
	ask := Answer(PIN, other)
	if err := c.ChangePIN(t.Context(), ask); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.ChangePIN(context.Background(), Answer(other, PIN)); err != nil {
			t.Errorf("the PIN could not be changed back: %v", err)
		}
	})
	q := ask.Questions()
	if len(q) != 2 || q[0].Which != identity.PINOld || q[1].Which != identity.PINNew {
		t.Errorf("questions = %+v, want the old and the new PIN", q)
	}
	if !ask.Wiped() {
		t.Error("the PINs were not wiped")
	}
	err := c.Use(t.Context(), Answer(PIN), func(crypto.Signer) error { return nil })
	if _, ok := errors.AsType[*identity.WrongPINError](err); !ok {
		t.Errorf("Use with the old PIN = %v, want a wrong PIN", err)
	}
	if err := c.Use(t.Context(), Answer(other), func(s crypto.Signer) error { return signs(s, crypto.SHA256) }); err != nil {
		t.Errorf("Use with the new PIN = %v", err)
	}
}

func testChangePINWrong(t *testing.T, c identity.Card) {
	tries := c.Info().Tries
	err := c.ChangePIN(t.Context(), Answer("654321", "86420975"))
	if wrong, ok := errors.AsType[*identity.WrongPINError](err); !ok || wrong.Left != fewer(tries) {
		t.Errorf("ChangePIN = %v, want a wrong PIN with %d tries left", err, fewer(tries))
	}
	if err := c.ChangePIN(t.Context(), Answer(PIN, "12345")); !errors.Is(err, identity.ErrPINFormat) {
		t.Errorf("ChangePIN to five characters = %v, want ErrPINFormat", err)
	}
	if err := c.ChangePIN(t.Context(), Answer(PIN)); !errors.Is(err, identity.ErrCancelled) {
		t.Errorf("ChangePIN without a new PIN = %v, want ErrCancelled", err)
	}
	use(t, c, func(s crypto.Signer) error { return signs(s, crypto.SHA256) })
}

// TestBlocking checks what a card does when its tries run out. The card that
// open returns, as for [TestCard], is blocked afterwards.
func TestBlocking(t *testing.T, open func(*testing.T) identity.Card) {
	c := open(t)
	tries := c.Info().Tries
	var warned []int
	for range tries {
		ask := Answer("654321")
		err := c.Use(t.Context(), ask, func(crypto.Signer) error { return nil })
		if len(ask.Questions()) != 1 {
			t.Fatalf("asked %d times, want once: %v", len(ask.Questions()), err)
		}
		left := ask.Questions()[0].Left
		warned = append(warned, left)
		wrong, ok := errors.AsType[*identity.WrongPINError](err)
		switch {
		case left > 1 && (!ok || wrong.Left != left-1):
			t.Errorf("Use with %d left = %v, want a wrong PIN with %d left", left, err, left-1)
		case left == 1 && !errors.Is(err, identity.ErrPINBlocked):
			t.Errorf("Use with the last try = %v, want ErrPINBlocked", err)
		}
	}
	if warned[len(warned)-1] != 1 {
		t.Errorf("tries shown = %v, want the last to be 1", warned)
	}
	ask := Answer(PIN)
	if err := c.Use(t.Context(), ask, func(crypto.Signer) error { return nil }); !errors.Is(err, identity.ErrPINBlocked) {
		t.Errorf("Use of a blocked card = %v, want ErrPINBlocked", err)
	}
	if err := c.ChangePIN(t.Context(), ask); !errors.Is(err, identity.ErrPINBlocked) {
		t.Errorf("ChangePIN of a blocked card = %v, want ErrPINBlocked", err)
	}
	if n := len(ask.Questions()); n != 0 {
		t.Errorf("a blocked card asked for a PIN %d times", n)
	}
	if _, err := c.Certificate(t.Context()); err != nil {
		t.Errorf("Certificate of a blocked card = %v", err)
	}
}

// A Pulled is a card with a hand on it.
type Pulled struct {
	Card identity.Card
	Pull func() // takes the card out of its reader
}

// TestRemoval checks that a card that is pulled says so, wherever it is pulled.
// open returns a card as for [TestCard].
func TestRemoval(t *testing.T, open func(*testing.T) Pulled) {
	t.Run("while a PIN is typed", func(t *testing.T) {
		p := open(t)
		err := p.Card.Use(t.Context(), askFunc(func(ctx context.Context) ([]byte, error) {
			p.Pull()
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}), func(crypto.Signer) error { t.Error("work was called"); return nil })
		if !errors.Is(err, identity.ErrCardRemoved) {
			t.Errorf("Use = %v, want ErrCardRemoved", err)
		}
	})
	t.Run("before it signs", func(t *testing.T) {
		p := open(t)
		err := p.Card.Use(t.Context(), Answer(PIN), func(s crypto.Signer) error {
			p.Pull()
			return signs(s, crypto.SHA256)
		})
		if !errors.Is(err, identity.ErrCardRemoved) {
			t.Errorf("Use = %v, want ErrCardRemoved", err)
		}
	})
	t.Run("before it is used", func(t *testing.T) {
		p := open(t)
		p.Pull()
		ask := Answer(PIN)
		err := p.Card.Use(t.Context(), ask, func(crypto.Signer) error { return nil })
		if !errors.Is(err, identity.ErrCardRemoved) || len(ask.Questions()) != 0 {
			t.Errorf("Use = %v after %d questions, want ErrCardRemoved after none", err, len(ask.Questions()))
		}
	})
}

// askFunc is an Asker that answers by a function.
type askFunc func(context.Context) ([]byte, error)

func (f askFunc) PIN(ctx context.Context, _ identity.PINQuestion) ([]byte, error) { return f(ctx) }

func (f askFunc) Touch(ctx context.Context, _ identity.CardInfo) { <-ctx.Done() }

// TestNoTouch checks a card that asks to be touched and never is. open returns
// a card as for [TestCard] that gives up by itself in a short while.
func TestNoTouch(t *testing.T, open func(*testing.T) identity.Card) {
	t.Run("gives up", func(t *testing.T) {
		c, ask := open(t), Answer(PIN)
		if !c.Info().Touch {
			t.Error("Info.Touch = false")
		}
		err := c.Use(t.Context(), ask, func(s crypto.Signer) error { return signs(s, crypto.SHA256) })
		if !errors.Is(err, identity.ErrNotTouched) || ask.Touches() != 1 {
			t.Errorf("Use = %v after asking for %d touches, want ErrNotTouched after one", err, ask.Touches())
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		c, ask := open(t), Answer(PIN)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-ask.Touched(); cancel() }()
		err := c.Use(ctx, ask, func(s crypto.Signer) error { return signs(s, crypto.SHA256) })
		if !errors.Is(err, identity.ErrCancelled) {
			t.Errorf("Use = %v, want ErrCancelled", err)
		}
	})
}
