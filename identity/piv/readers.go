package piv

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"incamera/identity"
)

// Readers are this machine's card readers. One goroutine watches them while
// anybody wants to know, or uses a card. Use [NewReaders].
type Readers struct {
	calls sync.WaitGroup // what cards are doing

	mu       sync.Mutex
	users    int                    // guarded by mu
	stop     context.CancelFunc     // guarded by mu; ends the watching goroutine
	stopped  chan struct{}          // guarded by mu; closed when it has ended
	seats    []*seat                // guarded by mu; as the system lists its readers
	looked   bool                   // guarded by mu; seats have been looked at since the watching began
	down     bool                   // guarded by mu; the smartcard service does not answer
	watchers map[chan struct{}]bool // guarded by mu
}

// A seat is a reader and what was found in it:
//
//	empty ─► reading ─► card or err ─► empty
type seat struct {
	name    string
	now     presence
	reading bool // somebody is reading the card
	tries   int  // how often it was read in vain
	card    *card
	err     error
}

// NewReaders returns the readers of this machine.
func NewReaders() *Readers {
	return &Readers{watchers: map[chan struct{}]bool{}}
}

// Close waits until no card is at work any more. Nothing may be watched or used
// then.
func (r *Readers) Close() error {
	r.calls.Wait()
	return nil
}

// Watch implements [identity.Readers].
func (r *Readers) Watch(ctx context.Context, changed func([]identity.Reader)) error {
	wake := make(chan struct{}, 1)
	r.mu.Lock()
	r.watchers[wake] = true
	r.mu.Unlock()
	r.attend()
	defer func() {
		r.mu.Lock()
		delete(r.watchers, wake)
		r.mu.Unlock()
		r.unattend()
	}()
	var told []identity.Reader
	for first := true; ; {
		if now, ok := r.now(); ok && (first || !slices.EqualFunc(told, now, equal)) {
			first, told = false, now
			changed(slices.Clone(now))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-wake:
		}
	}
}

// equal compares what is shown of readers. Errors are as good as what they say.
func equal(a, b identity.Reader) bool {
	return a.Name == b.Name && a.Card == b.Card && a.Reading == b.Reading && (a.Err == nil) == (b.Err == nil) &&
		(a.Err == nil || a.Err.Error() == b.Err.Error())
}

// now returns what was found in all readers, if they have been looked at.
func (r *Readers) now() ([]identity.Reader, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return []identity.Reader{{Err: identity.ErrNoService}}, true
	}
	all := make([]identity.Reader, 0, len(r.seats))
	for _, s := range r.seats {
		shown := identity.Reader{Name: s.name, Err: s.err, Reading: s.now.in && s.card == nil && s.err == nil}
		if s.card != nil {
			shown.Card = s.card
		}
		all = append(all, shown)
	}
	return all, r.looked
}

// wake has every watcher look again. r.mu is held.
func (r *Readers) wake() {
	for wake := range r.watchers {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// attend makes sure that the readers are watched until unattend.
func (r *Readers) attend() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.users++
	if r.users > 1 {
		return
	}
	r.looked = false // what was seen is old
	ctx, cancel := context.WithCancel(context.Background())
	before, stopped := r.stopped, make(chan struct{})
	r.stop, r.stopped = cancel, stopped
	go func() {
		defer close(stopped)
		if before != nil {
			<-before
		}
		r.follow(ctx)
	}()
}

// unattend is the end of attend. The last one waits for the watching to end.
func (r *Readers) unattend() {
	r.mu.Lock()
	r.users--
	last, stop, stopped := r.users == 0, r.stop, r.stopped
	r.mu.Unlock()
	if last {
		stop()
		<-stopped
	}
}

// update takes note of what the system tells of all readers, and has cards read
// that are new.
func (r *Readers) update(ctx context.Context, names []string, now []presence) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down, r.looked = false, true
	seats := make([]*seat, len(names))
	for i, name := range names {
		at := slices.IndexFunc(r.seats, func(s *seat) bool { return s != nil && s.name == name })
		if at >= 0 {
			seats[i], r.seats[at] = r.seats[at], nil
		} else {
			seats[i] = &seat{name: name}
		}
	}
	for _, s := range r.seats {
		if s != nil { // the reader was unplugged
			s.vacate()
		}
	}
	r.seats = seats
	for i, s := range seats {
		r.seen(ctx, s, now[i])
	}
	r.wake()
}

// retries is how often a card that cannot be read is read again soon.
const retries = 4

// seen takes note of what is in a reader now. r.mu is held.
func (r *Readers) seen(ctx context.Context, s *seat, now presence) {
	if s.now.in && !same(now, s.now) {
		s.vacate()
	}
	s.now = now
	if !now.in || s.reading || s.card != nil || s.err != nil && !s.readAgain() {
		return
	}
	s.reading = true
	s.tries++
	r.calls.Go(func() { r.read(ctx, s, now) })
}

// readAgain reports whether a card that could not be read is worth another
// look. One that says that it is no PIV card is asked a few times: some need
// a moment after power comes.
func (s *seat) readAgain() bool {
	if errors.Is(s.err, identity.ErrNotPIV) {
		return s.tries < retries
	}
	return s.err != nil
}

// patience is how long to wait for the system to tell of a change.
func (r *Readers) patience() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	soon := func(s *seat) bool { return s.readAgain() && s.tries < retries }
	if slices.ContainsFunc(r.seats, soon) {
		return again
	}
	return pollEvery
}

// vacate forgets a card that has gone, and tells who uses it.
func (s *seat) vacate() {
	if s.card != nil {
		s.card.leave(identity.ErrCardRemoved)
	}
	*s = seat{name: s.name, reading: s.reading}
}

// read reads the card that was found in a reader.
func (r *Readers) read(ctx context.Context, s *seat, was presence) {
	c, err := r.find(ctx, s.name, was)
	r.mu.Lock()
	defer r.mu.Unlock()
	s.reading = false
	if !same(s.now, was) || ctx.Err() != nil {
		return // another card, or nobody watches any more
	}
	s.card, s.err = c, err
	r.wake()
}

// lost takes note that the smartcard service does not answer: what is in the
// readers cannot be seen, so all cards count as gone.
func (r *Readers) lost() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.seats {
		s.vacate()
	}
	r.seats, r.down, r.looked = nil, true, true
	r.wake()
}
