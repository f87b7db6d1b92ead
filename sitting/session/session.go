package session

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"incamera/e2ee"
	"incamera/media"
	"incamera/sitting"
)

// Sizes of the boxes.
const (
	boxSize   = 32 // requests of the person; full: ErrFull
	headsSize = 64 // heads heard on the media path; full: dropped
)

// tick is how often time itself is looked at.
const tick = 250 * time.Millisecond

// A Session is one person's place in one sitting. Its methods may be called
// from any goroutine; none but Run and Ticket waits.
type Session struct {
	// Constant.
	o       Options
	box     chan event
	heads   chan heardHead
	changed chan struct{} // one token
	seated  chan struct{} // closed when the member first has a seat
	done    chan struct{} // closed when Run has returned

	view atomic.Pointer[View] // replaced by the goroutine in Run
}

// An event is something that happens to a session.
type event interface {
	happen(ctx context.Context, l *loop)
}

// New returns a session that has not begun.
func New(o Options) *Session {
	s := &Session{
		o: o, box: make(chan event, boxSize), heads: make(chan heardHead, headsSize),
		changed: make(chan struct{}, 1), seated: make(chan struct{}), done: make(chan struct{}),
	}
	s.view.Store(&View{Me: o.Me, Line: Line{Since: o.Now()}})
	return s
}

// State is what there is to show, as of now. It never changes.
func (s *Session) State() *View { return s.view.Load() }

// Changed has a token when there is a newer State.
func (s *Session) Changed() <-chan struct{} { return s.changed }

// Run takes the member's seat and keeps it until ctx ends, the member leaves,
// or the sitting is over for the member. Whatever the reason, keys are wiped
// first, and then the seat is given up. It returns nil after [Session.Leave],
// the cause of ctx's end, or one of this package's errors.
func (s *Session) Run(ctx context.Context) error {
	defer close(s.done)
	l, err := newLoop(s)
	if err != nil {
		return err
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	l.run(working)
	l.wipe()
	stop()
	l.farewell(ctx)
	l.workers.Wait()
	if l.over == errLeft {
		return nil
	}
	return l.over
}

// A loop is what belongs to the goroutine in Run.
type loop struct {
	s       *Session
	history *history
	requests
	line    line
	circle  *circle
	results chan event     // of workers; they wait until it is taken
	workers sync.WaitGroup // goroutines that wait in our stead

	over      error // why to stop
	sat       bool  // there is a seat, or a place among those who wait
	wasSeated bool
	permitted media.Permission
	alarms    []Alarm
	refused   *Refused
	swept     time.Time
}

func newLoop(s *Session) (*loop, error) {
	h, err := newHistory(&s.o)
	if err != nil {
		return nil, err
	}
	return &loop{
		s: s, history: h, results: make(chan event),
		circle: newCircle(&s.o, h), line: line{since: s.o.Now()},
	}, nil
}

// run routes until there is a reason to stop.
func (l *loop) run(ctx context.Context) {
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	l.dial(ctx)
	for l.over == nil {
		select {
		case <-ctx.Done():
			l.over = context.Cause(ctx)
			return
		case m, ok := <-l.line.messages():
			l.receive(m, ok)
		case e := <-l.s.box:
			e.happen(ctx, l)
		case e := <-l.results:
			e.happen(ctx, l)
		case h := <-l.s.heads:
			l.hear(h)
		case <-ticks.C:
			l.sweep()
		}
		l.settle(ctx)
	}
}

// settle draws the consequences of whatever has happened.
func (l *loop) settle(ctx context.Context) {
	if l.over != nil {
		return
	}
	l.dial(ctx)
	l.arrive()
	l.circle.follow(ctx, l)
	l.publish()
}

// work has a goroutine do what can wait; its event comes back to the loop.
func (l *loop) work(ctx context.Context, do func(context.Context) event) {
	l.workers.Go(func() {
		e := do(ctx)
		select {
		case l.results <- e:
		case <-ctx.Done():
			if d, ok := e.(dialed); ok && d.link != nil {
				d.link.Close()
			}
		}
	})
}

// sweep is what time alone brings.
func (l *loop) sweep() {
	now := l.s.o.Now()
	if now.Sub(l.swept) < time.Second {
		return
	}
	l.swept = now
	l.s.o.Keyring.Sweep()
}

// Heard tells which head another member has signed on the media path. It
// fits [e2ee.KeyringOptions] and does not wait.
func (s *Session) Heard(member string, h e2ee.Head) {
	select {
	case s.heads <- heardHead{sitting.MemberID(member), h}:
	default: // it comes again
	}
}

// Ticket asks for one entry into the relay. It waits until the member has a
// seat.
func (s *Session) Ticket(ctx context.Context) (media.Ticket, error) {
	select {
	case <-s.seated:
	case <-s.done:
		return media.Ticket{}, ErrOver
	case <-ctx.Done():
		return media.Ticket{}, context.Cause(ctx)
	}
	id := s.State().State.Order.Sitting
	url, token, err := s.o.Service.Ticket(ctx, id)
	if err != nil {
		return media.Ticket{}, err
	}
	return media.Ticket{URL: url, Token: token, TLS: s.o.TLS}, nil
}
