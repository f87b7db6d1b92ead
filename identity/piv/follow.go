package piv

import (
	"context"
	"errors"
	"time"

	"github.com/ebfe/scard"
)

// follow watches the readers until ctx ends, and outlives the smartcard service.
func (r *Readers) follow(ctx context.Context) {
	for ctx.Err() == nil {
		if err := r.followService(ctx); err != nil && ctx.Err() == nil {
			r.lost()
			select {
			case <-ctx.Done():
			case <-time.After(again):
			}
		}
	}
}

// again is how long to wait for a service that does not answer.
const again = 250 * time.Millisecond

// followService watches the readers until ctx ends or the service does.
func (r *Readers) followService(ctx context.Context) error {
	sc, err := scard.EstablishContext()
	if err != nil {
		return plain(err)
	}
	defer func() { _ = release(sc) }()
	defer interrupt(ctx, sc)()
	v := view{known: map[string]scard.StateFlag{}, blind: map[string]time.Time{}, last: map[string]presence{}}
	for ctx.Err() == nil {
		names, err := list(sc)
		if err != nil {
			return err
		}
		states, err := v.wait(sc, names, r.patience())
		if err != nil {
			return err
		}
		if states == nil {
			continue // a reader went meanwhile
		}
		now := v.note(names, states, time.Now())
		if ctx.Err() == nil {
			r.update(ctx, names, now)
		}
	}
	return nil
}

// interrupt ends the waiting on sc when ctx ends, until stop is called. Cancel
// does nothing unless somebody is waiting already: it is said again.
func interrupt(ctx context.Context, sc *scard.Context) (stop func()) {
	stopped, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-ctx.Done():
		case <-stopped:
			return
		}
		for {
			_ = sc.Cancel()
			select {
			case <-time.After(10 * time.Millisecond):
			case <-stopped:
				return
			}
		}
	}()
	return func() { close(stopped); <-ended }
}

// list returns the names of all readers.
func list(sc *scard.Context) ([]string, error) {
	names, err := sc.ListReaders()
	if errors.Is(err, scard.ErrNoReadersAvailable) {
		return nil, nil
	}
	return names, plain(err)
}

// A view is what was last seen of the readers, by name.
type view struct {
	known map[string]scard.StateFlag // what the system told
	last  map[string]presence        // what was seen in it
	blind map[string]time.Time       // since when the reader has not seen its card
}

// note takes note of the states of all readers and returns what is in them. A
// reader that is blind has what was last seen in it, for a while.
func (v *view) note(names []string, states []scard.StateFlag, at time.Time) []presence {
	now := make([]presence, len(names))
	clear(v.known)
	for i, name := range names {
		v.known[name] = states[i]
		if !blind(states[i]) {
			delete(v.blind, name)
			now[i] = presenceOf(states[i])
			v.last[name] = now[i]
			continue
		}
		since, already := v.blind[name]
		if !already {
			v.blind[name], since = at, at
		}
		if at.Sub(since) < blindFor {
			now[i] = v.last[name]
		}
	}
	return now
}

// unsure reports that a reader has been blind for not so long that its card
// counts as gone.
func (v *view) unsure(at time.Time) bool {
	for _, since := range v.blind {
		if at.Sub(since) < 2*blindFor {
			return true
		}
	}
	return false
}

// wait waits until the state of a reader is not the one known, or a reader
// comes or goes, or it is time to look again. It returns the states, or nil if
// the readers are others by now.
func (v *view) wait(sc *scard.Context, names []string, timeout time.Duration) ([]scard.StateFlag, error) {
	states := make([]scard.ReaderState, 0, len(names)+1)
	if v.unsure(time.Now()) {
		timeout = 2 * lookStep
	}
	for _, name := range names {
		current, ok := v.known[name]
		if !ok {
			timeout = 0 // it is new: look at it at once
		}
		states = append(states, scard.ReaderState{Reader: name, CurrentState: current &^ scard.StateChanged})
	}
	if len(names) != len(v.known) {
		timeout = 0
	}
	states = append(states, arrivals(len(names))...)
	if len(states) == 0 {
		time.Sleep(again)
		return []scard.StateFlag{}, nil
	}
	err := sc.GetStatusChange(states, timeout)
	switch {
	case errors.Is(err, scard.ErrUnknownReader):
		return nil, nil
	case errors.Is(err, scard.ErrTimeout), errors.Is(err, scard.ErrCancelled), err == nil:
	default:
		return nil, plain(err)
	}
	return events(states[:len(names)]), nil
}

// events returns the states after a wait. After a timeout some systems write none.
func events(states []scard.ReaderState) []scard.StateFlag {
	out := make([]scard.StateFlag, len(states))
	for i, s := range states {
		out[i] = s.EventState &^ scard.StateChanged
		if s.EventState == 0 {
			out[i] = s.CurrentState
		}
	}
	return out
}
