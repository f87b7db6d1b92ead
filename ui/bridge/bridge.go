// Package bridge is the only way from other goroutines to the window's. It
// owns the calls of fyne.Do and the goroutines that make them; nothing else in
// the program calls it. It may touch Fyne alone.
package bridge

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
)

// Do has f called on the UI goroutine soon and does not wait. It may be called
// from any goroutine, also from the UI's own.
func Do(f func()) { fyne.Do(f) }

// Follow calls show on the UI goroutine with the newest state: once at once,
// and again whenever changed has a token, until ctx ends or changed is closed.
// States the screen has no time for are skipped. It waits; call it on a
// goroutine of its own, never on the UI's. After ctx has ended, show is not
// called again.
func Follow[S any](ctx context.Context, changed <-chan struct{}, state func() S, show func(S)) {
	for {
		fyne.DoAndWait(func() {
			if ctx.Err() == nil {
				show(state())
			}
		})
		select {
		case <-ctx.Done():
			return
		case _, more := <-changed:
			if !more {
				return
			}
		}
	}
}

// Tick calls show on the UI goroutine with the time, at most once per tick
// and never before the last call is done, until ctx ends or ticks is closed:
// ticks that the screen has no time for are skipped. It waits; call it on a
// goroutine of its own.
func Tick(ctx context.Context, ticks <-chan time.Time, show func(time.Time)) {
	for {
		select {
		case <-ctx.Done():
			return
		case now, more := <-ticks:
			if !more {
				return
			}
			fyne.DoAndWait(func() {
				if ctx.Err() == nil {
					show(now)
				}
			})
		}
	}
}

// Call returns what f returns on the UI goroutine. It waits; never call it
// from the UI goroutine.
func Call[T any](f func() T) T {
	var t T
	fyne.DoAndWait(func() { t = f() })
	return t
}
