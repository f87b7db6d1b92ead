package piv_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"incamera/identity"
	"incamera/identity/identitytest"
)

// makes are the two backends.
func makes() map[string]identitytest.AppletConfig {
	return map[string]identitytest.AppletConfig{
		"plain":   identitytest.PlainT1(slot("P-256")),
		"YubiKey": identitytest.YubiKey5(1001, nil, slot("P-256")),
	}
}

// signOnce signs in with the right PIN and signs a digest.
func signOnce(ctx context.Context, card identity.Card, ask identity.Asker) error {
	return card.Use(ctx, ask, func(s crypto.Signer) error {
		_, err := s.Sign(nil, make([]byte, 32), crypto.SHA256)
		return err
	})
}

// uses are what a card is used for.
func uses() map[string]func(*testing.T, identity.Card) error {
	return map[string]func(*testing.T, identity.Card) error{
		"sign": func(t *testing.T, card identity.Card) error {
			return signOnce(t.Context(), card, identitytest.Answer(identitytest.PIN))
		},
		"change PIN": func(t *testing.T, card identity.Card) error {
			return card.ChangePIN(t.Context(), identitytest.Answer(identitytest.PIN, identitytest.PIN))
		},
	}
}

func TestRemoval(t *testing.T) {
	for name, config := range makes() {
		t.Run(name, func(t *testing.T) {
			identitytest.TestRemoval(t, func(t *testing.T) identitytest.Pulled {
				card, plug, _ := found(t, config)
				return identitytest.Pulled{Card: card, Pull: plug.Pull}
			})
		})
	}
}

// A card that is pulled in the middle of any command says that it was removed,
// and can be used as soon as it is back.
func TestPulledDuringEachCommand(t *testing.T) {
	for name, config := range makes() {
		for does, use := range uses() {
			t.Run(name+" "+does, func(t *testing.T) { pulledDuringEach(t, config, use) })
		}
	}
}

func pulledDuringEach(t *testing.T, config identitytest.AppletConfig, use func(*testing.T, identity.Card) error) {
	var trap identitytest.Trap
	config.Before = trap.Before
	identitytest.NewService(t)
	plug, applet := identitytest.Insert(t, 0, config)
	w := watch(t)
	for n := 1; ; n++ {
		card := w.card()
		trap.Set(n, identitytest.CardPulled)
		err := use(t, card)
		if !trap.Snapped() {
			if err != nil {
				t.Errorf("undisturbed: %v", err)
			}
			t.Logf("pulled at each of %d commands", n-1)
			return
		}
		if !errors.Is(err, identity.ErrCardRemoved) && err != nil {
			t.Errorf("pulled at command %d: %v, want ErrCardRemoved", n, err)
		}
		w.empty()
		if applet.Tries() < 3 {
			t.Errorf("pulled at command %d: %d tries left", n, applet.Tries())
		}
		trap.Set(0, identitytest.Answered)
		if err := plug.Insert(); err != nil {
			t.Fatal(err)
		}
	}
}

// A card that forgets at any command that its PIN was verified is given it
// once more; one that loses power altogether gives an error or does its work,
// never a lost try.
func TestForgetsDuringEachCommand(t *testing.T) {
	for name, config := range makes() {
		for does, use := range uses() {
			for fateName, fate := range map[string]identitytest.Fate{"PIN": identitytest.PINDropped, "power": identitytest.PowerLost} {
				t.Run(name+" "+does+" "+fateName, func(t *testing.T) { forgetsDuringEach(t, config, use, fate) })
			}
		}
	}
}

