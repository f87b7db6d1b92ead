package jitter

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"incamera/media"
)

// A tone decodes packet n to the n-th 20 ms of a tone of 110 Hz with
// overtones, like a voice.
type tone struct{ at int }

func (d *tone) Decode(frame []float32, payload []byte) error {
	if len(payload) != 4 {
		return errors.New("bad payload")
	}
	d.at = number(payload) * media.FrameLen
	return d.Conceal(frame)
}

func (d *tone) DecodeFEC(frame []float32, next []byte) error {
	d.at = (number(next) - 1) * media.FrameLen
	return d.Conceal(frame)
}

// Conceal knows the tone, as the tests are about time only.
func (d *tone) Conceal(frame []float32) error {
	for i := range frame {
		x := 2 * math.Pi * 110 * float64(d.at+i) / media.SampleRate
		frame[i] = float32(0.2*math.Sin(x) + 0.1*math.Sin(2*x+1) + 0.05*math.Sin(5*x))
	}
	d.at += len(frame)
	return nil
}

func newVoice() *Voice { return NewVoice(new(tone)) }

func TestSpeechHasNoClicks(t *testing.T) {
	// 80 ms of jitter, then none: the hold grows and shrinks again.
	p := func(n int) (time.Duration, bool) {
		if n < 300 {
			return ms(30 + float64(n*37%80)), true
		}
		return ms(30), true
	}
	v := newVoice()
	step := make([]float32, media.StepLen)
	var last float32
	arrivals := map[int]int{}
	for n := range 1000 {
		d, _ := p(n)
		arrivals[n] = n*20 + int(d/time.Millisecond)
	}
	heard := 0
	for now := 0; now < 20000; now += 10 {
		for n, at := range arrivals {
			if at <= now {
				v.Push(packet(n), zero.Add(ms(float64(at))))
				delete(arrivals, n)
			}
		}
		if v.Read(step, zero.Add(ms(float64(now)))) {
			heard++
		}
		for i, s := range step {
			if heard > 1 && math.Abs(float64(s-last)) > 0.03 && v.Stats().Concealed == 0 {
				t.Fatalf("at %d ms, sample %d: from %v to %v", now, i, last, s)
			}
			last = s
		}
	}
	if s := v.Stats(); s.Shortened == 0 || heard < 1950 {
		t.Errorf("%d steps heard: %+v", heard, s)
	}
}

// TestBusyMachine: packets come in clumps and playout is irregular. Little is
// left out, and the delay is not changed all the time.
func TestBusyMachine(t *testing.T) {
	for _, c := range []struct {
		name          string
		body          float64 // mean of the jitter
		spike, every  float64 // of this height at most, one packet in so many
		wobble        float64 // of playout
		lost, stretch uint64  // frames at most; changes of pace at most
	}{
		{"calm", 2, 0, 1e9, 2, 1, 3},
		{"busy", 5, 60, 150, 8, 15, 25},
		{"very busy", 12, 150, 100, 20, 100, 60},
	} {
		r := rand.New(rand.NewPCG(5, 6))
		const packets = 3000
		arrivals, last := make([]int, packets), 0
		for n := range arrivals {
			d := c.body * r.ExpFloat64()
			if r.Float64() < 1/c.every {
				d += c.spike * r.Float64()
			}
			last = max(n*20+int(d), last)
			arrivals[n] = last
		}
		v, step := newVoice(), make([]float32, media.StepLen)
		var changes uint64
		var before Stats
		next, steps, late := 0, 0, 0.0
		for now := range packets * 20 {
			at := zero.Add(ms(float64(now)))
			for ; next < packets && arrivals[next] <= now; next++ {
				v.Push(packet(next), at)
			}
			for float64(now) >= float64(steps*10)+late {
				v.Read(step, at)
				steps++
				late = r.Float64() * c.wobble
				if s := v.Stats(); s.Shortened != before.Shortened || s.Lengthened != before.Lengthened {
					changes, before = changes+1, s
				}
			}
		}
		if s := v.Stats(); s.Concealed+s.Stale > c.lost || changes > c.stretch || s.Played < packets-c.lost-10 {
			t.Errorf("%s: %d changes of pace, %+v", c.name, changes, s)
		}
	}
}

