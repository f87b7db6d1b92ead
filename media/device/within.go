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

// letGo has free run, as far as it is done in time.
func letGo(free func()) error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), letGoWithin, errHung)
	defer cancel()
	_, err := within(ctx, func() (struct{}, error) { free(); return struct{}{}, nil }, nil)
	return err
}
