package piv

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"errors"
	"io"
	"unsafe"

	"github.com/ebfe/scard"
	ykpiv "github.com/go-piv/piv-go/v2/piv"
)

// A yubiSession is a session with a YubiKey, through piv-go.
type yubiSession struct {
	yk     *ykpiv.YubiKey
	reader string
}

// openYubiKey opens a YubiKey alone. piv-go neither waits for a busy card nor says
// that it is busy, and keeps the handle of a card without the application for
// good: so the card is opened by us first.
func openYubiKey(ctx context.Context, c *card) (session, error) {
	yk, err := openAlone(ctx, c.reader)
	if err != nil {
		return nil, err
	}
	return &yubiSession{yk, c.reader}, nil
}

func openAlone(ctx context.Context, reader string) (*ykpiv.YubiKey, error) {
	l, err := connect(ctx, reader, scard.ShareExclusive)
	if err != nil {
		return nil, err
	}
	err = l.application().choose()
	l.close(scard.LeaveCard)
	if err != nil {
		return nil, err
	}
	return ykpiv.Open(reader)
}

// verify passes the PIN on without a copy of ours; piv-go makes its own, which
// it leaves to the garbage collector.
func (s *yubiSession) verify(pin []byte) error {
	return refusedYubiKey(s.yk.VerifyPIN(unsafe.String(unsafe.SliceData(pin), len(pin))))
}

// verified asks for the tries, which a YubiKey does not tell while a PIN
// stands verified.
func (s *yubiSession) verified() bool {
	_, err := s.yk.Retries()
	_, told := errors.AsType[ykpiv.AuthErr](err)
	return err != nil && !told
}

func (s *yubiSession) change(pin, fresh []byte) error {
	return refusedYubiKey(s.yk.SetPIN(
		unsafe.String(unsafe.SliceData(pin), len(pin)),
		unsafe.String(unsafe.SliceData(fresh), len(fresh)),
	))
}

func refusedYubiKey(err error) error {
	if refusal, ok := errors.AsType[ykpiv.AuthErr](err); ok {
		return wrongPIN(refusal.Retries)
	}
	return err
}

// sign signs without a PIN prompt of piv-go's: the PIN was verified by us.
func (s *yubiSession) sign(random io.Reader, pub crypto.PublicKey, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	_, size, err := algorithm(pub)
	if err != nil {
		return nil, err
	}
	key, err := s.yk.PrivateKey(ykpiv.SlotAuthentication, pub, ykpiv.KeyAuth{PINPolicy: ykpiv.PINPolicyNever})
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errKey
	}
	if _, isEC := pub.(*ecdsa.PublicKey); isEC {
		digest = fit(digest, size)
	}
	return signer.Sign(random, digest, opts)
}

// renew opens the YubiKey once more: piv-go cannot reconnect.
func (s *yubiSession) renew() error {
	_ = s.yk.Close()
	yk, err := openAlone(context.Background(), s.reader)
	if err == nil {
		s.yk = yk
	}
	return err
}

// close ends the security status while the card is still ours, by selecting
// another application to ask for the form factor, for piv-go's Close leaves it as
// it is. Then the card is reset as others are.
func (s *yubiSession) close() {
	_, _ = s.yk.FormFactor()
	_ = s.yk.Close()
	_ = reset(context.Background(), s.reader)
}
