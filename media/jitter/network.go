package jitter

import (
	"slices"
	"time"

	"incamera/media"
)

const (
	memory = 512 // packets whose transit is remembered: 10 s
	recent = 25  // of these, which say how fast the way is now: 0.5 s
	few    = 10  // packets after which something is known

	mostHold = MaxHold - media.FrameTime // that is aimed at; a fast packet is not to be left out right away
)

// A network remembers how long packets were on their way. A transit is the
// time of arrival less the time of capture; as the clocks have nothing to do
// with each other, only differences mean something.
type network struct {
	transits [memory]time.Duration
	sorted   [memory]time.Duration // the same, in order
	n        int                   // how many there have been
	latest   time.Duration         // all but one packet in a hundred were faster
	loss     float64               // share of packets lost of late
}

func (w *network) add(transit time.Duration) {
	held := w.sorted[:min(w.n, memory)]
	if w.n >= memory {
		oldest, _ := slices.BinarySearch(held, w.transits[w.n%memory])
		held = slices.Delete(held, oldest, oldest+1)
	}
	place, _ := slices.BinarySearch(held, transit)
	held = slices.Insert(held, place, transit)
	w.transits[w.n%memory] = transit
	w.n++
	w.latest = held[len(held)-1-len(held)/100]
}

// lost takes up that one more packet was lost, or was not.
func (w *network) lost(yes bool) {
	share := 0.0
	if yes {
		share = 1
	}
	w.loss += (share - w.loss) / 128
}

// fastest is the shortest transit of late.
func (w *network) fastest() time.Duration {
	fast := time.Duration(1<<63 - 1)
	for i := max(w.n-recent, 0); i < w.n; i++ {
		fast = min(fast, w.transits[i%memory])
	}
	return fast
}

// goal is the best time between capture and turn, on the scale of transits.
func (w *network) goal(lossy bool) time.Duration {
	fast, least := w.fastest(), MinHold
	switch {
	case w.n < few:
		least = firstHold
	case lossy:
		least = lossyHold
	}
	return fast + min(max(w.latest-fast+slack, least), mostHold)
}

const (
	settle = 8                     // frames between two changes of pace
	calm   = 50                    // frames that the delay must have been too long: 1 s
	above  = 12 * time.Millisecond // how far the delay may be off; with below, more than one change
	below  = 10 * time.Millisecond
	far    = 50 * time.Millisecond
)

// A pacer leads the delay to the goal. It acts on the least delay of the last
// frames, as playout is not perfectly regular either. It makes the delay
// longer soon, as sound would be lost, and shorter late, as that may not last.
type pacer struct {
	least time.Duration // on the scale of transits
	n     int           // frames that count for what is to be done
	fresh bool          // least is of before the last change
	hold  time.Duration
}

// next takes the delay of the frame to be played.
func (p *pacer) next(delay, goal, fastest time.Duration) (pace Pace, urgent bool) {
	if p.n == 0 || p.fresh || delay < p.least {
		p.least, p.fresh = delay, false
	}
	p.n++
	p.hold = delay - fastest
	switch off := p.least - goal; {
	case off > far:
		p.n, p.fresh = calm-settle, true
		return Shorter, true
	case off < -below && p.n >= settle:
		p.forget()
		return Longer, false
	case off > above && p.n >= calm:
		p.n, p.fresh = calm-settle, true
		return Shorter, false
	case p.n >= calm:
		p.forget()
	}
	return Asis, false
}

// forget starts over after a change.
func (p *pacer) forget() { p.n = 0 }
