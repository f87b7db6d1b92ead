package piv

import (
	"context"
	"crypto/x509"
	"errors"

	"github.com/ebfe/scard"
	ykpiv "github.com/go-piv/piv-go/v2/piv"

	"incamera/identity"
)

// attestation has piv-go read what the YubiKey in a reader says of the key of
// slot 9A. piv-go neither waits for a busy card nor says that it is one, and
// never lets go of a card that has no PIV application: so the card is opened
// by us first.
func attestation(ctx context.Context, reader string) ([][]byte, error) {
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
	return attest(yk)
}

// attest returns nothing where there is no key, or one that was brought to the
// card, or no maker's certificate. YubiKeys before 5.3 tell nothing of a key,
// but attest.
func attest(yk *ykpiv.YubiKey) ([][]byte, error) {
	by, err := yk.AttestationCertificate()
	if errors.Is(err, ykpiv.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	key, err := yk.KeyInfo(ykpiv.SlotAuthentication)
	if errors.Is(err, ykpiv.ErrNotFound) || err == nil && key.Origin != ykpiv.OriginGenerated {
		return nil, nil
	}
	said, err := yk.Attest(ykpiv.SlotAuthentication)
	if errors.Is(err, ykpiv.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return [][]byte{said.Raw, by.Raw}, nil
}

// Attestation returns the maker's word that the key of slot 9A was made on the
// card: the slot's attestation certificate and the card's own, in DER. It
// returns nothing for a card that cannot give it.
func (c *card) Attestation(ctx context.Context) ([][]byte, error) {
	if !c.yubikey {
		return nil, nil
	}
	ctx, done := c.during(ctx)
	defer done()
	answer := make(chan [][]byte, 1)
	err := c.inTurn(ctx, func() {}, func() error {
		chain, err := attestation(ctx, c.reader)
		answer <- chain
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
	for _, s := range []Slot{Authentication, Signature, KeyManagement, CardAuthentication} {
		cert, err := a.certificate(s)
		switch {
		case err == nil:
			all[s.String()] = cert
		case !unreadable(err):
			return nil, err
		}
	}
	return all, nil
}

// unreadable reports an error of one slot, not of the card.
func unreadable(err error) bool {
	_, bad := errors.AsType[*identity.BadCertificate](err)
	_, refused := errors.AsType[statusError](err)
	return bad || refused || errors.Is(err, identity.ErrNoCertificate) || errors.Is(err, identity.ErrContactless)
}
