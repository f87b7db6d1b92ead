package piv_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"incamera/identity"
	"incamera/identity/identitytest"
	"incamera/identity/piv"
)

func TestReaders(t *testing.T) {
	identitytest.TestReaders(t, func(t *testing.T) identitytest.Rig {
		identitytest.NewService(t)
		var rig identitytest.Rig
		for i, config := range []identitytest.AppletConfig{
			identitytest.PlainT0(slot("P-256")), identitytest.YubiKey5(1, nil, slot("P-256")),
		} {
			plug := identitytest.NewPlug(i, identitytest.NewApplet(config))
			t.Cleanup(plug.Pull)
			rig.Pull[i] = plug.Pull
			rig.Insert[i] = func() {
				if err := plug.Insert(); err != nil {
					t.Error(err)
				}
			}
		}
		readers := piv.NewReaders()
		t.Cleanup(func() { readers.Close() })
		rig.Readers = readers
		return rig
	})
}

// A card that is in the reader before anybody looks is known from then on.
func TestCardOutlivesWatch(t *testing.T) {
	identitytest.NewService(t)
	plug, _ := identitytest.Insert(t, 0, identitytest.PlainT1(slot("P-256")))
	readers := piv.NewReaders()
	t.Cleanup(func() { readers.Close() })
	look := func() (card identity.Card) {
		ctx, cancel := context.WithCancel(t.Context())
		_ = readers.Watch(ctx, func(all []identity.Reader) {
			if len(all) > 0 && all[0].Card != nil {
				card = all[0].Card
				cancel()
			}
		})
		return card
	}
	card := look()
	if err := signOnce(t.Context(), card, identitytest.Answer(identitytest.PIN)); err != nil {
		t.Errorf("Use when nobody watches: %v", err)
	}
	if again := look(); again != card {
		t.Error("the card that stayed is another Card")
	}
	w := watching{t, readers, make(chan []identity.Reader, 256)}
	w.follow()
	plug.Pull()
	w.empty()
	if err := plug.Insert(); err != nil {
		t.Fatal(err)
	}
	if again := w.card(); again == card {
		t.Error("the card that was put in again is the same Card")
	}
	ask := identitytest.Answer(identitytest.PIN)
	if err := signOnce(t.Context(), card, ask); !errors.Is(err, identity.ErrCardRemoved) || len(ask.Questions()) != 0 {
		t.Errorf("Use of the card that was pulled: %v, want ErrCardRemoved", err)
	}
}

