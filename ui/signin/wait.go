package signin

import (
	"context"

	"incamera/ui/bridge"
)

// Wait has ask called on the UI goroutine and waits for its answer, or until
// ctx ends; then it has drop called there. An answer that comes too late is
// wiped. It may be called from any goroutine but the UI's.
func Wait(ctx context.Context, ask func(answer func([]byte, error)), drop func()) ([]byte, error) {
	type reply struct {
		pin []byte
		err error
	}
	replies := make(chan reply, 1) // answered at most once: answer never waits
	bridge.Do(func() {
		if ctx.Err() != nil {
			return
		}
		ask(func(pin []byte, err error) {
			if ctx.Err() != nil {
				clear(pin)
				pin, err = nil, context.Cause(ctx)
			}
			replies <- reply{pin, err}
		})
	})
	select {
	case r := <-replies:
		return r.pin, r.err
	case <-ctx.Done():
		bridge.Do(drop)
		return nil, context.Cause(ctx)
	}
}
