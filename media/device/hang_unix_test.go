//go:build unix

package device_test

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"incamera/media"
	"incamera/media/device"
	"incamera/media/mediatest"
)

// A server that is paused would be waited for by PulseAudio's own library for
// half a minute, and for good if it is the kernel that hangs. soon is much
// less than that, and much more than anything here may take.
const soon = 10 * time.Second

// returns fails the test if f does not return while the server hangs.
func returns(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	began := time.Now()
	select {
	case <-done:
		t.Logf("%s: %v", what, time.Since(began).Round(time.Millisecond))
	case <-time.After(soon):
		t.Fatalf("%s hangs with the server", what)
	}
}

// paused has the server hang until the test is over, or the function that is
// returned is called.
func paused(t *testing.T, p *mediatest.Pulse) (resume func()) {
	t.Helper()
	if err := p.Pause(); err != nil {
		t.Fatal(err)
	}
	resume = sync.OnceFunc(func() {
		if err := p.Resume(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(resume)
	return resume
}

// streams are how many streams the server has of this program, in either direction.
func streams(t *testing.T, p *mediatest.Pulse) (n int) {
	t.Helper()
	for _, what := range []string{"source-outputs", "sink-inputs"} {
		cmd := exec.CommandContext(t.Context(), "pactl", "list", what)
		cmd.Env = p.Environ()
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		n += strings.Count(string(out), `media.name = "Incamera"`)
	}
	return n
}

// works waits until both devices can be opened and used.
func works(t *testing.T, s *device.System) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	step := make([]float32, media.StepLen)
	for {
		mic, err := s.Microphone(ctx, "ear.monitor")
		if err == nil {
			err = mic.Read(step)
			mic.Close()
		}
		speaker, err2 := s.Loudspeaker(ctx, "ear")
		if err2 == nil {
			err2 = speaker.Write(step)
			speaker.Close()
		}
		if err = errors.Join(err, err2); err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatal("sound does not come back: ", err)
		}
	}
}

// TestServerHangs: a sound server that does not answer is waited for by
// nobody, and once it goes on, all is as before.
func TestServerHangs(t *testing.T) {
	p, s := pulse(t, "ear")
	mic, err := s.Microphone(t.Context(), "ear.monitor")
	if err != nil {
		t.Fatal(err)
	}
	speaker, err := s.Loudspeaker(t.Context(), "ear")
	if err != nil {
		t.Fatal(err)
	}
	step := make([]float32, media.StepLen)
	if err := errors.Join(mic.Read(step), speaker.Write(step)); err != nil {
		t.Fatal(err)
	}
	there := s.List()
	if n := streams(t, p); n != 2 {
		t.Fatalf("%d streams of two devices", n)
	}
	resume := paused(t, p)

	returns(t, "Read", func() {
		for err = nil; err == nil; {
			err = mic.Read(step)
		}
	})
	fault(t, err, media.MicrophoneDevice, media.Hung)
	returns(t, "Write", func() {
		for err = nil; err == nil; {
			err = speaker.Write(step)
		}
	})
	fault(t, err, media.LoudspeakerDevice, media.Hung)
	returns(t, "Close of the microphone", func() { err = mic.Close() })
	fault(t, err, media.MicrophoneDevice, media.Hung)
	returns(t, "Close of the loudspeaker", func() { err = speaker.Close() })
	fault(t, err, media.LoudspeakerDevice, media.Hung)
	if err := mic.Read(step); !errors.Is(err, device.ErrClosed) {
		t.Errorf("read after Close: %v", err)
	}
	for range 2 { // the second waits for the first's answer
		var all []media.Device
		returns(t, "List", func() { all = s.List() })
		if len(all) != len(there) {
			t.Errorf("%d devices while the server hangs, there were %d", len(all), len(there))
		}
	}
	returns(t, "opening", func() { _, err = s.Microphone(t.Context(), "ear.monitor") })
	fault(t, err, media.MicrophoneDevice, media.Hung)

	resume()
	works(t, s)
	for late := time.Now().Add(time.Minute); streams(t, p) > 0; {
		if time.Now().After(late) {
			t.Fatal("what hung is not freed")
		}
	}
}

// TestOpeningOnAServerThatHangs: the first use too, and it is given up as soon
// as nobody wants it; the whole of it is closed meanwhile.
func TestOpeningOnAServerThatHangs(t *testing.T) {
	p, s := pulse(t, "ear")
	resume := paused(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var err error
	returns(t, "an opening that is given up", func() { _, err = s.Loudspeaker(ctx, "") })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	returns(t, "opening", func() { _, err = s.Loudspeaker(t.Context(), "") })
	fault(t, err, media.LoudspeakerDevice, media.Hung)
	other := device.New()
	returns(t, "List", func() { other.List() })
	returns(t, "Watch", func() {
		ctx, cancel := context.WithCancel(t.Context())
		_ = other.Watch(ctx, time.Millisecond, func([]media.Device) { cancel() })
	})
	returns(t, "Close", func() { _ = other.Close() })
	resume()
	works(t, s)
}

// TestAnotherServer: when the one that hangs is ended and another started, it
// is used without further ado.
func TestAnotherServer(t *testing.T) {
	p, s := pulse(t, "ear")
	mic, err := s.Microphone(t.Context(), "ear.monitor")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Pause(); err != nil {
		t.Fatal(err)
	}
	returns(t, "Close", func() { mic.Close() })
	returns(t, "List", func() { s.List() })
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := mediatest.StartPulse(t.Context(), "ear")
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	t.Setenv("PULSE_SERVER", again.Server)
	works(t, s)
}
