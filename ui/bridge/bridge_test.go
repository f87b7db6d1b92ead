package bridge_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"incamera/ui/bridge"
	"incamera/ui/uitest"
)

func TestFollowShowsTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loop := uitest.NewLoop(t)
		ctx, cancel := context.WithCancel(t.Context())
		changed := make(chan struct{}, 1)
		state, shown := 1, []int(nil) // both belong to this goroutine: the loop's
		done := make(chan struct{})
		go func() {
			defer close(done)
			bridge.Follow(ctx, changed, func() int { return state }, func(s int) { shown = append(shown, s) })
		}()
		loop.Settle()
		state = 2
		changed <- struct{}{}
		state = 3 // 2 is skipped
		loop.Settle()
		cancel()
		loop.Settle()
		<-done
		if len(shown) != 2 || shown[0] != 1 || shown[1] != 3 {
			t.Errorf("shown %v, want [1 3]", shown)
		}
	})
}

func TestNothingIsShownAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loop := uitest.NewLoop(t)
		ctx, cancel := context.WithCancel(t.Context())
		changed := make(chan struct{}, 1)
		shown := 0
		go bridge.Follow(ctx, changed, func() int { return 0 }, func(int) { shown++ })
		loop.Settle()
		changed <- struct{}{}
		synctest.Wait() // it waits for the loop
		cancel()
		loop.Settle()
		if shown != 1 {
			t.Errorf("shown %d times", shown)
		}
	})
}

func TestFollowEndsWithTheChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loop := uitest.NewLoop(t)
		changed := make(chan struct{})
		close(changed)
		go bridge.Follow(t.Context(), changed, func() int { return 0 }, func(int) {})
		loop.Settle() // a goroutine that is left would fail the bubble
	})
}

func TestTicksThatNobodyHasTimeForAreSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loop := uitest.NewLoop(t)
		ctx, cancel := context.WithCancel(t.Context())
		ticks := time.NewTicker(time.Millisecond)
		defer ticks.Stop()
		shown := 0
		go bridge.Tick(ctx, ticks.C, func(time.Time) { shown++ })
		time.Sleep(100 * time.Millisecond) // the loop is busy all that time
		loop.Settle()
		if shown == 0 || shown > 2 {
			t.Errorf("shown %d times", shown)
		}
		cancel()
		loop.Settle()
	})
}

func TestCallReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loop := uitest.NewLoop(t)
		got := make(chan int, 1)
		go func() { got <- bridge.Call(func() int { return 7 }) }()
		loop.Settle()
		if n := <-got; n != 7 {
			t.Errorf("Call = %d", n)
		}
	})
}
