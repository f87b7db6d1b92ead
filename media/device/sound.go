package device

import (
	"context"

	"incamera/media"
)

// A Microphone is open, and captures. One goroutine reads.
type Microphone struct{ *handle }

// fresh is how old sound may be in the ring: when its reader was away for
// longer, the older part is left out.
const fresh = 10 * media.StepLen

// Microphone opens the microphone with this id; the default one if id is
// empty. It waits no longer than ctx.
func (s *System) Microphone(ctx context.Context, id string) (*Microphone, error) {
	h, err := s.openSound(ctx, media.MicrophoneDevice, id, captured)
	if err != nil {
		return nil, err
	}
	return &Microphone{h}, nil
}

// captured is the callback of microphones.
func captured(h *handle, in []float32) {
	h.missed.Add(uint64(len(in) - h.ring.write(in)))
	h.signal()
}

// Read waits for the next step and copies it to dst, [media.StepLen] samples.
func (m *Microphone) Read(dst []float32) error {
	for m.ring.held() < len(dst) {
		if err := m.wait(); err != nil {
			return err
		}
	}
	if err := m.ended(); err != nil {
		return err
	}
	if held := m.ring.held(); held > fresh {
		m.missed.Add(uint64(held - len(dst)))
		m.ring.skip(held - len(dst))
	}
	m.ring.take(dst)
	return nil
}

// Lost is how many samples were captured but not read in time.
func (m *Microphone) Lost() uint64 { return m.missed.Load() }

// A Loudspeaker is open, and plays silence until it is given sound. One
// goroutine writes; the device is its clock.
type Loudspeaker struct {
	*handle
	ahead ahead // owned by the goroutine that writes
}

// An ahead is how much sound the ring holds before a writer waits. It grows
// when the device found nothing to play, and shrinks when all was well for long.
type ahead struct {
	steps  int
	missed uint64 // as it was at the last step
	well   int    // steps since it has changed
}

const (
	leastAhead = 2
	mostAhead  = 8
	longEnough = 2000 // steps: 20 s
)

// step takes how many samples were missed so far, and returns how many to hold.
func (a *ahead) step(missed uint64) int {
	a.well++
	switch {
	case a.steps == 0: // what was missed before the first step does not count
		a.steps, a.well = leastAhead, 0
	case missed > a.missed:
		a.steps, a.well = min(a.steps+1, mostAhead), 0
	case a.well >= longEnough:
		a.steps, a.well = max(a.steps-1, leastAhead), 0
	}
	a.missed = missed
	return a.steps * media.StepLen
}

// Loudspeaker opens the loudspeaker with this id; the default one if id is
// empty. It waits no longer than ctx.
func (s *System) Loudspeaker(ctx context.Context, id string) (*Loudspeaker, error) {
	h, err := s.openSound(ctx, media.LoudspeakerDevice, id, wanted)
	if err != nil {
		return nil, err
	}
	return &Loudspeaker{handle: h}, nil
}

// wanted is the callback of loudspeakers.
func wanted(h *handle, out []float32) {
	n := h.ring.take(out)
	clear(out[n:])
	h.missed.Add(uint64(len(out) - n))
	h.signal()
}

// Write plays src, [media.StepLen] samples, after what was written before. It
// waits while the device has enough.
func (l *Loudspeaker) Write(src []float32) error {
	for most := l.ahead.step(l.missed.Load()); l.ring.held() >= most; {
		if err := l.wait(); err != nil {
			return err
		}
	}
	if err := l.ended(); err != nil {
		return err
	}
	l.ring.write(src)
	return nil
}

// Missed is how many samples the device wanted that had not been written.
func (l *Loudspeaker) Missed() uint64 { return l.missed.Load() }
