package mix

import (
	"math"
	"testing"

	"incamera/media"
	"incamera/media/process"
)

func newMixer() *Mixer {
	return &Mixer{Measure: process.Level, Limit: new(process.Limiter).Limit}
}

func flat(value float32) []float32 {
	s := make([]float32, media.StepLen)
	for i := range s {
		s[i] = value
	}
	return s
}

// step mixes one step of constant sounds.
func step(m *Mixer, dst []float32, sounds map[string]float32, gain float32) {
	m.Begin(dst)
	for member, s := range sounds {
		m.Add(member, flat(s), gain)
	}
	m.End()
}

func TestMembersAddUp(t *testing.T) {
	m, dst := newMixer(), flat(9)
	both := map[string]float32{"a": 0.25, "b": -0.5}
	step(m, dst, both, 1) // fades in
	step(m, dst, both, 1)
	for i, s := range dst {
		if math.Abs(float64(s)+0.25) > 1e-6 {
			t.Fatalf("sample %d is %v, want -0.25", i, s)
		}
	}
	if l := m.Level("b"); math.Abs(l.Peak+6.02) > 0.01 {
		t.Errorf("b is at %v, want -6 dBFS", l)
	}
	if l := m.Level("c"); l != media.Silence {
		t.Errorf("nobody is at %v", l)
	}
}

func TestNobodyIsSilence(t *testing.T) {
	m, dst := newMixer(), flat(1)
	step(m, dst, nil, 1)
	for _, s := range dst {
		if s != 0 {
			t.Fatal("sound from nobody")
		}
	}
}

func TestGainNeverJumps(t *testing.T) {
	m, dst := newMixer(), flat(0)
	last := float32(0)
	for n, gain := range []float32{1, 1, 0.2, 0, 0, 1, 0.5} {
		step(m, dst, map[string]float32{"a": 0.8}, gain)
		for i, s := range dst {
			if math.Abs(float64(s-last)) > 0.8/float64(media.StepLen)+1e-6 {
				t.Fatalf("step %d, sample %d jumps from %v to %v", n, i, last, s)
			}
			last = s
		}
		if math.Abs(float64(last-0.8*gain)) > 1e-6 {
			t.Errorf("step %d ends at %v, want %v", n, last, 0.8*gain)
		}
	}
}

func TestWhoComesBackFadesIn(t *testing.T) {
	m, dst := newMixer(), flat(0)
	a := map[string]float32{"a": 0.8}
	step(m, dst, a, 1)
	step(m, dst, nil, 1)
	if m.Level("a") != media.Silence {
		t.Error("a has a level without a sound")
	}
	step(m, dst, a, 1)
	if dst[0] > 0.01 {
		t.Errorf("comes back at %v", dst[0])
	}
}

func TestManyLoudMembersStayInRange(t *testing.T) {
	m, dst := newMixer(), flat(0)
	all := map[string]float32{}
	for c := 'a'; c < 'm'; c++ {
		all[string(c)] = 0.9
	}
	for range 5 {
		step(m, dst, all, 1)
		for i, s := range dst {
			if s > 1 || s < -1 {
				t.Fatalf("sample %d is %v", i, s)
			}
		}
	}
}

func TestVoicesAreForgotten(t *testing.T) {
	m, dst := newMixer(), flat(0)
	step(m, dst, map[string]float32{"a": 0.5}, 1)
	for range forget + 1 {
		step(m, dst, nil, 1)
	}
	if len(m.voices) != 0 {
		t.Errorf("%d voices remembered", len(m.voices))
	}
}

func TestNoAllocations(t *testing.T) {
	m, dst, src := newMixer(), flat(0), flat(0.1)
	cycle := func() {
		m.Begin(dst)
		m.Add("a", src, 1)
		m.Add("b", src, 1)
		m.End()
	}
	cycle()
	if n := testing.AllocsPerRun(100, cycle); n != 0 {
		t.Errorf("%v allocations a step, want 0", n)
	}
}

func BenchmarkStep(b *testing.B) {
	m, dst, src := newMixer(), flat(0), flat(0)
	b.ReportAllocs()
	for b.Loop() {
		m.Begin(dst)
		for _, member := range [...]string{"a", "b", "c", "d"} {
			m.Add(member, src, 1)
		}
		m.End()
	}
}
