package mediatest

import (
	"errors"
	"testing"
	"time"
)

// TestPulse plays to a null sink and records its monitor twice: two recordings
// of one sound are on one clock.
func TestPulse(t *testing.T) {
	p, err := StartPulse(t.Context(), "one", "two")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var recorders [2]*Recorder
	for i := range recorders {
		if recorders[i], err = p.Record(t.Context(), "one.monitor"); err != nil {
			t.Fatal(err)
		}
	}
	said := Babble(5, 2*time.Second)
	if err := p.Play(t.Context(), "one", said); err != nil {
		t.Fatal(err)
	}
	a, e1 := recorders[0].Stop()
	b, e2 := recorders[1].Stop()
	if err := errors.Join(e1, e2); err != nil {
		t.Fatal(err)
	}
	// How well depends on how busy the machine is.
	if m := Correlate(said, a.Samples); m.Correlation < 0.2 {
		t.Errorf("not what was played: %+v", m)
	}
	m := Correlate(a.Samples, b.Samples)
	t.Logf("recordings are off by %v: %+v", m.Delay+b.Start.Sub(a.Start), m)
	if m.Correlation < 0.5 {
		t.Errorf("recordings differ: %+v", m)
	}
}

func TestPulseSaysWhatIsWrong(t *testing.T) {
	p, err := StartPulse(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Record(t.Context(), "nowhere"); err == nil {
		t.Error("recorded from nowhere")
	}
	if err := p.Play(t.Context(), "nowhere", make([]float32, 100)); err == nil {
		t.Error("played to nowhere")
	}
	if err := p.Control(t.Context(), "set-default-sink", "nowhere"); err == nil {
		t.Error("made the default what is not there")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := p.Record(t.Context(), "one.monitor"); err == nil {
		t.Error("recorded from a server that has ended")
	}
}
