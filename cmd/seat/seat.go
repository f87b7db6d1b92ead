package seat

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"sync"
	"time"

	"incamera/e2ee"
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
	s := &Seat{log: p.options.Log}
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
		Me:         string(i.Me.ID),
		Microphone: d.Microphone, Loudspeaker: d.Loudspeaker, Camera: d.Camera,
		Log: p.options.Log, Loopback: p.options.Loopback, Ranges: p.options.Ranges,
		OnPicture: h.OnPicture,
	})
	s.Session = session.New(session.Options{
		Order: i.Signed, Me: i.Me.ID,
		Key: p.session.Key, Chain: p.session.Chain, TLS: p.tls,
		Verify: p.options.Anchors.Verify, Service: p.client,
		Media: s.Media, Keyring: s.Keys, Now: time.Now, Log: p.options.Log,
	})
	return s
}

// Run takes the seat and keeps it until ctx ends, the member leaves, or the
// sitting is over for the member. However it ends, microphone and camera are
// closed first, while the session wipes the keys and gives the seat up. It
// returns what [session.Session.Run] does.
func (s *Seat) Run(ctx context.Context) error {
	playing, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := s.Media.Run(playing); err != nil && playing.Err() == nil {
			s.log.Error("media has ended", "error", err)
		}
	})
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
