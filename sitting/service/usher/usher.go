// Package usher keeps one sitting: it checks each request, gives each entry
// its place, has it stored before anyone is told, and tells all who have a
// link. It says who is away and who has left, signs the head, and makes the
// relay follow the floor. It owns the order of entries of an open sitting; what
// is allowed is package sitting's to say.
//
// The loop in [Usher.Run] only routes. Each kind of event is a type with a
// method in a file of its own. Two goroutines serve the loop, and end with it:
// one reads the order, for a sitting that several services keep has entries of
// others; one talks to the relay, so that no entry waits for it. Each link has a
// reader and a writer, which end with [Usher.Serve].
package usher

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"incamera/identity"
	"incamera/sitting"
	"incamera/sitting/service/delivery"
	"incamera/sitting/service/ticket"
)

// ErrEnded reports an usher that no longer serves its sitting.
var ErrEnded = errors.New("usher: the sitting is not being served")

// An Order is where entries are kept: [delivery.Delivery] for one sitting. Its
// errors mean what that says.
type Order interface {
	Append(ctx context.Context, entry []byte, last uint64) (uint64, error)
	Last(ctx context.Context) (uint64, error)
	Follow(ctx context.Context, from uint64) iter.Seq2[delivery.Stored, error]
}

// A Relay lets members publish and makes them go.
type Relay interface {
	Present(ctx context.Context) ([]ticket.Presence, error)
	SetSources(ctx context.Context, member sitting.MemberID, speaks bool) error
	Drop(ctx context.Context, member sitting.MemberID) error
	// Void ends what a session holds of the relay: connections and tickets.
	Void(session sitting.Hash)
}

// Options are what an usher works with.
type Options struct {
	Signed []byte // the signed order of the day, opened and judged
	Opened *sitting.Order
	Order  Order
	Relay  Relay
	// Key signs heads; Certificate, in DER, is the service's.
	Key         crypto.Signer
	Certificate []byte
	Verify      func(chain [][]byte, at time.Time) (identity.Person, error)
	Grace       time.Duration // how long a seat is kept without a link
	Now         func() time.Time
	Tick        <-chan time.Time // about one a second
	Log         *slog.Logger
}

// An Usher keeps one sitting. Only its exported methods may be called from
// outside the goroutine in Run.
type Usher struct {
	// Constant.
	o       Options
	events  chan event    // full: who tells waits, and with it one link
	ready   chan struct{} // closed once the order has been read
	done    chan struct{} // closed when Run has ended
	journal *journal
	changed chan struct{} // one token for the relay's goroutine
	paces   paces

	// Replaced by the goroutine in Run, read by all.
	state atomic.Pointer[sitting.State]

	// Owned by the goroutine in Run.
	links  map[*Place]struct{}
	joined uint64               // how many links there have been
	away   map[uint64]time.Time // since when, by arrival
	hashes []sitting.Hash       // of all entries
	signed uint64               // the place of the last signed head
	stored <-chan stored
}

// An event is something that happens to a sitting. An error from it ends the
// usher: what the disk holds is no longer known.
type event interface {
	happen(ctx context.Context, u *Usher) error
}

// eventsWaiting is how many events wait before those who tell them do.
const eventsWaiting = 256

// New returns the usher of a sitting.
func New(o Options) *Usher {
	u := &Usher{
		o: o, events: make(chan event, eventsWaiting), ready: make(chan struct{}), done: make(chan struct{}),
		journal: newJournal(), changed: make(chan struct{}, 1),
		links: map[*Place]struct{}{}, away: map[uint64]time.Time{},
	}
	u.state.Store(&sitting.State{})
	return u
}

// State is the sitting as it is now. It is empty until the order has been read.
func (u *Usher) State() sitting.State { return *u.state.Load() }

// Ready is closed once the order has been read from the disk.
func (u *Usher) Ready() <-chan struct{} { return u.ready }

// Done is closed when the usher has ended.
func (u *Usher) Done() <-chan struct{} { return u.done }

// Run keeps the sitting until ctx ends, or until the sitting is closed and the
// last link is gone. Its links end then.
func (u *Usher) Run(ctx context.Context) error {
	defer close(u.done)
	ctx, end := context.WithCancel(ctx)
	var started sync.WaitGroup
	defer started.Wait()
	defer end()
	if err := u.open(ctx, &started); err != nil {
		return fmt.Errorf("usher: %w", err)
	}
	started.Go(func() { u.follow(ctx) })
	close(u.ready)
	for !u.over() {
		if err := u.next(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("usher: %w", err)
		}
	}
	if err := u.agree(ctx); err != nil { // a last time: nobody stays at the relay
		u.o.Log.Warn("the relay does not follow", "error", err)
	}
	return nil
}

// next waits for one thing to happen and routes it.
func (u *Usher) next(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case e := <-u.events:
		return e.happen(ctx, u)
	case s, ok := <-u.stored:
		return u.absorb(s, ok)
	case now := <-u.o.Tick:
		return u.tick(ctx, now)
	}
}

// over reports whether there is nothing left to do.
func (u *Usher) over() bool { return u.State().Closed && len(u.links) == 0 }

// tell hands an event to the loop, and waits if many do.
func (u *Usher) tell(ctx context.Context, e event) error {
	select {
	case u.events <- e:
		return nil
	case <-u.done:
		return ErrEnded
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// tick is what time brings: it looks at nothing but the state and now.
func (u *Usher) tick(ctx context.Context, now time.Time) error {
	u.change()
	u.endExpired(now)
	for _, due := range []func(context.Context, time.Time) error{
		u.closeInTime, u.noteLinked, u.leaveAfterGrace, u.signHead,
	} {
		if err := due(ctx, now); err != nil {
			return err
		}
	}
	return nil
}
