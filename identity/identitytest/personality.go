package identitytest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"sync/atomic"
	"time"
)

// The answers to reset of the makes of card, ISO/IEC 7816-3 section 8.
var (
	atrYubiKey = []byte("\x3b\xfd\x13\x00\x00\x81\x31\xfe\x15\x80\x73\xc0\x21\xc0\x57YubiKey\x40")
	atrT0      = []byte("\x3b\x68\x00\x00PIV card") // no TD1: T=0 and nothing else
	atrT1      = checked([]byte("\x3b\x88\x01PIV card"))
)

// checked appends the check byte that an ATR has unless it offers T=0 alone.
func checked(atr []byte) []byte {
	var x byte
	for _, b := range atr[1:] {
		x ^= b
	}
	return append(atr, x)
}

// PlainT0 is a PIV card that speaks T=0 only.
func PlainT0(slots ...Slot) AppletConfig {
	return AppletConfig{ATR: atrT0, T0: true, Slots: slots, GUID: [16]byte{0: 0xA0, 15: 1}}
}

// PlainT1 is a PIV card that speaks T=1.
func PlainT1(slots ...Slot) AppletConfig {
	return AppletConfig{ATR: atrT1, Slots: slots, GUID: [16]byte{0: 0xA1, 15: 1}}
}

// YubiKey5 is a YubiKey 5 with a serial number; by vouches for its keys, if not nil.
func YubiKey5(serial uint32, by *Attestor, slots ...Slot) AppletConfig {
	return AppletConfig{
		ATR: atrYubiKey, Slots: slots, GUID: [16]byte{0: 0xF5, 15: byte(serial)},
		YubiKey: &YubiKey{Version: [3]byte{5, 7, 1}, Serial: serial, Attestor: by},
	}
}

// Slow makes a card take delay for each command; wait waits that long or until
// the test ends.
func Slow(c AppletConfig, delay time.Duration, wait func(time.Duration)) AppletConfig {
	c.Before = func(Command) Fate { wait(delay); return Answered }
	return c
}

// A Trap lies in wait for a command. It is an AppletConfig's Before.
type Trap struct {
	left atomic.Int64 // commands until it snaps; 0 or less: never
	fate atomic.Uint32
}

// Set has fate befall the n-th command from now, counted from 1, and no other.
func (t *Trap) Set(n int, fate Fate) {
	t.fate.Store(uint32(fate))
	t.left.Store(int64(n))
}

// Snapped reports whether the command has come.
func (t *Trap) Snapped() bool { return t.left.Load() <= 0 }

// Before says what becomes of a command.
func (t *Trap) Before(Command) Fate {
	if t.left.Add(-1) == 0 {
		return Fate(t.fate.Load())
	}
	return Answered
}

// NeverTouched makes the keys of a card ask for a touch that does not come:
// the card gives up when gone is closed.
func NeverTouched(c AppletConfig, gone <-chan struct{}) AppletConfig {
	for i := range c.Slots {
		c.Slots[i].Touch = true
	}
	c.Touch = func(ctx context.Context) bool {
		select {
		case <-gone:
		case <-ctx.Done():
		}
		return false
	}
	return c
}

// NewAttestor makes a maker of cards: its root certificate, and the key and
// certificate of slot F9 of one card of its.
func NewAttestor() (*x509.Certificate, *Attestor, error) {
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	root, err := authority("Test Card Maker Root", nil, rootKey.Public(), rootKey)
	if err != nil {
		return nil, nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	cert, err := authority("Yubico PIV Attestation", root, key.Public(), rootKey)
	return root, &Attestor{Key: key, Certificate: cert}, err
}

// authority issues a certificate authority's certificate; parent nil: to itself.
func authority(name string, parent *x509.Certificate, pub crypto.PublicKey, by crypto.Signer) (*x509.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(random(8)),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Date(2016, 3, 14, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2052, 4, 17, 0, 0, 0, 0, time.UTC),
		BasicConstraintsValid: true,
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, by)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
