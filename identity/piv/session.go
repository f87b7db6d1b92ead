package piv

import (
	"context"
	"crypto"
	"errors"
	"io"

	"github.com/ebfe/scard"

	"incamera/identity"
)

// A session is a card held alone, from its opening to its reset.
//
// YubiKeys are held like all others: piv-go copies the PIN to where it cannot be
// wiped, leaves it verified when it lets go, and keeps the card for good, from
// everyone, when it is pulled while piv-go opens it.
type session struct {
	application
	link *link
	pin  byte // the reference of the holder's PIN
}

// openSession opens the card in a reader alone and selects the application.
func openSession(ctx context.Context, reader string, pin byte) (*session, error) {
	l, err := connect(ctx, reader, scard.ShareExclusive)
	if err != nil {
		return nil, err
	}
	s := &session{application: l.application(), link: l, pin: pin}
	err = s.choose()
	if wasReset(err) {
		err = s.renew()
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// renew selects the application again after a reset by someone else.
func (s *session) renew() error {
	err := s.link.card.Reconnect(scard.ShareExclusive, scard.ProtocolT0|scard.ProtocolT1, scard.LeaveCard)
	if err != nil {
		return err
	}
	s.application = s.link.application()
	return s.choose()
}

// unsent calls f, and once more if the card was found reset: PC/SC reports that
// before it sends anything, so that no try is spent.
func (s *session) unsent(f func() error) error {
	err := f()
	if !wasReset(err) {
		return err
	}
	if err := s.renew(); err != nil {
		return err
	}
	return f()
}

// close resets the card, so that no verified PIN stays behind, and lets it go.
func (s *session) close() { s.link.close(scard.ResetCard) }

// sign has the key of slot 9A sign a digest.
func (s *session) sign(random io.Reader, pub crypto.PublicKey, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	alg, _, err := algorithm(pub)
	if err != nil {
		return nil, err
	}
	b, err := block(random, pub, digest, opts)
	if err != nil {
		return nil, err
	}
	return s.authenticate(Authentication, alg, b)
}

// denied reports the status that a key answers with when it wants a PIN or a touch.
func denied(err error) bool { return isStatus(err, swNotVerified) }

// words puts what a session says in the words of package identity; what is
// left has no meaning for a person.
func words(err error, reader string, was presence) error {
	_, answered := errors.AsType[statusError](err)
	switch plainly := plain(err); {
	case err == nil, answered, plainly != err, spoken(err):
		return plainly
	}
	if gone := stays(reader, was, goneFor); gone != nil {
		return gone
	}
	return err
}

// spoken reports that err is one of package identity's already.
func spoken(err error) bool {
	for _, known := range []error{
		identity.ErrNotPIV, identity.ErrNoCertificate, identity.ErrPINBlocked, identity.ErrCardRemoved, identity.ErrContactless,
		identity.ErrNotTouched, identity.ErrCancelled, identity.ErrPINFormat, identity.ErrNoService,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	_, wrong := errors.AsType[*identity.WrongPINError](err)
	_, busy := errors.AsType[*identity.BusyError](err)
	return wrong || busy
}
