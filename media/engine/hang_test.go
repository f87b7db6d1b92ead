package engine_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"incamera/media/device"
	"incamera/media/engine"
	"incamera/media/mediatest"
	"incamera/media/relay/relaytest"
)

// A stubborn microphone goes on when it is closed, until it is let go.
type stubborn struct {
	engine.SoundSource
	let chan struct{}
}

func (s stubborn) Close() error {
	<-s.let
	return s.SoundSource.Close()
}

// TestNothingLeavesAfterStopCapture: not even of a microphone that does not
// stop.
func TestNothingLeavesAfterStopCapture(t *testing.T) {
	node := relaytest.Start(t)
	let := make(chan struct{})
	ada := enter(t, node, "ada", func(o *engine.Options) {
		open := o.Microphone
		o.Microphone = func(ctx context.Context) (engine.SoundSource, error) {
			m, err := open(ctx)
			return stubborn{m, let}, err
		}
	})
	release := sync.OnceFunc(func() { close(let) })
	t.Cleanup(release) // before the engine is waited for
	ada.full(small)
	sound := func() uint64 { return ada.Stats().Sound.Sent }
	until(t, "speaking", func() bool { return sound() > 10 })
	if err := ada.StopCapture(); !errors.Is(err, engine.ErrStillCapturing) {
		t.Fatalf("StopCapture = %v", err)
	}
	sent, captured := sound(), ada.Stats().Sound.Captured
	until(t, "capturing on", func() bool { return ada.Stats().Sound.Captured > captured+20 })
	if n := sound(); n > sent+1 { // one was on its way
		t.Errorf("%d frames were sent after StopCapture", n-sent)
	}
	release()
	until(t, "closed", func() bool { return ada.microphones.Load() == 0 })
}

// TestDeviceBackAtOnce: a headset that is pulled and plugged in again, between
// two looks at which devices there are, is heard and played to again.
func TestDeviceBackAtOnce(t *testing.T) {
	p, err := mediatest.StartPulse(t.Context(), "ear")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	t.Setenv("PULSE_SERVER", p.Server)
	pull, err := p.Plug(t.Context(), "headset")
	if err != nil {
		t.Fatal(err)
	}
	system := device.New()
	defer system.Close()
	node := relaytest.Start(t)
	var played atomic.Int64
	ada := enter(t, node, "ada", func(o *engine.Options) {
		o.Microphone = func(ctx context.Context) (engine.SoundSource, error) {
			return system.Microphone(ctx, "headset.monitor")
		}
		o.Loudspeaker = func(ctx context.Context) (engine.SoundSink, error) {
			return system.Loudspeaker(ctx, "headset")
		}
		o.OnSound = func([]float32, time.Time) { played.Add(1) }
	})
	ada.Microphone(true)
	both := func(what string) {
		t.Helper()
		captured, steps := ada.Stats().Sound.Captured, played.Load()
		until(t, what, func() bool { return ada.Stats().Sound.Captured > captured+50 && played.Load() > steps+100 })
	}
	both("heard and played to")
	if err := pull(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Plug(t.Context(), "headset"); err != nil {
		t.Fatal(err)
	}
	both("heard and played to again")
	until(t, "well", func() bool { return ada.Meter().Fault == nil })
}
