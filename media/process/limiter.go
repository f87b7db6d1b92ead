package process

import "math"

const (
	ceiling = 0.89  // -1 dBFS: what the limiter turns down to
	attack  = 48    // samples over which it turns down: 1 ms
	release = 0.002 // share of full gain it turns up in a millisecond
)

// A Limiter turns sound down that would exceed -1 dBFS, and up again within
// half a second. It adds no delay: what comes too suddenly is bent, never cut
// off at full scale. The zero value is ready.
type Limiter struct {
	reduction float32 // 1 - gain
}

// Limit changes step in place.
func (l *Limiter) Limit(step []float32) {
	var peak float32
	for _, s := range step {
		peak = max(peak, s, -s)
	}
	if peak <= ceiling && l.reduction == 0 {
		return
	}
	l.ramp(step, 1-min(ceiling/max(peak, ceiling), 1))
	for i, s := range step {
		step[i] = bend(s)
	}
}

// ramp moves the reduction towards want: down within attack, up by release.
func (l *Limiter) ramp(step []float32, want float32) {
	r, slope := l.reduction, -float32(release)/48
	if want > r {
		slope = (want - r) / attack
	}
	for i := range step {
		r += slope
		if slope > 0 {
			r = min(r, want)
		} else {
			r = max(r, want)
		}
		step[i] *= 1 - r
	}
	l.reduction = r
}

// bend leaves s below the ceiling alone and keeps the rest below 1.
func bend(s float32) float32 {
	switch {
	case s > ceiling:
		return over(s)
	case s < -ceiling:
		return -over(-s)
	case s != s: // not a number: silence
		return 0
	}
	return s
}

func over(s float32) float32 {
	const room = 1 - ceiling
	return ceiling + room*float32(math.Tanh(float64((s-ceiling)/room)))
}
