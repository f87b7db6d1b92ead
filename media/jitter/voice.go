package jitter

import (
	"sync"
	"time"

	"incamera/media"
)

// A Decoder decodes frames of 20 ms, [media.FrameLen] samples. Package opus
// has one. Only the goroutine that reads a [Voice] calls it.
type Decoder interface {
	Decode(frame []float32, payload []byte) error
	// DecodeFEC makes up the frame before next.
	DecodeFEC(frame []float32, next []byte) error
	Conceal(frame []float32) error
}

// A Voice is the sound of one remote track: packets in, steps out. One
// goroutine may push while another reads.
type Voice struct {
	decoder Decoder // constant

	mu     sync.Mutex
	buffer Buffer // guarded by mu, as is the next line
	stats  Stats  // what stretching adds to the buffer's

	// owned by the goroutine that reads
	payload []byte
	frame   [media.FrameLen]float32
	ready   []float32 // decoded, not yet read
	spare   []float32
	last    float32 // the sample before
	silent  bool
}

// NewVoice returns a voice that decodes with d.
func NewVoice(d Decoder) *Voice {
	const most = 4 * media.FrameLen
	return &Voice{
		decoder: d, silent: true,
		payload: make([]byte, 0, maxPayload),
		ready:   make([]float32, 0, most), spare: make([]float32, 0, most),
	}
}

// Push takes p, which arrived now.
func (v *Voice) Push(p Packet, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.buffer.Push(p, now)
}

// Stats returns the counts so far.
func (v *Voice) Stats() Stats {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.buffer.Stats()
	s.Shortened, s.Lengthened = v.stats.Shortened, v.stats.Lengthened
	return s
}

// Read fills step, [media.StepLen] samples that are played from now on, and
// reports whether there is any sound in it.
func (v *Voice) Read(step []float32, now time.Time) bool {
	for len(v.ready) < len(step) {
		if !v.more(now.Add(span(int64(len(v.ready))))) {
			return v.end(step)
		}
	}
	n := copy(step, v.ready)
	v.ready = v.ready[:copy(v.ready, v.ready[n:])]
	v.last, v.silent = step[n-1], false
	return true
}

// end plays what is left and falls silent without a click.
func (v *Voice) end(step []float32) bool {
	n := copy(step, v.ready)
	v.ready = v.ready[:0]
	if n > 0 {
		v.last, v.silent = step[n-1], false
	}
	rest := step[n:]
	clear(rest)
	if v.silent {
		return false
	}
	for i := range rest {
		rest[i] = v.last * float32(len(rest)-i) / float32(len(rest)+1)
	}
	v.last, v.silent = 0, true
	return true
}

// more decodes one more frame; false when there is to be silence.
func (v *Voice) more(now time.Time) bool {
	item := v.pop(now)
	var err error
	switch item.Kind {
	case Frame:
		err = v.decoder.Decode(v.frame[:], item.Payload)
	case FEC:
		err = v.decoder.DecodeFEC(v.frame[:], item.Payload)
	case Conceal:
		err = v.decoder.Conceal(v.frame[:])
	default:
		return false
	}
	if err != nil && v.decoder.Conceal(v.frame[:]) != nil {
		return false
	}
	v.ready = append(v.ready, v.frame[:]...)
	if item.Pace != Asis {
		v.scale(item)
	}
	return true
}

// pop copies the next item out of the buffer.
func (v *Voice) pop(now time.Time) Item {
	v.mu.Lock()
	defer v.mu.Unlock()
	item := v.buffer.Pop(now)
	v.payload = append(v.payload[:0], item.Payload...)
	item.Payload = v.payload
	return item
}

// scale changes the length of what is ready.
func (v *Voice) scale(item Item) {
	before := len(v.ready)
	var scaled []float32
	if item.Pace == Shorter {
		scaled = shorten(v.spare[:0], v.ready, item.Urgent)
	} else {
		scaled = lengthen(v.spare[:0], v.ready)
	}
	v.spare, v.ready = v.ready, scaled
	v.mu.Lock()
	defer v.mu.Unlock()
	if change := span(int64(len(scaled) - before)); change < 0 {
		v.stats.Shortened -= change
	} else {
		v.stats.Lengthened += change
	}
}