func forgetsDuringEach(t *testing.T, config identitytest.AppletConfig, use func(*testing.T, identity.Card) error, fate identitytest.Fate) {
	var trap identitytest.Trap
	config.Before = trap.Before
	card, _, applet := found(t, config)
	for n := 1; ; n++ {
		trap.Set(n, fate)
		err := use(t, card)
		if err != nil && fate == identitytest.PINDropped {
			t.Errorf("at command %d: %v", n, err)
		}
		if applet.Tries() < 3 || applet.Verified() {
			t.Errorf("at command %d: %d tries left, PIN verified: %v", n, applet.Tries(), applet.Verified())
		}
		if !trap.Snapped() {
			break
		}
	}
	trap.Set(0, identitytest.Answered)
	if err := use(t, card); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// While a person types, other programs may have the card, even alone.
func TestNotHeldWhileTyping(t *testing.T) {
	for name, config := range makes() {
		t.Run(name, func(t *testing.T) {
			card, _, _ := found(t, config)
			ask := typing{t, card.Info().Reader}
			if err := signOnce(t.Context(), card, ask); err != nil {
				t.Error(err)
			}
			if err := card.ChangePIN(t.Context(), ask); err != nil {
				t.Error(err)
			}
		})
	}
}

// typing is a person who types the PIN while another program takes the card
// in a reader for itself, once.
type typing struct {
	t      *testing.T
	reader string
}

func (p typing) PIN(context.Context, identity.PINQuestion) ([]byte, error) {
	sc, err := scard.EstablishContext()
	if err != nil {
		return nil, err
	}
	defer sc.Release()
	card, err := sc.Connect(p.reader, scard.ShareExclusive, scard.ProtocolAny)
	if err != nil {
		p.t.Errorf("the card is held while a PIN is typed: %v", err)
		return nil, identity.ErrCancelled
	}
	return []byte(identitytest.PIN), card.Disconnect(scard.ResetCard)
}

func (p typing) Touch(context.Context, identity.CardInfo) {}

func TestPINAlways(t *testing.T) {
	for name, config := range makes() {
		t.Run(name, func(t *testing.T) {
			config.Slots[0].PINAlways = true
			card, _, _ := found(t, config)
			err := card.Use(t.Context(), identitytest.Answer(identitytest.PIN), func(s crypto.Signer) error {
				for range 3 {
					if _, err := s.Sign(nil, make([]byte, 32), crypto.SHA256); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNoTouch(t *testing.T) {
	identitytest.TestNoTouch(t, func(t *testing.T) identity.Card {
		gone := make(chan struct{}) // the card gives up as a YubiKey does, only sooner
		soon := time.AfterFunc(2*time.Second, func() { close(gone) })
		card, _, _ := found(t, identitytest.NeverTouched(identitytest.YubiKey5(1, nil, slot("P-256")), gone))
		t.Cleanup(func() {
			if soon.Stop() {
				close(gone)
			}
		})
		return card
	})
}

func TestGlobalPIN(t *testing.T) {
	config := identitytest.PlainT1(slot("P-256"))
	config.Global = true
	card, _, _ := found(t, config)
	identitytest.TestCard(t, func(t *testing.T) identity.Card { return fresh(t, card) })
}

func TestNoCertificate(t *testing.T) {
	for name, config := range makes() {
		t.Run(name, func(t *testing.T) {
			config.Slots = nil
			card, _, _ := found(t, config)
			if _, err := card.Certificate(t.Context()); !errors.Is(err, identity.ErrNoCertificate) {
				t.Errorf("Certificate = %v, want ErrNoCertificate", err)
			}
			if err := signOnce(t.Context(), card, identitytest.Answer(identitytest.PIN)); !errors.Is(err, identity.ErrNoCertificate) {
				t.Errorf("Use = %v, want ErrNoCertificate", err)
			}
		})
	}
}

// Another program that keeps the card to itself is named, and the card works
// as soon as it lets go.
func TestBusy(t *testing.T) {
	if os.Getenv("PIV_TEST_HOLD") != "" {
		hold(t)
		return
	}
	for name, config := range makes() {
		t.Run(name, func(t *testing.T) {
			card, _, _ := found(t, config)
			release := holdElsewhere(t, "Virtual PCD 00 00")
			began := time.Now()
			err := signOnce(t.Context(), card, identitytest.Answer(identitytest.PIN))
			busy, ok := errors.AsType[*identity.BusyError](err)
			if !ok || busy.Holder != "GnuPG (scdaemon)" {
				t.Errorf("Use = %v, want busy with GnuPG", err)
			}
			if took := time.Since(began); took < time.Second {
				t.Errorf("given up after %v", took)
			}
			release()
			if err := signOnce(t.Context(), card, identitytest.Answer(identitytest.PIN)); err != nil {
				t.Errorf("Use when it was let go: %v", err)
			}
		})
	}
}

// holdElsewhere has another process, whose name is that of a program known to
// hold cards, keep the card in a reader to itself until release is called.
func holdElsewhere(t *testing.T, reader string) (release func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := t.TempDir() + "/scdaemon"
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run=^TestBusy$")
	cmd.Env = append(os.Environ(), "PIV_TEST_HOLD="+reader)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	held := make([]byte, 4)
	if _, err := out.Read(held); err != nil || !bytes.Equal(held, []byte("held")) {
		t.Fatalf("the other process says %q, %v", held, err)
	}
	released := false
	release = func() {
		if !released {
			released = true
			in.Close()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(release)
	return release
}
