package engine

import (
	"testing"
	"time"

	"incamera/media"
	"incamera/media/relay"
)

// TestPlayClock: bursts are evened out, a clock that is a little faster is
// followed, and a long wait is not made up for.
func TestPlayClock(t *testing.T) {
	start := time.UnixMilli(1_000_000)
	at := func(ms float64) time.Time { return start.Add(time.Duration(ms * float64(time.Millisecond))) }
	var c playClock
	if got := c.tick(at(0)); !got.Equal(at(0)) {
		t.Errorf("first step at %v", got)
	}
	for n := 1.0; n < 3000; n++ { // three at a time, every 30 ms, 0.1 % too fast
		burst := float64(int(n)/3*3) * 9.99
		last := c.next
		got := c.tick(at(burst))
		if step := got.Sub(last); step < 9*time.Millisecond || step > 11*time.Millisecond {
			t.Fatalf("step %v of %v", n, step)
		}
		if off := got.Sub(at(burst)); off < -40*time.Millisecond || off > 40*time.Millisecond {
			t.Fatalf("step %v is off by %v", n, off)
		}
	}
	if got := c.tick(at(60_000)); !got.Equal(at(60_000)) {
		t.Errorf("after a long wait: %v", got)
	}
}

func TestSampleClock(t *testing.T) {
	var c sampleClock
	ms := time.Millisecond
	for n, now := range []time.Duration{500 * ms, 527 * ms, 535 * ms, 560 * ms, 900 * ms, 901 * ms} {
		if got, want := c.tick(now), 500*ms+time.Duration(n)*20*ms; got != want {
			t.Errorf("frame %d at %v, want %v", n, got, want)
		}
	}
	if got, want := c.tick(60_901*ms), (620+60_000)*ms; got != want {
		t.Errorf("after a minute's sleep at %v, want %v", got, want)
	}
}

// TestStitch: the second track follows the first in number, and in time by as
// long as nothing came.
func TestStitch(t *testing.T) {
	start := time.UnixMilli(1_000_000)
	var s stitch
	p := s.number(relay.Info{Seq: 65535, Stamp: 1000, Arrived: start}, nil)
	if p.Seq != 65535 || p.Stamp != 1000 {
		t.Errorf("first packet %+v", p)
	}
	p = s.number(relay.Info{Seq: 0, Stamp: 1960, Arrived: start.Add(20 * time.Millisecond)}, nil)
	s.open = false
	q := s.number(relay.Info{Seq: 777, Stamp: 5000, Arrived: start.Add(2020 * time.Millisecond)}, nil)
	if q.Seq != p.Seq+1 || q.Stamp != p.Stamp+2*media.SampleRate {
		t.Errorf("second track begins with %+v after %+v", q, p)
	}
	late := s.number(relay.Info{Seq: 776, Stamp: 5000 - media.FrameLen, Arrived: start.Add(2030 * time.Millisecond)}, nil)
	if late.Seq != p.Seq {
		t.Errorf("late packet %+v", late)
	}
}

func TestLonger(t *testing.T) {
	var all []time.Duration
	for p := time.Duration(0); len(all) < 7; {
		p = longer(p)
		all = append(all, p)
	}
	want := []time.Duration{100, 200, 400, 800, 1000, 1000, 1000}
	for i, w := range want {
		if all[i] != w*time.Millisecond {
			t.Errorf("pauses %v", all)
		}
	}
}
