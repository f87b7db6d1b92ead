package process

import (
	"math"
	"testing"

	"incamera/media"
)

func sine(n int, amplitude float64) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(amplitude * math.Sin(2*math.Pi*float64(i)*500/media.SampleRate))
	}
	return s
}

func TestLevel(t *testing.T) {
	for _, c := range []struct {
		name    string
		samples []float32
		want    media.Level
	}{
		{"nothing", nil, media.Silence},
		{"silence", make([]float32, media.StepLen), media.Silence},
		{"full sine", sine(media.StepLen, 1), media.Level{RMS: -3.01, Peak: 0}},
		{"tenth", sine(media.StepLen, 0.1), media.Level{RMS: -23.01, Peak: -20}},
		{"negative peak", []float32{0, -0.5, 0, 0}, media.Level{RMS: -12.04, Peak: -6.02}},
	} {
		got := Level(c.samples)
		if math.Abs(got.RMS-c.want.RMS) > 0.05 || math.Abs(got.Peak-c.want.Peak) > 0.05 {
			t.Errorf("%s: %.2f, want %.2f", c.name, got, c.want)
		}
	}
}

func TestMeterRisesAtOnceAndFallsSlowly(t *testing.T) {
	var m Meter
	if m.Level() != media.Silence {
		t.Errorf("zero meter shows %v", m.Level())
	}
	m.Add(sine(media.StepLen, 1))
	if p := m.Level().Peak; math.Abs(p) > 0.05 {
		t.Errorf("peak %v after a full step, want 0", p)
	}
	silence := make([]float32, media.StepLen)
	for range 50 {
		m.Add(silence)
	}
	if p := m.Level().Peak; math.Abs(p+25) > 0.5 {
		t.Errorf("peak %v half a second later, want -25", p)
	}
	for range 500 {
		m.Add(silence)
	}
	if m.Level() != media.Silence {
		t.Errorf("%v at last, want silence", m.Level())
	}
}

func TestLimiterLeavesQuietSoundAlone(t *testing.T) {
	var l Limiter
	got, want := sine(media.StepLen, 0.8), sine(media.StepLen, 0.8)
	l.Limit(got)
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("sample %d changed", i)
		}
	}
}

func TestLimiterHoldsLoudSound(t *testing.T) {
	for _, amplitude := range []float64{0.95, 1.5, 4, 1000} {
		var l Limiter
		for n := range 20 {
			step := sine(media.StepLen, amplitude)
			l.Limit(step)
			level := Level(step)
			if level.Peak > 0 {
				t.Errorf("%v, step %d: peak %.2f dBFS", amplitude, n, level.Peak)
			}
			if n > 0 && math.Abs(level.Peak+1.01) > 0.1 {
				t.Errorf("%v, step %d: peak %.2f dBFS, want -1", amplitude, n, level.Peak)
			}
		}
	}
}

func TestLimiterLetsGo(t *testing.T) {
	var l Limiter
	l.Limit(sine(media.StepLen, 2))
	for range 60 {
		l.Limit(sine(media.StepLen, 0.5))
	}
	step := sine(media.StepLen, 0.5)
	l.Limit(step)
	if p := Level(step).Peak; math.Abs(p+6.02) > 0.05 {
		t.Errorf("peak %.2f dBFS 600 ms later, want -6", p)
	}
}

func TestLimiterSilencesWhatIsNoNumber(t *testing.T) {
	var l Limiter
	step := []float32{float32(math.NaN()), 2, float32(math.Inf(1)), float32(math.Inf(-1))}
	l.Limit(step)
	for i, s := range step {
		if !(s >= -1 && s <= 1) {
			t.Errorf("sample %d is %v", i, s)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	var m Meter
	var l Limiter
	step := sine(media.StepLen, 1.2)
	if n := testing.AllocsPerRun(100, func() { m.Add(step); l.Limit(step) }); n != 0 {
		t.Errorf("%v allocations a step, want 0", n)
	}
}

func BenchmarkStep(b *testing.B) {
	var m Meter
	var l Limiter
	loud := sine(media.StepLen, 1.2)
	step := make([]float32, media.StepLen)
	b.ReportAllocs()
	for b.Loop() {
		copy(step, loud)
		m.Add(step)
		l.Limit(step)
	}
}
