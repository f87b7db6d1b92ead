package device

import (
	"context"
	"errors"
	"time"
)

// How long the system is waited for. What hangs for longer is left to a
// goroutine of its own, which frees it should it ever come back.
const (
	answerWithin = time.Second            // to say which devices there are
	openWithin   = 5 * time.Second        // to open one: a wireless headset takes its time
	letGoWithin  = 300 * time.Millisecond // to close one: with a card pulled there are 500 ms
)

// errHung says that the system does not answer.
var errHung = errors.New("device: no answer from the system")

// within has f run on a goroutine of its own, as f may hang, and waits for it
// until ctx ends. What f returns later than that goes to late, which may be nil.
func within[T any](ctx context.Context, f func() (T, error), late func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result)
	go func() {
		v, err := f()
		select {
		case done <- result{v, err}:
		case <-ctx.Done():
			if err == nil && late != nil {
				late(v)
			}
		}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// A turn is for one at a time to talk with the system about one thing: what
// hangs holds up one goroutine, not one for each try.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// take waits for the turn, until ctx ends.
func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t turn) pass() { <-t }

// inTurn is [within] once it is f's turn, which lasts until f returns.
func inTurn[T any](ctx context.Context, t turn, f func() (T, error), late func(T)) (T, error) {
	if err := t.take(ctx); err != nil {
		var none T
		return none, err
	}
	return within(ctx, func() (T, error) {
		defer t.pass()
		return f()
	}, late)
}

// letGo has free run, as far as it is done in time.
func letGo(free func()) error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), letGoWithin, errHung)
	defer cancel()
	_, err := within(ctx, func() (struct{}, error) { free(); return struct{}{}, nil }, nil)
	return err
}
