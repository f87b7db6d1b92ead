package engine_test

import (
	"context"
	"image"
	"io"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"incamera/media"
	"incamera/media/engine"
)

// A clock is a device that works at a steady pace until it is closed. It
// catches up when its user was late, as far as a buffer would.
type clock struct {
	pace   time.Duration
	due    time.Time
	closed chan struct{}
	once   sync.Once
	open   *atomic.Int64 // devices of its kind that are open
}

const buffer = 60 * time.Millisecond

func newClock(pace time.Duration, open *atomic.Int64) *clock {
	open.Add(1)
	return &clock{pace: pace, due: time.Now(), closed: make(chan struct{}), open: open}
}

func (c *clock) wait() (time.Time, error) {
	if c.due = c.due.Add(c.pace); time.Since(c.due) > buffer {
		c.due = time.Now()
	}
	select {
	case <-c.closed:
		return time.Time{}, io.EOF
	case <-time.After(time.Until(c.due)):
		return time.Now(), nil
	}
}

func (c *clock) Close() error {
	c.once.Do(func() { close(c.closed); c.open.Add(-1) })
	return nil
}

// Devices are those of one member. A fault is returned by the next opening, a
// pull by the next read.
type devices struct {
	hz          float64
	grey        byte
	microphones atomic.Int64 // that are open
	cameras     atomic.Int64
	speakers    atomic.Int64
	heard       atomic.Int64 // steps that were not silent
	fault, pull atomic.Pointer[error]
}

func (d *devices) microphone(context.Context) (engine.SoundSource, error) {
	if err := d.fault.Load(); err != nil {
		return nil, *err
	}
	return &tone{clock: newClock(media.Step, &d.microphones), d: d}, nil
}

func (d *devices) camera(context.Context) (engine.PictureSource, error) {
	if err := d.fault.Load(); err != nil {
		return nil, *err
	}
	return &board{clock: newClock(time.Second/30, &d.cameras), d: d, pic: grey(d.grey)}, nil
}

func (d *devices) loudspeaker(context.Context) (engine.SoundSink, error) {
	return &ear{clock: newClock(media.Step, &d.speakers), d: d}, nil
}

// A tone is a microphone that hears one note.
type tone struct {
	*clock
	d *devices
	n int
}

func (m *tone) Read(dst []float32) error {
	if err := m.d.pull.Load(); err != nil {
		return *err
	}
	_, err := m.wait()
	for i := range dst {
		dst[i] = float32(0.5 * math.Sin(2*math.Pi*m.d.hz*float64(m.n)/media.SampleRate))
		m.n++
	}
	return err
}

// A board is a camera that sees one grey.
type board struct {
	*clock
	d   *devices
	pic *image.YCbCr
}

func (c *board) Read() (*image.YCbCr, time.Time, error) {
	if err := c.d.pull.Load(); err != nil {
		return nil, time.Time{}, *err
	}
	now, err := c.wait()
	return c.pic, now, err
}

func grey(y byte) *image.YCbCr {
	pic := image.NewYCbCr(image.Rect(0, 0, 1280, 720), image.YCbCrSubsampleRatio420)
	for i := range pic.Y {
		pic.Y[i] = y
	}
	for i := range pic.Cb {
		pic.Cb[i], pic.Cr[i] = 128, 128
	}
	return pic
}

// An ear is a loudspeaker that keeps time and knows when it was not silent.
type ear struct {
	*clock
	d *devices
}

func (l *ear) Write(src []float32) error {
	for _, s := range src {
		if s > 0.1 {
			l.d.heard.Add(1)
			break
		}
	}
	_, err := l.wait()
	return err
}