func TestServiceRestart(t *testing.T) {
	service := identitytest.NewService(t)
	if !service.Own() {
		t.Log("the smartcard service is the system's: not ours to kill")
		return
	}
	identitytest.Insert(t, 0, identitytest.PlainT1(slot("P-256")))
	w := watch(t)
	card := w.card()
	began := time.Now()
	if err := service.Kill(); err != nil {
		t.Fatal(err)
	}
	w.until(func(all []identity.Reader) bool {
		return len(all) == 1 && errors.Is(all[0].Err, identity.ErrNoService)
	})
	t.Logf("missed after %v", time.Since(began))
	if err := signOnce(t.Context(), card, identitytest.Answer(identitytest.PIN)); !errors.Is(err, identity.ErrCardRemoved) {
		t.Errorf("Use without the service: %v, want ErrCardRemoved", err)
	}
	if err := service.Revive(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := signOnce(t.Context(), w.card(), identitytest.Answer(identitytest.PIN)); err != nil {
		t.Errorf("Use after the restart: %v", err)
	}
}

func TestNotPIV(t *testing.T) {
	identitytest.NewService(t)
	config := identitytest.PlainT1()
	config.Foreign = true
	identitytest.Insert(t, 0, config)
	watch(t).until(func(all []identity.Reader) bool {
		return len(all) == 2 && errors.Is(all[0].Err, identity.ErrNotPIV)
	})
}

// A reader that answers rubbish gives an error, and no more than a few looks.
func TestRubbish(t *testing.T) {
	identitytest.NewService(t)
	config := identitytest.PlainT1()
	config.Rubbish = func(command []byte) []byte { return []byte{0x61} }
	identitytest.Insert(t, 0, config)
	watch(t).until(func(all []identity.Reader) bool { return len(all) == 2 && all[0].Err != nil })
}

func TestSlotsAndAttestation(t *testing.T) {
	root, attestor, err := identitytest.NewAttestor()
	if err != nil {
		t.Fatal(err)
	}
	nine := slot("P-384")
	nine.Ref = 0x9C
	card, _, applet := found(t, identitytest.YubiKey5(7, attestor, slot("P-256"), nine))
	slots, err := card.(interface {
		Slots(context.Context) (map[string]*x509.Certificate, error)
	}).Slots(t.Context())
	if err != nil || len(slots) != 2 || slots["9A"] == nil || slots["9C"] == nil {
		t.Errorf("Slots = %v, %v", slots, err)
	}
	chain, err := card.(interface {
		Attestation(context.Context) ([][]byte, error)
	}).Attestation(t.Context())
	if err != nil || len(chain) != 2 {
		t.Fatalf("Attestation = %d certificates, %v", len(chain), err)
	}
	said, by := must(x509.ParseCertificate(chain[0])), must(x509.ParseCertificate(chain[1]))
	if err := said.CheckSignatureFrom(by); err != nil {
		t.Error(err)
	}
	if err := by.CheckSignatureFrom(root); err != nil {
		t.Error(err)
	}
	if !keys["P-256"]().Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(said.PublicKey) {
		t.Error("another key is attested")
	}
	if applet.Tries() != 3 {
		t.Errorf("%d tries left", applet.Tries())
	}
}

func TestAttestationNone(t *testing.T) {
	imported := slot("P-256")
	imported.Imported = true
	_, attestor, err := identitytest.NewAttestor()
	if err != nil {
		t.Fatal(err)
	}
	for name, config := range map[string]identitytest.AppletConfig{
		"plain": identitytest.PlainT1(slot("P-256")), "imported": identitytest.YubiKey5(7, attestor, imported),
		"no attester": identitytest.YubiKey5(7, nil, slot("P-256")), "no key": identitytest.YubiKey5(7, attestor),
	} {
		t.Run(name, func(t *testing.T) {
			card, _, _ := found(t, config)
			chain, err := card.(interface {
				Attestation(context.Context) ([][]byte, error)
			}).Attestation(t.Context())
			if err != nil || chain != nil {
				t.Errorf("Attestation = %d certificates, %v; want none", len(chain), err)
			}
		})
	}
}

// A slow card is found, and signs, and being slow costs no more commands.
func TestSlow(t *testing.T) {
	delay := 300 * time.Millisecond
	card, _, _ := found(t, identitytest.Slow(identitytest.PlainT1(slot("P-256")), delay, time.Sleep))
	if err := signOnce(t.Context(), card, identitytest.Answer(identitytest.PIN)); err != nil {
		t.Error(err)
	}
}

// How soon a card is seen to come and go is told, not judged: pcscd looks every
// 400 ms.
func TestHowSoon(t *testing.T) {
	identitytest.NewService(t)
	plug := identitytest.NewPlug(0, identitytest.NewApplet(identitytest.PlainT1(slot("P-256"))))
	t.Cleanup(plug.Pull)
	w := watch(t)
	w.empty()
	for range 5 {
		began := time.Now()
		if err := plug.Insert(); err != nil {
			t.Fatal(err)
		}
		w.until(func(all []identity.Reader) bool { return all[0].Reading || all[0].Card != nil })
		in := time.Since(began)
		w.card()
		read := time.Since(began)
		began = time.Now()
		plug.Pull()
		w.empty()
		t.Logf("in after %v, read after %v, out after %v", in, read, time.Since(began))
	}
}
