package engine

import (
	"time"

	"incamera/media/vp8"
)

// A haste decides how fast, and so how coarsely, pictures are encoded: faster
// while encoding takes so much of the time between two pictures that a weak
// machine has too little left for the rest, and finer again when it does not.
// A step costs about a quarter of a decibel. The zero value has no haste.
type haste struct {
	more  int     // than the standard's speed
	share float64 // of the time between two pictures that encoding takes, of late
	n     int     // pictures since the last step up
	calm  int     // pictures in a row with a small share, since the last step down
}

const (
	mostHaste   = 6
	hasteStep   = 2
	muchShare   = 0.4
	littleShare = 0.15
	hasteSoon   = 15  // pictures before more haste
	hasteLate   = 300 // pictures before less: 10 s
)

// note takes how long one picture took, of rate a second, and returns the
// speed for the next one.
func (h *haste) note(took time.Duration, o vp8.Options) (speed int) {
	h.n++
	h.share += (took.Seconds()*float64(o.Rate) - h.share) / hasteSoon
	h.calm++
	if h.share >= littleShare {
		h.calm = 0
	}
	switch {
	case h.share > muchShare && h.n >= hasteSoon && h.more < mostHaste:
		h.more, h.n = h.more+hasteStep, 0
	case h.calm >= hasteLate && h.more > 0:
		h.more, h.calm = h.more-hasteStep, 0
	}
	return o.Speed + h.more
}
