package device_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"incamera/media"
	"incamera/media/device"
	"incamera/media/mediatest"
)

// pulse starts a sound server and makes it that of this process.
func pulse(t *testing.T, sinks ...string) (*mediatest.Pulse, *device.System) {
	t.Helper()
	p, err := mediatest.StartPulse(t.Context(), sinks...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("PULSE_SERVER", p.Server)
	s := device.New()
	t.Cleanup(func() { s.Close() })
	return p, s
}

func fault(t *testing.T, err error, kind media.DeviceKind, want media.Fault) {
	t.Helper()
	e, ok := errors.AsType[*media.DeviceError](err)
	if !ok || e.Kind != kind || e.Fault != want {
		t.Errorf("%v; want kind %d, fault %d", err, kind, want)
	}
}

func TestList(t *testing.T) {
	_, s := pulse(t, "speakers", "headset")
	var names []string
	for _, d := range s.List() {
		switch d.Kind {
		case media.MicrophoneDevice:
			t.Errorf("a monitor is listed: %+v", d)
		case media.LoudspeakerDevice:
			names = append(names, d.ID)
			if d.Name == "" || d.Default != (d.ID == "speakers") {
				t.Errorf("%+v", d)
			}
		}
	}
	if !slices.Equal(names, []string{"speakers", "headset"}) {
		t.Errorf("loudspeakers %v", names)
	}
}

func TestMissingDevices(t *testing.T) {
	_, s := pulse(t)
	_, err := s.Microphone(t.Context(), "nowhere")
	fault(t, err, media.MicrophoneDevice, media.Missing)
	_, err = s.Loudspeaker(t.Context(), "nowhere")
	fault(t, err, media.LoudspeakerDevice, media.Missing)
	s.Close()
	if _, err := s.Microphone(t.Context(), ""); err == nil {
		t.Error("opened when closed")
	}
}

func TestNoSoundServer(t *testing.T) {
	t.Setenv("PULSE_SERVER", "unix:"+t.TempDir()+"/none")
	s := device.New()
	defer s.Close()
	_, err := s.Microphone(t.Context(), "")
	if _, ok := errors.AsType[*media.DeviceError](err); !ok {
		t.Errorf("%v", err)
	}
}

// TestMouthToEar: what is played into a microphone comes out of a loudspeaker
// through this process.
func TestMouthToEar(t *testing.T) {
	p, s := pulse(t, "ear", "mouth")
	mic, err := s.Microphone(t.Context(), "mouth.monitor")
	if err != nil {
		t.Fatal(err)
	}
	speaker, err := s.Loudspeaker(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		step := make([]float32, media.StepLen)
		for mic.Read(step) == nil && speaker.Write(step) == nil {
		}
	})
	said, heard := both(t, p)
	mic.Close()
	speaker.Close()
	wait.Wait()
	// How well it comes through depends on how busy the machine is; that it
	// does, a single window shows.
	m := mediatest.Correlate(said.Samples, heard.Samples)
	t.Logf("delay %v, correlation %.3f, lost %d, missed %d",
		m.Delay+heard.Start.Sub(said.Start), m.Correlation, mic.Lost(), speaker.Missed())
	best := 0.0
	for _, w := range said.FindIn(heard, time.Second) {
		best = max(best, w.Correlation)
	}
	if best < 0.5 {
		t.Errorf("the best of all windows is %.3f alike", best)
	}
}

