package device

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestWithin: what hangs is waited for as long as the context says, and what
// comes of it later is freed, once.
func TestWithin(t *testing.T) {
	for _, tt := range []struct {
		name  string
		takes time.Duration
		err   error
		want  error
		freed int
	}{
		{"in time", answerWithin / 2, nil, nil, 0},
		{"in vain", answerWithin / 2, errHung, errHung, 0},
		{"late", 2 * answerWithin, nil, context.DeadlineExceeded, 1},
		{"late and in vain", 2 * answerWithin, errHung, context.DeadlineExceeded, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), answerWithin)
				defer cancel()
				began, freed := time.Now(), 0
				v, err := within(ctx, func() (int, error) {
					time.Sleep(tt.takes)
					return 7, tt.err
				}, func(v int) { freed += v / 7 })
				if !errors.Is(err, tt.want) || err == nil && v != 7 {
					t.Errorf("%d, %v", v, err)
				}
				if took := time.Since(began); took > answerWithin {
					t.Errorf("took %v", took)
				}
				time.Sleep(tt.takes)
				synctest.Wait()
				if freed != tt.freed {
					t.Errorf("freed %d times", freed)
				}
			})
		})
	}
}

// TestInTurn: who tries again while one hangs waits for that one.
func TestInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turn, free := newTurn(), make(chan struct{})
		var running atomic.Int64
		try := func() error {
			ctx, cancel := context.WithTimeoutCause(t.Context(), answerWithin, errHung)
			defer cancel()
			_, err := inTurn(ctx, turn, func() (int, error) {
				running.Add(1)
				<-free
				return 0, nil
			}, nil)
			return err
		}
		for range 3 {
			if err := try(); !errors.Is(err, errHung) || running.Load() != 1 {
				t.Errorf("%v, %d hang", err, running.Load())
			}
		}
		close(free)
		if err := try(); err != nil || running.Load() != 2 {
			t.Errorf("%v, %d ran", err, running.Load())
		}
	})
}

// TestClosedIsCutOff: whatever the device does after the handle was closed, no
// sample goes in or out.
func TestClosedIsCutOff(t *testing.T) {
	h := &handle{wake: make(chan struct{}, 1)}
	loud := []float32{1, 1, 1}
	h.move(loud, captured)
	if h.ring.held() != 3 {
		t.Fatalf("%d samples passed", h.ring.held())
	}
	h.cut.Store(true)
	h.move(loud, captured)
	if h.ring.held() != 3 {
		t.Error("a closed microphone captures")
	}
	h.move(loud, wanted)
	if h.ring.held() != 3 || loud[0] != 0 {
		t.Error("a closed loudspeaker plays")
	}
}
