package engine

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"incamera/media"
	"incamera/media/relay"
)

// A slowMicrophone hears silence, and takes its time to close.
type slowMicrophone struct {
	closing time.Duration
	hangs   bool // a read does not notice that it is closed before Close returns
	closed  chan struct{}
	once    sync.Once
}

func (m *slowMicrophone) Read([]float32) error {
	step := time.After(media.Step)
	if m.hangs {
		step = nil
	}
	select {
	case <-m.closed:
		return io.EOF
	case <-step:
		return nil
	}
}

func (m *slowMicrophone) Close() error {
	time.Sleep(m.closing)
	m.once.Do(func() { close(m.closed) })
	return nil
}

// alone runs an engine that never gets a ticket, in a bubble of its own time.
func alone(t *testing.T, o Options, during func(*Engine)) {
	synctest.Test(t, func(t *testing.T) {
		o.Keys = media.Keys{Sealer: func(media.Track) media.Sealer { return nil }}
		o.Ticket = func(context.Context) (media.Ticket, error) { return media.Ticket{}, errors.New("none") }
		e := New(o)
		ctx, cancel := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { _ = e.Run(ctx) })
		during(e)
		cancel()
		run.Wait()
	})
}

func TestStopCaptureWaits(t *testing.T) {
	tests := []struct {
		name    string
		closing time.Duration
		hangs   bool
		want    error
		after   time.Duration
	}{
		{"at once", 0, false, nil, 0},
		{"slow", 400 * time.Millisecond, false, nil, 400 * time.Millisecond},
		{"hangs until closed", 100 * time.Millisecond, true, nil, 100 * time.Millisecond},
		{"too slow", 3 * time.Second, false, ErrStillCapturing, 500 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var o Options
			o.Microphone = func(context.Context) (SoundSource, error) {
				return &slowMicrophone{closing: tt.closing, hangs: tt.hangs, closed: make(chan struct{})}, nil
			}
			alone(t, o, func(e *Engine) {
				e.Microphone(true)
				time.Sleep(time.Second)
				began := time.Now()
				if err := e.StopCapture(); !errors.Is(err, tt.want) {
					t.Errorf("StopCapture = %v, want %v", err, tt.want)
				}
				if took := time.Since(began); took < tt.after || took > tt.after+2*media.Step {
					t.Errorf("took %v, want %v", took, tt.after)
				}
			})
		})
	}
}

// TestOpenIsAbandoned: a device that takes long to open is given up as soon as
// nobody wants it any more.
func TestOpenIsAbandoned(t *testing.T) {
	var o Options
	o.Microphone = func(ctx context.Context) (SoundSource, error) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	alone(t, o, func(e *Engine) {
		e.Microphone(true)
		time.Sleep(time.Second)
		if err := e.StopCapture(); err != nil {
			t.Error(err)
		}
		if e.Meter().Fault != nil {
			t.Errorf("fault %v", e.Meter().Fault)
		}
	})
}

// TestFaultIsTriedAgain: a missing device is tried every half second, and at
// once when there is another.
func TestFaultIsTriedAgain(t *testing.T) {
	missing := &media.DeviceError{Kind: media.MicrophoneDevice, Fault: media.Missing}
	var tries atomic.Int64
	var o Options
	o.Microphone = func(context.Context) (SoundSource, error) {
		tries.Add(1)
		return nil, missing
	}
	alone(t, o, func(e *Engine) {
		e.Microphone(true)
		time.Sleep(2100 * time.Millisecond)
		if n := tries.Load(); n != 5 {
			t.Errorf("%d tries in 2.1 s", n)
		}
		if !errors.Is(e.Meter().Fault, missing) {
			t.Errorf("fault %v", e.Meter().Fault)
		}
		e.UseMicrophone(func(context.Context) (SoundSource, error) {
			return &slowMicrophone{closed: make(chan struct{})}, nil
		})
		synctest.Wait()
		if e.Meter().Fault != nil {
			t.Errorf("fault %v with another microphone", e.Meter().Fault)
		}
	})
}

// TestTicketIsAskedForAgain: 100 ms to 1 s after each refusal.
func TestTicketIsAskedForAgain(t *testing.T) {
	var at []time.Duration
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		e := New(Options{
			Keys: media.Keys{Sealer: func(media.Track) media.Sealer { return nil }},
			Ticket: func(context.Context) (media.Ticket, error) {
				at = append(at, time.Since(began))
				return media.Ticket{}, errors.New("none")
			},
		})
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		if err := e.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run = %v", err)
		}
	})
	want := []time.Duration{0, 100, 300, 700, 1500, 2500, 3500, 4500, 5500, 6500, 7500}
	if len(at) != len(want) {
		t.Fatalf("asked at %v", at)
	}
	for i, w := range want {
		if at[i] != w*time.Millisecond {
			t.Errorf("asked at %v, want %v ms", at, want)
		}
	}
}

// TestPlayoutWithoutALoudspeaker: sound that nobody can hear does not pile up.
func TestPlayoutWithoutALoudspeaker(t *testing.T) {
	alone(t, Options{}, func(e *Engine) {
		table := newTable(t)
		who := e.member("member 0")
		who.voice.Store(table.voices[0])
		defer who.voice.Store(nil)
		e.Permit(media.Permission{Heard: []string{"member 0"}})
		var s stitch
		for seq := range uint16(100) {
			time.Sleep(media.FrameTime)
			table.voices[0].Push(s.number(relay.Info{Seq: seq, Stamp: uint32(seq) * media.FrameLen, Arrived: time.Now()}, table.frame), time.Now())
		}
		if played := e.Stats().Played; played < 90 {
			t.Errorf("%d of 100 frames played", played)
		}
		if e.Meter().Members["member 0"].RMS < -40 {
			t.Error("no level is shown")
		}
	})
}
