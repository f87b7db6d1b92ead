package usher

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"incamera/sitting"
	"incamera/sitting/service/delivery"
	"incamera/sitting/wire"
)

// stored is an entry that came from the order, or why no more will.
type stored struct {
	delivery.Stored
	err error
}

// open reads the order from the disk, and makes its first entry if it has none.
func (u *Usher) open(ctx context.Context, started *sync.WaitGroup) error {
	last, err := u.begin(ctx)
	if err != nil {
		return err
	}
	c := make(chan stored)
	u.stored = c
	started.Go(func() { u.listen(ctx, u.State().Seq+1, c) })
	for u.State().Seq < last {
		select {
		case s, ok := <-u.stored:
			if err := u.absorb(s, ok); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if o := u.State().Order; o == nil || o.Hash != u.o.Opened.Hash {
		return errors.New("the order on the disk begins with another order of the day")
	}
	return u.noteAbsent(ctx, u.o.Now())
}

// begin returns the place of the last entry, and makes the first if there is
// none. Another service may be quicker.
func (u *Usher) begin(ctx context.Context) (uint64, error) {
	for {
		last, err := u.o.Order.Last(ctx)
		if err != nil || last > 0 {
			return last, err
		}
		err = u.enter(ctx, u.o.Now(), sitting.Entry{Fact: sitting.Opened{Order: u.o.Opened}, Signed: u.o.Signed})
		if err != nil && !errors.Is(err, delivery.ErrMoved) {
			return 0, err
		}
	}
}

// listen passes on what the order yields: entries of before, and those that
// others append, where several services serve one sitting.
func (u *Usher) listen(ctx context.Context, from uint64, to chan<- stored) {
	defer close(to)
	for s, err := range u.o.Order.Follow(ctx, from) {
		select {
		case to <- stored{s, err}:
		case <-ctx.Done():
			return
		}
	}
}

// absorb takes an entry that came from the order, if it is new.
func (u *Usher) absorb(s stored, ok bool) error {
	if !ok {
		return errors.New("the order cannot be followed")
	}
	if s.err != nil {
		return s.err
	}
	switch state := u.State(); {
	case s.Seq <= state.Seq:
		return nil // our own, or seen
	case s.Seq > state.Seq+1:
		return fmt.Errorf("entry %d follows entry %d", s.Seq, state.Seq)
	}
	e, err := wire.ReadEntry(s.Bytes)
	if err != nil {
		return fmt.Errorf("entry %d: %w", s.Seq, err)
	}
	u.apply(e, s.Bytes)
	return nil
}

// enter gives e the next place at a time, has it stored, and applies it. It
// returns a [sitting.Refusal] for what has no effect, and then nothing is
// stored. Any other error ends the usher.
func (u *Usher) enter(ctx context.Context, at time.Time, e sitting.Entry) error {
	for {
		state := u.State()
		e.Seq, e.Prev, e.At = state.Seq+1, state.Head, later(at, state.At)
		if err := sitting.Judge(state, e); err != nil {
			return err
		}
		b, err := wire.EncodeEntry(e)
		if err != nil {
			return err
		}
		_, err = u.o.Order.Append(ctx, b, state.Seq)
		switch {
		case errors.Is(err, delivery.ErrMoved):
			if err := u.catchUp(ctx); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		if e, err = wire.ReadEntry(b); err != nil {
			return err
		}
		u.apply(e, b)
		return nil
	}
}

// later is at in whole milliseconds, but never before the last entry.
func later(at, last time.Time) time.Time {
	if at = at.Truncate(time.Millisecond); at.Before(last) {
		return last
	}
	return at
}

// catchUp waits for the entry that another has put where ours was to go.
func (u *Usher) catchUp(ctx context.Context) error {
	if u.stored == nil {
		return delivery.ErrMoved // nothing is followed yet
	}
	for seq := u.State().Seq; u.State().Seq == seq; {
		select {
		case s, ok := <-u.stored:
			if err := u.absorb(s, ok); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// apply makes e the last entry and lets all know.
func (u *Usher) apply(e sitting.Entry, b []byte) {
	before := u.State()
	after := before.Apply(e)
	u.state.Store(&after)
	u.hashes = append(u.hashes, e.Hash)
	u.notePresence(before, after)
	u.journal.append(b)
	if !slices.Equal(before.Floor, after.Floor) {
		u.change()
	}
}

// change tells the relay's goroutine that there is something for it.
func (u *Usher) change() {
	select {
	case u.changed <- struct{}{}:
	default:
	}
}
