package device

import (
	"sync"
	"time"
)

// A pace lets one goroutine go on at regular times, as a device would. One
// goroutine waits; any may end it.
type pace struct {
	closed chan struct{}
	shut   sync.Once

	// owned by the goroutine that waits
	timer *time.Timer
	began time.Time
	turns int64
}

// behind is how late a turn may be before the ones missed are forgotten.
const behind = 100 * time.Millisecond

func newPace() *pace { return &pace{closed: make(chan struct{})} }

// wait waits for the next turn, every after the one before, and says when it
// was due. The first is at once.
func (p *pace) wait(every time.Duration) (time.Time, error) {
	now := time.Now()
	due := p.began.Add(time.Duration(p.turns) * every)
	if p.turns == 0 || now.Sub(due) > behind {
		p.began, p.turns, due = now, 0, now
	}
	p.turns++
	if err := p.until(due.Sub(now)); err != nil {
		return time.Time{}, err
	}
	return due, nil
}

func (p *pace) until(d time.Duration) error {
	if p.timer == nil {
		p.timer = time.NewTimer(d)
	} else {
		p.timer.Reset(d)
	}
	select {
	case <-p.closed:
	case <-p.timer.C:
	}
	if p.ended() {
		return ErrClosed
	}
	return nil
}

func (p *pace) ended() bool {
	select {
	case <-p.closed:
		return true
	default:
		return false
	}
}

// Close ends a Read that waits. It may be called again.
func (p *pace) Close() error {
	p.shut.Do(func() { close(p.closed) })
	return nil
}
