package trust

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"incamera/identity"
)

// clockSlack is how far a session certificate reaches back, so that a service
// whose clock is behind does not refuse it as not yet valid.
const clockSlack = 5 * time.Minute

// A Session is a signed-in person: a key in memory and the chain that speaks
// for it. Its fields do not change. The key is gone when the last who holds the
// Session lets go of it, and erased with GOEXPERIMENT=runtimesecret; on a shared
// machine, the process ends.
type Session struct {
	Key   *ecdsa.PrivateKey // P-256; never leaves the process
	Chain [][]byte          // session certificate, card certificate, attestation if the card has one: DER
	// Person is who the chain claims to speak for; [Anchors.Verify] judges.
	Person identity.Person
}

// NewSession makes a session key and has card certify it until a time, at most
// [MaxSession] from now less some slack for clocks. It costs one PIN and one
// signature. A card that is out of its time is refused before the PIN is asked
// for.
func NewSession(ctx context.Context, card identity.Card, ask identity.Asker, until time.Time) (*Session, error) {
	return newSession(ctx, card, ask, time.Now(), until)
}

func newSession(ctx context.Context, card identity.Card, ask identity.Asker, now, until time.Time) (*Session, error) {
	cert, err := card.Certificate(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkCard(cert, now); err != nil {
		return nil, err
	}
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	from := now.Add(-clockSlack)
	if latest := from.Add(MaxSession); until.After(latest) {
		until = latest
	}
	var der []byte
	err = card.Use(ctx, ask, func(signer crypto.Signer) error {
		der, err = Issue(cert, signer, &key.PublicKey, from, until)
		return err
	})
	if err != nil {
		return nil, err
	}
	session, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("trust: session certificate: %w", err)
	}
	attestation, err := attestationFrom(ctx, card)
	if err != nil {
		return nil, err
	}
	return &Session{
		Key:    key,
		Chain:  append([][]byte{der, cert.Raw}, attestation...),
		Person: claimed(chain{session: session, card: cert}),
	}, nil
}

// newKey makes a session key. It signs once, for nothing, so that the copy
// that crypto/ecdsa makes for itself at the first signature is erased with it.
func newKey() (key *ecdsa.PrivateKey, err error) {
	erasing(func() {
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err == nil {
			_, err = ecdsa.SignASN1(rand.Reader, key, make([]byte, 32))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("trust: session key: %w", err)
	}
	return key, nil
}

// An attested card can show its maker's word for the key of slot 9A: the
// attestation certificate and the card's own attester, in DER.
type attested interface {
	Attestation(ctx context.Context) ([][]byte, error)
}

// attestationFrom asks card for its attestation, which takes a real one the
// better part of a second. It is asked when the card has signed: so nobody holds
// the card while the PIN is typed. A card that cannot tell, or that answers what
// makes no sense, shows nothing, which is judged by those who ask for it; one
// that could not be asked is an error, for it may be asked again.
func attestationFrom(ctx context.Context, card identity.Card) ([][]byte, error) {
	a, ok := card.(attested)
	if !ok {
		return nil, nil
	}
	ders, err := a.Attestation(ctx)
	_, busy := errors.AsType[*identity.BusyError](err)
	if busy || errors.Is(err, identity.ErrCardRemoved) || errors.Is(err, identity.ErrNoService) || ctx.Err() != nil {
		return nil, err
	}
	return ders, nil
}
