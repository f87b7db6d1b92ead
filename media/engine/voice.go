package engine

import (
	"sync"
	"time"

	"incamera/media"
	"incamera/media/opus"
)

// A voice is one member's sound between its track and playout.
type voice struct {
	mu    sync.Mutex
	queue [][]byte
	dec   *opus.Decoder
	frame [media.FrameLen]float32
	half  int
}

func (v *voice) restart() {}

func (v *voice) push(_ uint16, payload []byte, _ time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.queue = append(v.queue, append([]byte(nil), payload...))
}

func (v *voice) next(dst []float32, _ time.Time) (made, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.half == 0 {
		if len(v.queue) == 0 {
			return false, false
		}
		if v.dec == nil {
			v.dec, _ = opus.NewDecoder()
		}
		if v.dec.Decode(v.frame[:], v.queue[0]) != nil {
			return false, false
		}
		v.queue = v.queue[1:]
	}
	copy(dst, v.frame[v.half:])
	v.half = (v.half + media.StepLen) % media.FrameLen
	return false, true
}
