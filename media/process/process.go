// Package process changes and measures sound on its way, step by step, in
// place: how loud it is, and that it never is too loud.
//
// It owns no device and starts no goroutine. Sound is as in package media:
// 48 kHz mono, samples of ±1.
package process

import (
	"math"
	"sync/atomic"

	"incamera/media"
)

// Level measures samples.
func Level(samples []float32) media.Level {
	var sum float64
	var peak float32
	for _, s := range samples {
		sum += float64(s) * float64(s)
		peak = max(peak, s, -s)
	}
	if len(samples) == 0 {
		return media.Silence
	}
	return media.Level{RMS: decibels(math.Sqrt(sum / float64(len(samples)))), Peak: decibels(float64(peak))}
}

// decibels converts an amplitude to dBFS, no less than silence.
func decibels(a float64) float64 {
	return max(20*math.Log10(max(a, 1e-9)), media.Silence.RMS)
}

// fall is how fast a meter's needle falls, in dB a step: 50 dB a second.
const fall = 0.5

// A Meter shows a level that the eye can follow: it rises at once and falls
// slowly. One goroutine adds; any reads. The zero value shows silence.
type Meter struct {
	rms, peak needle
}

// Add takes the next step.
func (m *Meter) Add(step []float32) {
	now := Level(step)
	m.rms.follow(now.RMS)
	m.peak.follow(now.Peak)
}

// Level is what the meter shows.
func (m *Meter) Level() media.Level {
	return media.Level{RMS: m.rms.shown(), Peak: m.peak.shown()}
}

// A needle is a level above silence, so that its zero value is silence.
type needle struct{ bits atomic.Uint64 }

func (n *needle) shown() float64 {
	return media.Silence.RMS + math.Float64frombits(n.bits.Load())
}

func (n *needle) follow(now float64) {
	next := max(now, n.shown()-fall, media.Silence.RMS)
	n.bits.Store(math.Float64bits(next - media.Silence.RMS))
}
