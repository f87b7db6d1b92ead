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
	known := map[string]scard.StateFlag{}
	for ctx.Err() == nil {
		names, err := list(sc)
		if err != nil {
			return err
		}
		states, err := wait(sc, names, known)
		if err != nil {
			return err
		}
		if states == nil {
			continue // a reader went meanwhile
		}
		now := make([]presence, len(names))
		clear(known)
		for i, name := range names {
			known[name] = states[i]
			now[i] = presenceOf(states[i])
		}
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

// wait waits until the state of a reader is not the one known, or a reader
// comes or goes, or it is time to look again. It returns the states, or nil if
// the readers are others by now.
func wait(sc *scard.Context, names []string, known map[string]scard.StateFlag) ([]scard.StateFlag, error) {
	states := make([]scard.ReaderState, 0, len(names)+1)
	timeout := pollEvery
	for _, name := range names {
		current, ok := known[name]
		if !ok {
			timeout = 0 // it is new: look at it at once
		}
		states = append(states, scard.ReaderState{Reader: name, CurrentState: current &^ scard.StateChanged})
	}
	if len(names) != len(known) {
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
