package piv

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ebfe/scard"

	"incamera/identity"
)

// A card is one insertion of a card into a reader. What it does, it does in
// turn, each on a goroutine of its own that owns the handle: a reader cannot
// be interrupted, but a caller need not wait for it.
type card struct {
	readers *Readers
	reader  string
	was     presence // when the card was found
	yubikey bool
	pin     byte            // the reference of the holder's PIN
	in      context.Context // ends with ErrCardRemoved when the card has gone
	leave   context.CancelCauseFunc

	turn    chan struct{} // capacity 1: full while the card is at work
	waiting atomic.Bool   // who has the turn waits for another program to let go

	mu   sync.Mutex
	info identity.CardInfo // guarded by mu
	cert *x509.Certificate // guarded by mu; nil: not read yet
}

// Info implements [identity.Card].
func (c *card) Info() identity.CardInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.info
}

// Certificate implements [identity.Card]. A card is asked once.
func (c *card) Certificate(ctx context.Context) (*x509.Certificate, error) {
	ctx, done := c.during(ctx)
	defer done()
	if cert := c.known(); cert != nil {
		return cert, nil
	}
	err := c.read(ctx, func(a application) error {
		cert, err := a.certificate(Authentication)
		if err == nil {
			c.mu.Lock()
			c.cert = cert
			c.mu.Unlock()
		}
		return err
	})
	return c.known(), err
}

func (c *card) known() *x509.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cert
}

// during returns a context that also ends when the card goes, which somebody
// watches for until done is called.
func (c *card) during(ctx context.Context) (_ context.Context, done func()) {
	c.readers.attend()
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.in, func() { cancel(context.Cause(c.in)) })
	if c.in.Err() != nil {
		cancel(context.Cause(c.in))
	}
	return ctx, func() {
		stop()
		cancel(nil)
		c.readers.unattend()
	}
}

// Use implements [identity.Card].
func (c *card) Use(ctx context.Context, ask identity.Asker, work func(crypto.Signer) error) error {
	ctx, done := c.during(ctx)
	defer done()
	cert, err := c.Certificate(ctx)
	if err != nil {
		return err
	}
	if err := supported(cert); err != nil {
		return err
	}
	pin, err := c.ask(ctx, ask, identity.PINToSign)
	if err != nil {
		return err
	}
	h, err := c.hold(ctx, pin)
	if err != nil {
		return err
	}
	defer h.release()
	return work(&signer{hold: h, ask: ask, pub: cert.PublicKey})
}

// ChangePIN implements [identity.Card].
func (c *card) ChangePIN(ctx context.Context, ask identity.Asker) error {
	ctx, done := c.during(ctx)
	defer done()
	pin, err := c.ask(ctx, ask, identity.PINOld)
	if err != nil {
		return err
	}
	info := c.Info()
	fresh, err := typed(ctx, ask, identity.PINQuestion{Card: info, Left: info.Tries, Which: identity.PINNew}, 6)
	if err != nil {
		clear(pin)
		return err
	}
	return c.replace(ctx, pin, fresh)
}

// replace has the card check pin and replace it by fresh. It wipes both.
func (c *card) replace(ctx context.Context, pin, fresh []byte) error {
	wipe := func() { clear(pin); clear(fresh) }
	if ctx.Err() != nil {
		wipe()
		return cause(ctx)
	}
	return c.inTurn(ctx, wipe, func() error {
		s, err := openSession(ctx, c.reader, c.pin)
		if err != nil {
			return words(err, c.reader, c.was)
		}
		defer s.close()
		if err = stays(c.reader, c.was, 0); err == nil {
			err = s.unsent(func() error {
				if ctx.Err() != nil {
					return cause(ctx)
				}
				return s.change(s.pin, pin, fresh)
			})
		}
		return words(err, c.reader, c.was)
	})
}

// ask asks for the current PIN, with the tries that are left, while the card is
// not held. A card that is blocked asks for none.
func (c *card) ask(ctx context.Context, ask identity.Asker, which identity.PINPurpose) ([]byte, error) {
	if err := c.refresh(ctx); err != nil {
		return nil, err
	}
	info := c.Info()
	if info.Tries == 0 {
		return nil, identity.ErrPINBlocked
	}
	return typed(ctx, ask, identity.PINQuestion{Card: info, Left: info.Tries, Which: which}, 4)
}

