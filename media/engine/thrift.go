package engine

import (
	"math"
	"sync"
	"time"

	"incamera/media"
	"incamera/media/opus"
)

// A thrift decides which share of the standard bit rates our picture may
// take: less while the path to the relay loses packets, and all again when it
// does not. The zero value takes all.
type thrift struct {
	mu   sync.Mutex
	less float64 // 1 - share
	at   time.Time
}

const (
	leastShare  = 0.2
	shareEvery  = time.Second // between two changes
	muchLost    = 0.1
	littleLost  = 0.02
	shareGrowth = 1.08
)

// share is what may be taken now, in 1/100.
func (t *thrift) share() float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return math.Round(100*(1-t.less)) / 100
}

// note takes a report of the share of packets lost, at now.
func (t *thrift) note(lost float64, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.at) < shareEvery {
		return
	}
	next := nextShare(1-t.less, lost)
	if next != 1-t.less {
		t.less, t.at = 1-next, now
	}
}

// nextShare is the loss-based half of Google's congestion control
// (draft-ietf-rmcat-gcc-02, section 6).
func nextShare(share, lost float64) float64 {
	switch {
	case lost > muchLost:
		share *= 1 - lost/2
	case lost < littleLost:
		share *= shareGrowth
	}
	return min(max(share, leastShare), 1)
}

// lost is told which share of a track's packets did not reach the relay.
func (e *Engine) lost(t media.Track, share float64) {
	if t == media.Camera {
		e.picture.thrift.note(share, time.Now())
	} else if enc := e.speech.Load(); enc != nil {
		enc.Expect(max(opus.Standard().Loss, int(math.Ceil(100*share))))
	}
}
