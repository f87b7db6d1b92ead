package devices

import (
	"time"

	"incamera/media"
)

// A verdict says how a microphone does.
type verdict uint8

const (
	listening verdict = iota // too early to say
	noSound
	tooQuiet
	good
	tooLoud
)

// Limits of the verdict, in dBFS. Speech at a headset peaks around -12; a
// microphone that is muted or unplugged stays below -70, a room that nobody
// speaks in around -55.
const (
	deadBelow  = -66.0
	quietBelow = -32.0
	loudAbove  = -0.5
	patience   = 3 * time.Second // before silence is held against the microphone
	memory     = 4 * time.Second // how long the loudest peak counts
)

// levels remembers the last few seconds of a microphone.
type levels struct {
	since time.Time // of the first level
	now   time.Time
	peak  float64 // loudest of the last seconds, dBFS
	at    time.Time
}

// add takes one more level. Time is the caller's.
func (l *levels) add(now time.Time, level media.Level) {
	if l.since.IsZero() {
		l.since, l.peak = now, level.Peak
	}
	l.now = now
	if level.Peak >= l.peak || now.Sub(l.at) > memory {
		l.peak, l.at = level.Peak, now
	}
}

func (l *levels) verdict() verdict {
	early := l.now.Sub(l.since) < patience
	switch {
	case l.peak >= loudAbove && !l.since.IsZero():
		return tooLoud
	case l.peak >= quietBelow && !l.since.IsZero():
		return good
	case early:
		return listening
	case l.peak < deadBelow:
		return noSound
	}
	return tooQuiet
}
