package piv

import (
	"context"
	"crypto"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"incamera/identity"
)

// touchAfter is how long a key may take that asks to be touched, until the
// person is told.
const touchAfter = 200 * time.Millisecond

// touchPatience is more than any key takes to sign: one that asks for a touch and
// refuses after that long was not touched.
const touchPatience = 3 * time.Second

// A hold is a card held alone with a verified PIN, by a goroutine that owns
// the session and the PIN:
//
//	opening ─► ready ─► (signing ─► ready)* ─► reset
//
// Whoever waits for it may give up at any time; the goroutine then resets the
// card as soon as the reader lets it.
type hold struct {
	card  *card
	ctx   context.Context // of the call that holds the card
	jobs  chan job
	over  chan struct{} // closed when nothing more is to be signed
	ended chan struct{} // closed when the card is reset
}

// A job is a digest to sign.
type job struct {
	random io.Reader
	pub    crypto.PublicKey
	digest []byte
	opts   crypto.SignerOpts
	done   chan<- outcome // capacity 1
}

type outcome struct {
	sig []byte
	err error
}

// hold opens the card alone and has it verify pin, which it takes over and wipes.
func (c *card) hold(ctx context.Context, pin []byte) (*hold, error) {
	h := &hold{card: c, ctx: ctx, jobs: make(chan job), over: make(chan struct{}), ended: make(chan struct{})}
	if err := c.enter(ctx); err != nil {
		clear(pin)
		return nil, err
	}
	ready := make(chan error, 1)
	c.readers.calls.Go(func() {
		defer close(h.ended)
		defer func() { <-c.turn }()
		defer clear(pin)
		h.run(pin, ready)
	})
	select {
	case err := <-ready:
		if err != nil {
			<-h.ended
			return nil, err
		}
		return h, nil
	case <-ctx.Done():
		return nil, cause(ctx)
	}
}

// release ends the hold, and waits until the card is reset or nobody cares.
func (h *hold) release() {
	close(h.over)
	select {
	case <-h.ended:
	case <-h.ctx.Done():
	}
}

// run holds the card until over.
func (h *hold) run(pin []byte, ready chan<- error) {
	s, err := h.open(pin)
	ready <- err
	if err != nil {
		return
	}
	defer s.close()
	for {
		select {
		case <-h.over:
			return
		case <-h.ctx.Done():
			return
		case j := <-h.jobs:
			sig, err := h.sign(s, pin, j)
			j.done <- outcome{sig, h.words(err)}
		}
	}
}

func (h *hold) words(err error) error { return words(err, h.card.reader, h.card.was) }

// open opens the card, makes sure that it is still the same, and has it verify
// the PIN: the one time that it is sent.
func (h *hold) open(pin []byte) (*session, error) {
	s, err := openSession(h.ctx, h.card.reader, h.card.pin)
	if err != nil {
		return nil, h.words(err)
	}
	if err = stays(h.card.reader, h.card.was, 0); err == nil {
		err = h.verify(s, pin)
	}
	if err != nil {
		s.close()
		return nil, h.words(err)
	}
	return s, nil
}

// verify has the card check the PIN.
func (h *hold) verify(s *session, pin []byte) error {
	if h.ctx.Err() != nil {
		return cause(h.ctx)
	}
	return s.unsent(func() error { return s.application.verify(s.pin, pin) })
}

// sign signs. A card that wants the PIN which it had accepted, because it has
// forgotten it or its key wants it each time, is given it once more, and asked
// once more. Whether the PIN still stands verified does not tell: it does where
// the key wants it each time.
func (h *hold) sign(s *session, pin []byte, j job) ([]byte, error) {
	began := time.Now()
	sig, err := s.sign(j.random, j.pub, j.digest, j.opts)
	touch := h.card.Info().Touch
	switch {
	case err == nil:
		return sig, check(j.pub, j.digest, sig, j.opts)
	case touch && denied(err) && time.Since(began) > touchPatience:
		return nil, identity.ErrNotTouched
	case wasReset(err):
		if err := s.renew(); err != nil {
			return nil, err
		}
	case denied(err):
	default:
		return nil, err
	}
	if err := h.verify(s, pin); err != nil {
		return nil, err
	}
	sig, err = s.sign(j.random, j.pub, j.digest, j.opts)
	switch {
	case err == nil:
		return sig, check(j.pub, j.digest, sig, j.opts)
	case touch && denied(err):
		return nil, identity.ErrNotTouched
	}
	return nil, err
}

var errOver = errors.New("piv: the card is not held any more")

// A signer is the key of slot 9A while the card is held.
type signer struct {
	hold *hold
	ask  identity.Asker
	pub  crypto.PublicKey
	mu   sync.Mutex // held while signing: keys that want the PIN each time take no turns
}

// Public implements [crypto.Signer].
func (s *signer) Public() crypto.PublicKey { return s.pub }

// Sign implements [crypto.Signer]. It returns when the context of the call
// that holds the card ends, even if the card goes on.
func (s *signer) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	done := make(chan outcome, 1)
	h := s.hold
	if h.ctx.Err() != nil {
		return nil, cause(h.ctx)
	}
	select {
	case <-h.over:
		return nil, errOver
	case <-h.ctx.Done():
		return nil, cause(h.ctx)
	case h.jobs <- job{random, s.pub, slices.Clone(digest), opts, done}:
	}
	if h.card.Info().Touch {
		defer s.prompt()()
	}
	select {
	case out := <-done:
		if h.ctx.Err() != nil && out.err != nil {
			return nil, cause(h.ctx)
		}
		return out.sig, out.err
	case <-h.ctx.Done():
		return nil, cause(h.ctx)
	}
}

// prompt asks for a touch when the key has taken touchAfter, until the
// returned function is called.
func (s *signer) prompt() (stop func()) {
	ctx, cancel := context.WithCancel(s.hold.ctx)
	var shown sync.WaitGroup
	shown.Go(func() {
		select {
		case <-time.After(touchAfter):
			s.ask.Touch(ctx, s.hold.card.Info())
		case <-ctx.Done():
		}
	})
	return func() { cancel(); shown.Wait() }
}
