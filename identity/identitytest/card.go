package identitytest

import (
	"context"
	"crypto"
	"crypto/subtle"
	"crypto/x509"
	"io"
	"sync"

	"incamera/identity"
)

// Config says what a software card holds. Zero values are the defaults.
type Config struct {
	Key         crypto.Signer     // slot 9A; nil: the card holds no key
	Certificate *x509.Certificate // slot 9A; nil: the card holds no certificate
	PIN         string            // "123456"
	Tries       int               // 3
	Make        string            // "Software card"
	Serial      string            // "": the card does not tell
	Reader      string            // "Software reader"
	// Touch waits until the person has touched the card; nil: no touch is asked
	// for. An error other than the context's is reported as ErrNotTouched.
	Touch func(context.Context) error
}

// A Card is a card in memory. It is in its reader until [Card.Pull].
type Card struct {
	config Config
	held   chan struct{} // capacity 1: taken while the key is in use
	moved  func()        // calls watchers; set by NewReaders before use

	mu   sync.Mutex
	pin  []byte             // guarded by mu
	left int                // guarded by mu
	in   context.Context    // guarded by mu; ends when the card is pulled
	out  context.CancelFunc // guarded by mu
}

// NewCard returns a card as c says, in its reader.
func NewCard(c Config) *Card {
	c.PIN = or(c.PIN, "123456")
	c.Tries = or(c.Tries, 3)
	c.Make = or(c.Make, "Software card")
	c.Reader = or(c.Reader, "Software reader")
	card := &Card{config: c, held: make(chan struct{}, 1), moved: func() {}, pin: []byte(c.PIN), left: c.Tries}
	card.in, card.out = context.WithCancel(context.Background())
	return card
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Pull takes the card out of its reader; what it is doing ends with
// [identity.ErrCardRemoved].
func (c *Card) Pull() {
	c.mu.Lock()
	c.out()
	c.mu.Unlock()
	c.moved()
}

// Insert puts the card back.
func (c *Card) Insert() {
	c.mu.Lock()
	if c.in.Err() != nil {
		c.in, c.out = context.WithCancel(context.Background())
	}
	c.mu.Unlock()
	c.moved()
}

// Inserted reports whether the card is in its reader.
func (c *Card) Inserted() bool {
	return c.present().Err() == nil
}

func (c *Card) present() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.in
}

// Info returns what the card tells without a PIN.
func (c *Card) Info() identity.CardInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	return identity.CardInfo{
		Reader: c.config.Reader, Make: c.config.Make, Serial: c.config.Serial,
		Tries: c.left, Touch: c.config.Touch != nil,
	}
}

// Certificate returns the certificate of slot 9A.
func (c *Card) Certificate(ctx context.Context) (*x509.Certificate, error) {
	if !c.Inserted() {
		return nil, identity.ErrCardRemoved
	}
	if c.config.Certificate == nil {
		return nil, identity.ErrNoCertificate
	}
	return c.config.Certificate, context.Cause(ctx)
}

// Use implements [identity.Card].
func (c *Card) Use(ctx context.Context, ask identity.Asker, work func(crypto.Signer) error) error {
	if c.config.Key == nil {
		return identity.ErrNoCertificate
	}
	ctx, done := c.during(ctx)
	defer done()
	if err := c.login(ctx, ask, identity.PINToSign); err != nil {
		return err
	}
	select {
	case c.held <- struct{}{}:
		defer func() { <-c.held }()
	case <-ctx.Done():
		return cause(ctx)
	}
	s := &signer{card: c, in: c.present(), ctx: ctx, ask: ask}
	defer s.close()
	return work(s)
}

// ChangePIN implements [identity.Card].
func (c *Card) ChangePIN(ctx context.Context, ask identity.Asker) error {
	ctx, done := c.during(ctx)
	defer done()
	if err := c.login(ctx, ask, identity.PINOld); err != nil {
		return err
	}
	pin, err := c.asked(ctx, ask, identity.PINNew)
	if err != nil {
		return err
	}
	defer clear(pin)
	if len(pin) < 6 || len(pin) > 8 {
		return identity.ErrPINFormat
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pin = append(c.pin[:0], pin...)
	return nil
}

// during returns a context that also ends, with ErrCardRemoved, when the card is pulled.
func (c *Card) during(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	in := c.present()
	stop := context.AfterFunc(in, func() { cancel(identity.ErrCardRemoved) })
	if in.Err() != nil {
		cancel(identity.ErrCardRemoved)
	}
	return ctx, func() { stop(); cancel(nil) }
}

// login asks for the current PIN and has the card check it, once.
func (c *Card) login(ctx context.Context, ask identity.Asker, which identity.PINPurpose) error {
	if c.Info().Tries == 0 {
		return identity.ErrPINBlocked
	}
	pin, err := c.asked(ctx, ask, which)
	if err != nil {
		return err
	}
	defer clear(pin)
	if len(pin) < 4 || len(pin) > 8 {
		return identity.ErrPINFormat
	}
	return c.verify(pin)
}

func (c *Card) asked(ctx context.Context, ask identity.Asker, which identity.PINPurpose) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, cause(ctx)
	}
	info := c.Info()
	pin, err := ask.PIN(ctx, identity.PINQuestion{Card: info, Left: info.Tries, Which: which})
	if ctx.Err() != nil {
		clear(pin)
		return nil, cause(ctx)
	}
	return pin, err
}

func (c *Card) verify(pin []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == 0 {
		return identity.ErrPINBlocked
	}
	if subtle.ConstantTimeCompare(pin, c.pin) != 1 {
		c.left--
		if c.left == 0 {
			return identity.ErrPINBlocked
		}
		return &identity.WrongPINError{Left: c.left}
	}
	c.left = c.config.Tries
	return nil
}

// cause returns why ctx ended, in the words of package identity.
func cause(ctx context.Context) error {
	err := context.Cause(ctx)
	if err == context.Canceled {
		return identity.ErrCancelled
	}
	return err
}

// A signer is the card's key while the card is held.
type signer struct {
	card *Card
	in   context.Context // ends when the card is pulled
	ctx  context.Context // of the call of Use that made the signer
	ask  identity.Asker

	mu     sync.Mutex
	closed bool // guarded by mu
}

func (s *signer) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

func (s *signer) Public() crypto.PublicKey { return s.card.config.Key.Public() }

func (s *signer) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, identity.ErrCancelled
	}
	if s.in.Err() != nil {
		return nil, identity.ErrCardRemoved
	}
	if s.ctx.Err() != nil {
		return nil, cause(s.ctx)
	}
	if err := s.touch(); err != nil {
		return nil, err
	}
	return s.card.config.Key.Sign(rand, digest, opts)
}

// touch waits until the card was touched, if it asks for that.
func (s *signer) touch() error {
	if s.card.config.Touch == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(s.ctx)
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		s.ask.Touch(ctx, s.card.Info())
	}()
	err := s.card.config.Touch(s.ctx)
	cancel()
	<-shown
	if s.ctx.Err() != nil {
		return cause(s.ctx)
	}
	if err != nil {
		return identity.ErrNotTouched
	}
	return nil
}