// typed asks for a PIN of at least least characters. Others are not sent to a
// card: some count them as a try.
func typed(ctx context.Context, ask identity.Asker, q identity.PINQuestion, least int) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, cause(ctx)
	}
	pin, err := ask.PIN(ctx, q)
	switch {
	case ctx.Err() != nil:
		err = cause(ctx)
	case err == nil && (len(pin) < least || len(pin) > 8):
		err = identity.ErrPINFormat
	}
	if err != nil {
		clear(pin)
		return nil, err
	}
	return pin, nil
}

// refresh reads the tries left.
func (c *card) refresh(ctx context.Context) error {
	return c.read(ctx, func(a application) error {
		tries, err := c.tries(a)
		if err == nil {
			c.mu.Lock()
			c.info.Tries = tries
			c.mu.Unlock()
		}
		return err
	})
}

func (c *card) tries(a application) (int, error) {
	if c.yubikey {
		if tries, err := a.retries(); err != nil || tries >= 0 {
			return tries, err
		}
	}
	return a.tries(c.pin)
}

// read calls f with the application, which other programs may use in between
// but not meanwhile.
func (c *card) read(ctx context.Context, f func(application) error) error {
	return c.inTurn(ctx, func() {}, func() error {
		err := c.transact(ctx, f)
		if wasReset(err) {
			err = c.transact(ctx, f)
		}
		return words(err, c.reader, c.was)
	})
}

// inTurn runs f when it is its turn, and waits for it until ctx ends or f is
// kept waiting by another program for too long. after follows f, or comes
// instead of it.
func (c *card) inTurn(ctx context.Context, after func(), f func() error) error {
	if err := c.enter(ctx); err != nil {
		after()
		return err
	}
	ended := make(chan error, 1)
	c.readers.calls.Go(func() {
		defer func() { <-c.turn }()
		err := f()
		after()
		ended <- err
	})
	tick := time.NewTicker(2 * busyFor)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			return cause(ctx)
		case <-tick.C:
			if c.waiting.Load() {
				return &identity.BusyError{Holder: holder()}
			}
		}
	}
}

// enter takes the turn.
func (c *card) enter(ctx context.Context) error {
	tick := time.NewTicker(busyFor)
	defer tick.Stop()
	for {
		if ctx.Err() != nil {
			return cause(ctx)
		}
		select {
		case c.turn <- struct{}{}:
			return nil
		case <-ctx.Done():
		case <-tick.C:
			if c.waiting.Load() {
				return &identity.BusyError{Holder: holder()}
			}
		}
	}
}

// transact calls f with the application selected, within a transaction.
func (c *card) transact(ctx context.Context, f func(application) error) error {
	l, err := connect(ctx, c.reader, scard.ShareShared)
	if err != nil {
		return err
	}
	defer l.close(scard.LeaveCard)
	c.waiting.Store(true) // PC/SC waits for ever
	err = l.card.BeginTransaction()
	c.waiting.Store(false)
	if err != nil {
		return err
	}
	defer func() { _ = l.card.EndTransaction(scard.LeaveCard) }()
	if ctx.Err() != nil {
		return cause(ctx)
	}
	a := l.application()
	if err := a.choose(); err != nil {
		return err
	}
	return f(a)
}

// identify reads what the card is.
func (c *card) identify(a application) error {
	info := identity.CardInfo{Reader: c.reader, Make: "PIV card"}
	v, yubikey, err := a.version()
	if err != nil {
		return err
	}
	c.yubikey, c.pin = yubikey, refPIN
	if yubikey {
		info.Make = fmt.Sprintf("YubiKey %d", v[0])
		if info.Serial, err = a.serial(); err != nil {
			return err
		}
		info.Touch, err = a.touch(Authentication)
	} else {
		c.pin, err = a.primary()
	}
	if err != nil {
		return err
	}
	if info.Tries, err = c.tries(a); err != nil {
		return err
	}
	c.mu.Lock()
	c.info = info
	c.mu.Unlock()
	return nil
}

// find returns the card in a reader.
func (r *Readers) find(ctx context.Context, reader string, was presence) (*card, error) {
	c := &card{readers: r, reader: reader, was: was, turn: make(chan struct{}, 1)}
	if err := c.read(ctx, c.identify); err != nil {
		return nil, err
	}
	c.in, c.leave = context.WithCancelCause(context.Background())
	return c, nil
}
