package piv

import (
	"context"
	"crypto/x509"
	"errors"

	"github.com/ebfe/scard"
	ykpiv "github.com/go-piv/piv-go/v2/piv"

	"incamera/identity"
)

// A yubiKeySlot is what a YubiKey says about the key of a slot.
type yubiKeySlot struct {
	generated bool // made on the YubiKey, not brought there
	touch     bool
	pinAlways bool
	// attestation is the maker's word for that, nil if it has none.
	attestation *x509.Certificate
}

// A yubiKeyWord is a YubiKey's word on itself: its metadata and attestation.
type yubiKeyWord struct {
	attester *x509.Certificate // slot F9; nil if it cannot attest
	slots    map[Slot]yubiKeySlot
}

var yubiKeySlots = map[Slot]ykpiv.Slot{
	Authentication:     ykpiv.SlotAuthentication,
	Signature:          ykpiv.SlotSignature,
	KeyManagement:      ykpiv.SlotKeyManagement,
	CardAuthentication: ykpiv.SlotCardAuthentication,
}

// askYubiKey has piv-go read what the YubiKey in a reader says of slots. piv-go
// neither waits for a busy card nor says that it is one, and never lets go of
// a card that has no PIV application: so the card is opened by us first.
func askYubiKey(ctx context.Context, reader string, slots ...Slot) (*yubiKeyWord, error) {
	l, err := connect(ctx, reader, scard.ShareExclusive)
	if err != nil {
		return nil, err
	}
	err = l.application().choose()
	l.close(scard.LeaveCard)
	if err != nil {
		return nil, err
	}
	yk, err := ykpiv.Open(reader)
	if err != nil {
		return nil, err
	}
	defer yk.Close()
	word := &yubiKeyWord{slots: map[Slot]yubiKeySlot{}}
	word.attester, err = yk.AttestationCertificate()
	if err != nil && !errors.Is(err, ykpiv.ErrNotFound) {
		return nil, err
	}
	for _, s := range slots {
		if err := word.ask(yk, s); err != nil {
			return nil, err
		}
	}
	return word, nil
}

// ask asks about one slot. YubiKeys before 5.3 tell nothing but attest.
func (w *yubiKeyWord) ask(yk *ykpiv.YubiKey, s Slot) error {
	info, err := yk.KeyInfo(yubiKeySlots[s])
	if err == nil {
		w.slots[s] = yubiKeySlot{
			generated: info.Origin == ykpiv.OriginGenerated,
			touch:     info.TouchPolicy == ykpiv.TouchPolicyAlways || info.TouchPolicy == ykpiv.TouchPolicyCached,
			pinAlways: info.PINPolicy == ykpiv.PINPolicyAlways,
		}
	}
	if errors.Is(err, ykpiv.ErrNotFound) || err == nil && info.Origin != ykpiv.OriginGenerated || w.attester == nil {
		return nil
	}
	cert, err := yk.Attest(yubiKeySlots[s])
	if errors.Is(err, ykpiv.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	said := w.slots[s]
	said.generated, said.attestation = true, cert
	w.slots[s] = said
	return nil
}

// Attestation returns the maker's word that the key of slot 9A was made on the
// card: the slot's attestation certificate and the card's own, in DER. It
// returns nothing for a card that cannot give it.
func (c *card) Attestation(ctx context.Context) ([][]byte, error) {
	if !c.yubikey {
		return nil, nil
	}
	word, err := c.word(ctx, Authentication)
	if err != nil {
		return nil, err
	}
	said := word.slots[Authentication]
	if said.attestation == nil {
		return nil, nil
	}
	return [][]byte{said.attestation.Raw, word.attester.Raw}, nil
}

// word asks a YubiKey about slots, when it is its turn.
func (c *card) word(ctx context.Context, slots ...Slot) (word *yubiKeyWord, err error) {
	ctx, done := c.during(ctx)
	defer done()
	answer := make(chan *yubiKeyWord, 1)
	err = c.inTurn(ctx, func() {}, func() error {
		word, err := askYubiKey(ctx, c.reader, slots...)
		answer <- word
		return words(err, c.reader, c.was)
	})
	if err != nil {
		return nil, err
	}
	return <-answer, nil
}

// Slots returns the certificates that the card holds, by slot: "9A", "9C",
// "9D", "9E". A slot whose certificate cannot be read has none.
func (c *card) Slots(ctx context.Context) (map[string]*x509.Certificate, error) {
	ctx, done := c.during(ctx)
	defer done()
	found := make(chan map[string]*x509.Certificate, 1)
	err := c.read(ctx, func(a application) error {
		all, err := a.certificates()
		if err == nil {
			found <- all
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return <-found, nil
}

// certificates reads every slot's certificate.
func (a application) certificates() (map[string]*x509.Certificate, error) {
	all := map[string]*x509.Certificate{}
	for s := range yubiKeySlots {
		cert, err := a.certificate(s)
		switch {
		case err == nil:
			all[s.String()] = cert
		case errors.Is(err, identity.ErrNoCertificate), errors.Is(err, errCertificate):
		default:
			if _, refused := errors.AsType[statusError](err); !refused {
				return nil, err
			}
		}
	}
	return all, nil
}
