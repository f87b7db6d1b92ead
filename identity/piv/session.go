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
type session interface {
	// verify has the card check a PIN, once.
	verify(pin []byte) error
	// verified asks whether the PIN stands verified.
	verified() bool
	// change replaces a PIN.
	change(pin, fresh []byte) error
	// sign has the key of slot 9A sign a digest.
	sign(random io.Reader, pub crypto.PublicKey, digest []byte, opts crypto.SignerOpts) ([]byte, error)
	// renew selects the application again after a reset by someone else.
	renew() error
	// close resets the card and lets it go.
	close()
}

// A plainSession is a session with any PIV card.
type plainSession struct {
	application
	link *link
	pin  byte // the reference of the holder's PIN
}

func openPlain(ctx context.Context, c *card) (session, error) {
	l, err := connect(ctx, c.reader, scard.ShareExclusive)
	if err != nil {
		return nil, err
	}
	s := &plainSession{application: l.application(), link: l, pin: c.pin}
	err = s.choose()
	if wasReset(err) {
		err = s.renew()
	}
	if err != nil {
		l.close(scard.ResetCard)
		return nil, err
	}
	return s, nil
}

func (s *plainSession) verify(pin []byte) error { return s.application.verify(s.pin, pin) }

func (s *plainSession) verified() bool { return s.application.verified(s.pin) }

func (s *plainSession) change(pin, fresh []byte) error {
	return s.application.change(s.pin, pin, fresh)
}

func (s *plainSession) sign(random io.Reader, pub crypto.PublicKey, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
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

func (s *plainSession) renew() error {
	err := s.link.card.Reconnect(scard.ShareExclusive, scard.ProtocolT0|scard.ProtocolT1, scard.LeaveCard)
	if err != nil {
		return err
	}
	s.application = s.link.application()
	return s.choose()
}

func (s *plainSession) close() { s.link.close(scard.ResetCard) }

// forgotten reports that the card wants a PIN which it had accepted. A touch
// that did not come has the same status; then the PIN still stands verified.
func forgotten(s session, err error) bool { return denied(err) && !s.verified() }

// statusOf returns the status word that an error of ours or of piv-go stands for.
func statusOf(err error) (status statusError, ok bool) {
	if status, ok := errors.AsType[statusError](err); ok {
		return status, true
	}
	theirs, ok := errors.AsType[interface {
		error
		Status() uint16
	}](err)
	if !ok {
		return 0, false
	}
	return statusError(theirs.Status()), true
}

// words puts what a session says in the words of package identity; what is
// left has no meaning for a person.
func words(err error, reader string, was presence) error {
	_, answered := statusOf(err)
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
		identity.ErrNotPIV, identity.ErrNoCertificate, identity.ErrPINBlocked, identity.ErrCardRemoved,
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
