package rehearsal

import (
	"image"
	"sync"
	"time"

	"incamera/media/mediatest"
)

// An eye looks at the opened pictures of one member and reads what they say of
// themselves. look is called on the track's goroutine.
type eye struct {
	member string
	judge  *mediatest.Judge

	mu      sync.Mutex
	open    bool // pictures count
	since   time.Time
	until   time.Time
	seen    map[uint32]bool
	delays  []time.Duration
	quality []float64
	n       int
}

// judgeEvery is how many pictures pass for one that is compared with what was
// drawn: comparing costs as much as decoding.
const judgeEvery = 30

func newEye(member string) *eye {
	return &eye{
		member: member, seen: map[uint32]bool{},
		judge: mediatest.NewJudge(mediatest.NewPattern(image.Pt(1280, 720), 1.0/8)),
	}
}

func (e *eye) look(member string, pic *image.YCbCr, at time.Time) {
	if member != e.member {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.open {
		return
	}
	s, ok := mediatest.ReadStamp(pic)
	if !ok {
		return
	}
	e.seen[s.Number] = true
	e.delays = append(e.delays, at.Sub(s.At))
	if e.n++; e.n%judgeEvery == 0 && pic.Rect.Dy() == 720 {
		if _, db, ok := e.judge.Judge(pic); ok {
			e.quality = append(e.quality, db)
		}
	}
}

func (e *eye) begin(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open, e.since = true, now
}

func (e *eye) end(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open, e.until = false, now
}

// report is what was seen between begin and end.
func (e *eye) report() (p Picture) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if seconds := e.until.Sub(e.since).Seconds(); seconds > 0 {
		p.FPS = round(float64(len(e.seen)) / seconds)
	}
	p.GlassToGlass = spread(e.delays)
	for _, db := range e.quality {
		p.PSNR += db / float64(len(e.quality))
	}
	p.PSNR = round(p.PSNR)
	return p
}