func TestSilenceIsSaid(t *testing.T) {
	v := newVoice()
	step := make([]float32, media.StepLen)
	if v.Read(step, zero) {
		t.Error("sound before the first packet")
	}
	for n := range 10 {
		v.Push(packet(n), zero.Add(time.Duration(n)*media.FrameTime))
	}
	now, heard := zero.Add(ms(200)), 0
	for range 60 {
		now = now.Add(media.Step)
		if v.Read(step, now) {
			heard++
		}
	}
	if heard < 14 || heard > 32 {
		t.Errorf("%d steps heard of ten packets", heard)
	}
	for _, s := range step {
		if s != 0 {
			t.Fatal("silence is not silent")
		}
	}
}

func TestBadPayloadIsConcealed(t *testing.T) {
	v := newVoice()
	step := make([]float32, media.StepLen)
	heard := 0
	for n := range 50 {
		p := packet(n)
		if n == 20 {
			p.Payload = []byte{1}
		}
		now := zero.Add(time.Duration(n) * media.FrameTime)
		v.Push(p, now)
		for half := range 2 {
			if v.Read(step, now.Add(time.Duration(half)*media.Step)) {
				heard++
			}
		}
	}
	if heard < 94 {
		t.Errorf("%d steps heard", heard)
	}
}

func TestStretch(t *testing.T) {
	var d tone
	x := make([]float32, 2*media.FrameLen)
	if err := d.Conceal(x); err != nil {
		t.Fatal(err)
	}
	const pitch = media.SampleRate / 110.0
	whole := func(change int) bool {
		periods := float64(change) / pitch
		return change > 0 && math.Abs(periods-math.Round(periods)) < 0.02
	}
	short := shorten(nil, x, false)
	long := lengthen(nil, x)
	if !whole(len(x)-len(short)) || !whole(len(long)-len(x)) {
		t.Errorf("%d samples became %d and %d", len(x), len(short), len(long))
	}
	for _, y := range [][]float32{short, long} {
		for i := 1; i < len(y); i++ {
			if math.Abs(float64(y[i]-y[i-1])) > 0.02 {
				t.Fatalf("of %d, sample %d jumps", len(y), i)
			}
		}
	}
	if silence := shorten(nil, make([]float32, media.FrameLen), false); len(silence) != media.FrameLen-maxLag {
		t.Errorf("silence became %d", len(silence))
	}
	if tiny := shorten(nil, x[:100], true); len(tiny) != 100 {
		t.Errorf("100 samples became %d", len(tiny))
	}
}

func TestNoAllocations(t *testing.T) {
	v := newVoice()
	step := make([]float32, media.StepLen)
	p := packet(0)
	n, now := 0, zero
	cycle := func() {
		p.Seq++
		p.Stamp += media.FrameLen
		now = now.Add(media.FrameTime)
		v.Push(p, now.Add(ms(float64(n*7%60))))
		v.Read(step, now)
		v.Read(step, now.Add(media.Step))
		n++
	}
	for range 100 {
		cycle()
	}
	if got := testing.AllocsPerRun(500, cycle); got != 0 {
		t.Errorf("%v allocations a frame, want 0", got)
	}
}

func BenchmarkFrame(b *testing.B) {
	v := NewVoice(mute{})
	step := make([]float32, media.StepLen)
	p, now := packet(0), zero
	b.ReportAllocs()
	for b.Loop() {
		p.Seq++
		p.Stamp += media.FrameLen
		now = now.Add(media.FrameTime)
		v.Push(p, now)
		v.Read(step, now)
		v.Read(step, now.Add(media.Step))
	}
}

func BenchmarkStretch(b *testing.B) {
	var d tone
	x := make([]float32, media.FrameLen)
	if err := d.Conceal(x); err != nil {
		b.Fatal(err)
	}
	dst := make([]float32, 0, 2*media.FrameLen)
	b.ReportAllocs()
	for b.Loop() {
		dst = lengthen(dst[:0], x)
	}
}

// mute decodes at no cost.
type mute struct{}

func (mute) Decode([]float32, []byte) error    { return nil }
func (mute) DecodeFEC([]float32, []byte) error { return nil }
func (mute) Conceal([]float32) error           { return nil }
