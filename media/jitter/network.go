package jitter

import (
	"slices"
	"time"
)

const (
	memory = 256 // packets whose transit is remembered: 5 s
	recent = 25  // of these, which say how fast the way is now: 0.5 s
	few    = 10  // packets after which something is known
)

// A network remembers how long packets were on their way. A transit is the
// time of arrival less the time of capture; as the clocks have nothing to do
// with each other, only differences mean something.
type network struct {
	transits [memory]time.Duration
	n        int     // how many there have been
	loss     float64 // share of packets lost of late
	sorted   [memory]time.Duration
	latest   time.Duration // all but one packet in a hundred were faster
}

func (w *network) add(transit time.Duration) {
	w.transits[w.n%memory] = transit
	w.n++
	held := w.sorted[:copy(w.sorted[:], w.transits[:min(w.n, memory)])]
	slices.Sort(held)
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
	return fast + min(max(w.latest-fast+slack, least), MaxHold)
}

const (
	settle = 8                     // frames between two changes of pace
	above  = 15 * time.Millisecond // how far the delay may be off
	below  = 10 * time.Millisecond
	far    = 50 * time.Millisecond
)

// A pacer leads the delay to the goal. It acts on the least delay of the last
// frames, as playout is not perfectly regular either.
type pacer struct {
	least time.Duration // on the scale of transits
	n     int
	hold  time.Duration
}

// next takes the delay of the frame to be played.
func (p *pacer) next(delay, goal, fastest time.Duration) (pace Pace, urgent bool) {
	if p.n == 0 || delay < p.least {
		p.least = delay
	}
	p.n++
	p.hold = delay - fastest
	urgent = p.least-goal > far
	if p.n < settle && !urgent {
		return Asis, false
	}
	switch {
	case p.least-goal > above:
		pace = Shorter
	case p.least-goal < -below:
		pace = Longer
	case p.n < 2*settle:
		return Asis, false
	}
	p.forget()
	return pace, urgent
}

// forget starts over after a change.
func (p *pacer) forget() { p.n = 0 }
