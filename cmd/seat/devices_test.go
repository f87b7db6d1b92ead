package seat_test

import (
	"context"
	"io"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"incamera/cmd/seat"
	"incamera/media"
	"incamera/media/engine"
	"incamera/media/mediatest"
)

// rate is how many pictures a camera takes in a second.
const rate = 15

// devices are a member's: a microphone that hears one note, a camera that sees
// a pattern, a loudspeaker that knows when it was not silent.
type devices struct {
	open  atomic.Int64 // how many are
	heard atomic.Int64 // steps of sound that were not silent

	shared bool         // by several members
	opened atomic.Int64 // microphones, ever
}

func (d *devices) all() seat.Devices {
	return seat.Devices{
		Microphone: func(context.Context) (engine.SoundSource, error) {
			d.opened.Add(1)
			return &tone{clock: d.clock()}, nil
		},
		Loudspeaker: func(context.Context) (engine.SoundSink, error) {
			return &ear{clock: d.clock(), heard: &d.heard}, nil
		},
		Camera: func(context.Context) (engine.PictureSource, error) {
			d.open.Add(1)
			c := mediatest.NewCamera(mediatest.NewPattern(small, 0.3), rate)
			return &board{c, sync.OnceFunc(func() { d.open.Add(-1) })}, nil
		},
	}
}

// A clock is a device that takes a step every 10 ms until it is closed.
type clock struct {
	due    time.Time
	closed chan struct{}
	close  func()
}

func (d *devices) clock() *clock {
	d.open.Add(1)
	c := &clock{due: time.Now(), closed: make(chan struct{})}
	c.close = sync.OnceFunc(func() { close(c.closed); d.open.Add(-1) })
	return c
}

// buffer is how far a device catches up when its user was late.
const buffer = 60 * time.Millisecond

func (c *clock) wait() error {
	if c.due = c.due.Add(media.Step); time.Since(c.due) > buffer {
		c.due = time.Now()
	}
	select {
	case <-c.closed:
		return io.EOF
	case <-time.After(time.Until(c.due)):
		return nil
	}
}

func (c *clock) Close() error {
	c.close()
	return nil
}

type tone struct {
	*clock
	n int
}

func (m *tone) Read(dst []float32) error {
	err := m.wait()
	for i := range dst {
		dst[i] = float32(0.5 * math.Sin(2*math.Pi*440*float64(m.n)/media.SampleRate))
		m.n++
	}
	return err
}

type ear struct {
	*clock
	heard *atomic.Int64
}

func (l *ear) Write(src []float32) error {
	for _, s := range src {
		if s > 0.1 {
			l.heard.Add(1)
			break
		}
	}
	return l.wait()
}

type board struct {
	*mediatest.Camera
	closed func()
}

func (b *board) Close() error {
	defer b.closed()
	return b.Camera.Close()
}