// both records the mouth and the ear while something is said.
func both(t *testing.T, p *mediatest.Pulse) (said, heard mediatest.Recording) {
	t.Helper()
	var r [2]*mediatest.Recorder
	for i, source := range []string{"mouth.monitor", "ear.monitor"} {
		var err error
		if r[i], err = p.Record(t.Context(), source); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Play(t.Context(), "mouth", mediatest.Babble(5, 3*time.Second)); err != nil {
		t.Fatal(err)
	}
	var errs [2]error
	said, errs[0] = r[0].Stop()
	heard, errs[1] = r[1].Stop()
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return said, heard
}

func TestCloseEndsReadAndWrite(t *testing.T) {
	_, s := pulse(t, "ear")
	mic, err := s.Microphone(t.Context(), "ear.monitor")
	if err != nil {
		t.Fatal(err)
	}
	speaker, err := s.Loudspeaker(t.Context(), "ear")
	if err != nil {
		t.Fatal(err)
	}
	if mic.Device().ID != "ear.monitor" || speaker.Device().ID != "ear" {
		t.Errorf("%+v, %+v", mic.Device(), speaker.Device())
	}
	var wait sync.WaitGroup
	ends := make(chan error, 2)
	wait.Go(func() {
		step, err := make([]float32, media.StepLen), error(nil)
		for err == nil {
			err = mic.Read(step)
		}
		ends <- err
	})
	wait.Go(func() {
		step, err := make([]float32, media.StepLen), error(nil)
		for err == nil {
			err = speaker.Write(step)
		}
		ends <- err
	})
	for range 2 {
		mic.Close()
		speaker.Close()
	}
	wait.Wait()
	for range 2 {
		if err := <-ends; !errors.Is(err, device.ErrClosed) {
			t.Errorf("ended with %v", err)
		}
	}
}

// TestPlugAndPull: what is plugged in is seen, what is pulled fails though the
// server would move it elsewhere.
func TestPlugAndPull(t *testing.T) {
	p, s := pulse(t, "ear")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	changes := make(chan []media.Device, 16)
	var wait sync.WaitGroup
	wait.Go(func() {
		_ = s.Watch(ctx, 20*time.Millisecond, func(all []media.Device) { changes <- all })
	})
	has := func(all []media.Device) bool {
		return slices.ContainsFunc(all, func(d media.Device) bool { return d.ID == "headset" })
	}
	if has(<-changes) {
		t.Error("there already")
	}
	pull, err := p.Plug(t.Context(), "headset")
	if err != nil {
		t.Fatal(err)
	}
	for !has(<-changes) {
	}
	mic, speaker := putOn(t, s)
	step := make([]float32, media.StepLen)
	if err := pull(t.Context()); err != nil {
		t.Fatal(err)
	}
	for has(<-changes) {
	}
	for err = nil; err == nil; {
		err = mic.Read(step)
	}
	fault(t, err, media.MicrophoneDevice, media.Pulled)
	for err = nil; err == nil; {
		err = speaker.Write(step)
	}
	fault(t, err, media.LoudspeakerDevice, media.Pulled)
	cancel()
	wait.Wait()
}

// TestServerEnds: when the sound server goes away, so do its devices; when it
// is back, they can be opened again.
func TestServerEnds(t *testing.T) {
	p, s := pulse(t, "ear")
	mic, err := s.Microphone(t.Context(), "ear.monitor")
	if err != nil {
		t.Fatal(err)
	}
	step := make([]float32, media.StepLen)
	if err := mic.Read(step); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for err = nil; err == nil; {
		err = mic.Read(step)
	}
	fault(t, err, media.MicrophoneDevice, media.Hung) // as nobody looks which devices there are
	mic.Close()
	_, err = s.Microphone(t.Context(), "ear.monitor")
	fault(t, err, media.MicrophoneDevice, media.Missing)

	again, err := mediatest.StartPulse(t.Context(), "ear")
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	t.Setenv("PULSE_SERVER", again.Server)
	mic, err = s.Microphone(t.Context(), "ear.monitor")
	if err != nil {
		t.Fatal(err)
	}
	defer mic.Close()
	if err := mic.Read(step); err != nil {
		t.Error(err)
	}
}

// TestBackAtOnce: a device that is pulled and back before anybody has looked
// has lost its stream without a word. That is noticed, and it can be opened again.
func TestBackAtOnce(t *testing.T) {
	p, s := pulse(t, "ear")
	pull, err := p.Plug(t.Context(), "headset")
	if err != nil {
		t.Fatal(err)
	}
	mic, speaker := putOn(t, s)
	step := make([]float32, media.StepLen)
	if err := pull(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Plug(t.Context(), "headset"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for err = nil; err == nil; {
		err = mic.Read(step)
	}
	fault(t, err, media.MicrophoneDevice, media.Hung)
	for err = nil; err == nil; {
		err = speaker.Write(step)
	}
	fault(t, err, media.LoudspeakerDevice, media.Hung)
	t.Log("noticed after", time.Since(began))
	again, err := s.Microphone(t.Context(), "headset.monitor")
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := again.Read(step); err != nil {
		t.Error(err)
	}
}

// putOn opens both sides of the headset, which are closed at the end of the
// test, and uses them once.
func putOn(t *testing.T, s *device.System) (*device.Microphone, *device.Loudspeaker) {
	t.Helper()
	mic, err := s.Microphone(t.Context(), "headset.monitor")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mic.Close() }) // the test may have closed it
	speaker, err := s.Loudspeaker(t.Context(), "headset")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = speaker.Close() }) // as above
	step := make([]float32, media.StepLen)
	if err := errors.Join(mic.Read(step), speaker.Write(step)); err != nil {
		t.Fatal(err)
	}
	return mic, speaker
}
