package seat

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"sync"
	"time"

	"incamera/e2ee"
	"incamera/identity"
	"incamera/media"
	"incamera/media/engine"
	"incamera/sitting/session"
)

// A Seat is one member's place in one sitting: the session, the keys and the
// media that belong together.
type Seat struct {
	Session *session.Session
	Media   *engine.Engine
	Keys    *e2ee.Keyring
	me      string
	blind   bool // the House's policy lets no picture leave
	ear     ear
	person  *Person
	log     *slog.Logger

	mu      sync.Mutex
	stopped time.Time // when microphone and camera were closed for good
}

// Hooks are for those who measure: see [engine.Options]. They may be nil.
type Hooks struct {
	OnPicture func(member string, pic *image.YCbCr, at time.Time)
}

// Take prepares the person's seat in a sitting. Nothing is asked or opened
// before [Seat.Run].
func (p *Person) Take(i Invitation, d Devices, h Hooks) *Seat {
	if p.options.NoPicture {
		d.Camera = nil
	}
	s := &Seat{person: p, log: p.options.Log, me: string(i.Me.ID), blind: p.options.NoPicture}
	s.Keys = e2ee.NewKeyring(e2ee.KeyringOptions{
		Now: time.Now, Signer: p.session.Key,
		OnHead: func(member string, head e2ee.Head) { s.Session.Heard(member, head) },
	})
	s.Media = engine.New(engine.Options{
		Keys: media.Keys{
			Sealer: func(t media.Track) media.Sealer { return s.Keys.Sealer(uint8(t)) },
			Opener: func(member string, t media.Track) media.Opener { return s.Keys.Opener(member, uint8(t)) },
		},
		Ticket:     func(ctx context.Context) (media.Ticket, error) { return s.Session.Ticket(ctx) },
		Me:         s.me,
		Microphone: d.Microphone, Loudspeaker: d.Loudspeaker, Camera: d.Camera,
		Log: p.options.Log, Loopback: p.options.Loopback, Ranges: p.options.Ranges,
		OnPicture: h.OnPicture,
	})
	s.ear.media = s.Media
	s.Session = session.New(session.Options{
		Order: i.Signed, Me: i.Me.ID,
		Key: p.session.Key, Chain: p.session.Chain, TLS: p.tls,
		Verify: p.options.Anchors.Verify, Service: p.client,
		Media: &s.ear, Keyring: s.Keys, Seen: i.Seen, Now: time.Now, Log: p.options.Log,
	})
	return s
}

// Run takes the seat and keeps it until ctx ends, the member leaves, or the
// sitting is over for the member. However it ends, microphone and camera are
// closed first, while the session wipes the keys and gives the seat up. It
// returns what [session.Session.Run] does, or that the member's card was called
// back, a [*identity.Revoked].
func (s *Seat) Run(ctx context.Context) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	playing, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := s.Media.Run(playing); err != nil && playing.Err() == nil {
			s.log.Error("media has ended", "error", err)
		}
	})
	wait.Go(func() { s.lookUp(playing, end) })
	// When a card is pulled nothing may come before this, not even the wiping
	// of keys, which waits for nothing either.
	closed := make(chan struct{})
	hold := context.AfterFunc(ctx, func() { defer close(closed); s.stopCapture() })
	err := s.Session.Run(ctx)
	if hold() {
		s.stopCapture()
	} else {
		<-closed
	}
	stop()
	wait.Wait()
	return err
}

// lookUp asks again and again whether the member's card was called back, and
// ends the seat if it was. That nobody knows is no reason: it was known when
// the member came.
func (s *Seat) lookUp(ctx context.Context, end context.CancelCauseFunc) {
	o := s.person.options
	if o.Revocation == nil || o.Every <= 0 {
		return
	}
	clock := time.NewTicker(o.Every)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
		}
		err := o.lookUp(ctx, s.person.session.Chain)
		if revoked, ok := errors.AsType[*identity.Revoked](err); ok {
			end(revoked)
			return
		}
	}
}

func (s *Seat) stopCapture() {
	if err := s.Media.StopCapture(); err != nil {
		s.log.Error("a device does not stop", "error", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped.IsZero() {
		s.stopped = time.Now()
	}
}

// CaptureStopped is when microphone and camera were closed for good; zero
// while they may be open.
func (s *Seat) CaptureStopped() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

// Gone reports whether err, from [Seat.Run], is how a sitting ends when all
// goes well.
func Gone(err error) bool { return err == nil || errors.Is(err, session.ErrClosed) }
