package sittingtest

import (
	"math/rand/v2"
	"sync"
	"time"
)

// A Wobble makes a link delay, double, reorder and lose what goes over it. A
// nil Wobble does none of it. Chances are of 0 to 1.
type Wobble struct {
	Delay                 time.Duration // at most, each time
	Double, Reorder, Lose float64

	mu  sync.Mutex
	rng *rand.Rand // guarded by mu
}

// Seed has chance fall alike each time.
func (w *Wobble) Seed(seed uint64) *Wobble {
	w.rng = rand.New(rand.NewPCG(seed, seed))
	return w
}

func (w *Wobble) chance(p float64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rng.Float64() < p
}

// copies is how often a request arrives.
func (w *Wobble) copies() int {
	switch {
	case w == nil:
		return 1
	case w.chance(w.Lose):
		return 0
	case w.chance(w.Double):
		return 2
	}
	return 1
}

// disturb returns the entries as they arrive.
func (w *Wobble) disturb(entries [][]byte) [][]byte {
	if w == nil {
		return entries
	}
	var out [][]byte
	for _, e := range entries {
		for range w.copies() {
			out = append(out, e)
		}
		if n := len(out); n > 1 && w.chance(w.Reorder) {
			out[n-1], out[n-2] = out[n-2], out[n-1]
		}
	}
	return out
}

func (w *Wobble) delay() {
	if w == nil || w.Delay == 0 {
		return
	}
	w.mu.Lock()
	d := time.Duration(w.rng.Int64N(int64(w.Delay)))
	w.mu.Unlock()
	time.Sleep(d)
}
