package mediatest

import (
	"fmt"
	"image"
	"math"
	"os"
	"sync"
	"time"
)

// A Pattern draws pictures that move like a head before a wall: the same
// stamp always gives the same picture. Its colour tells one from another.
type Pattern struct {
	wall *image.YCbCr // constant
	hue  float64
}

// NewPattern returns a pattern of size, even, 16 to 9; hue is in turns.
func NewPattern(size image.Point, hue float64) *Pattern {
	p := &Pattern{image.NewYCbCr(image.Rectangle{Max: size}, image.YCbCrSubsampleRatio420), hue}
	for y := range size.Y {
		for x := range size.X {
			u, v := float64(x)/float64(size.X), float64(y)/float64(size.Y)
			grain := 6*math.Sin(60*u+9*math.Sin(20*v)) + 4*math.Sin(90*v+30*u)
			p.wall.Y[p.wall.YOffset(x, y)] = byte(90 + 50*u + 30*v + grain)
		}
	}
	sin, cos := math.Sincos(2 * math.Pi * hue)
	for i := range p.wall.Cb {
		p.wall.Cb[i], p.wall.Cr[i] = byte(128+40*sin), byte(128+40*cos)
	}
	return p
}

// Size is the size of the pictures.
func (p *Pattern) Size() image.Point { return p.wall.Rect.Size() }

// Draw draws the picture with this stamp into dst, 4:2:0, of the pattern's size.
func (p *Pattern) Draw(dst *image.YCbCr, s Stamp) {
	copy(dst.Y, p.wall.Y)
	copy(dst.Cb, p.wall.Cb)
	copy(dst.Cr, p.wall.Cr)
	for _, d := range p.discs(s) {
		p.disc(dst, d)
	}
	s.draw(dst)
}

// A disc is one of luma y, skin-coloured against the wall.
type disc struct {
	cx, cy, r float64
	y         byte
}

// discs are those of the picture with this stamp: a head, its eyes, a hand.
// They do not reach the stamp's rows.
func (p *Pattern) discs(s Stamp) [4]disc {
	w, h := float64(p.Size().X), float64(p.Size().Y)
	t := float64(s.Number%3000) / 30 // seconds; it starts over after a while
	sin, cos := math.Sincos(2 * math.Pi * t / 5)
	x, y := w/2+w/5*sin, h/2+h/16*cos
	return [...]disc{
		{x, y, h / 5, 190},
		{x + h/14, y - h/20, h / 40, 40},
		{x - h/14, y - h/20, h / 40, 40},
		{w/6 + w/12*math.Sin(2*math.Pi*t/2), h * 0.7, h / 14, byte(60 + 100*(0.5+0.5*math.Sin(t)))},
	}
}

// rows calls each with the rows of d, and where in them it begins and ends.
func (d disc) rows(in image.Rectangle, each func(row, from, to int)) {
	for j := max(int(d.cy-d.r), 0); j <= min(int(d.cy+d.r), in.Dy()-1); j++ {
		half := math.Sqrt(max(d.r*d.r-(float64(j)-d.cy)*(float64(j)-d.cy), 0))
		each(j, max(int(d.cx-half), 0), min(int(d.cx+half), in.Dx()-1)+1)
	}
}

// disc draws d.
func (p *Pattern) disc(dst *image.YCbCr, d disc) {
	sin, cos := math.Sincos(2 * math.Pi * (p.hue + 0.4))
	cb, cr := byte(128+30*sin), byte(128+30*cos)
	d.rows(dst.Rect, func(row, from, to int) {
		flood(dst.Y[row*dst.YStride:][from:to], d.y)
		if row%2 == 0 {
			at := row / 2 * dst.CStride
			flood(dst.Cb[at:][from/2:(to+1)/2], cb)
			flood(dst.Cr[at:][from/2:(to+1)/2], cr)
		}
	})
}

// wipe puts the wall back where d was.
func (p *Pattern) wipe(dst *image.YCbCr, d disc) {
	d.rows(dst.Rect, func(row, from, to int) {
		copy(dst.Y[row*dst.YStride:][from:to], p.wall.Y[row*p.wall.YStride+from:])
		if row%2 == 0 {
			at := row / 2 * dst.CStride
			copy(dst.Cb[at:][from/2:(to+1)/2], p.wall.Cb[at+from/2:])
			copy(dst.Cr[at:][from/2:(to+1)/2], p.wall.Cr[at+from/2:])
		}
	})
}

// flood makes all of b y.
func flood(b []byte, y byte) {
	if len(b) == 0 {
		return
	}
	b[0] = y
	for n := 1; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

// A reel shows one picture of a pattern after another, in one place: it draws
// only what is not as it was.
type reel struct {
	pattern *Pattern
	picture *image.YCbCr // nil before the first
	shown   Stamp
}

// show returns the picture with this stamp. It is good until the next one.
func (r *reel) show(s Stamp) *image.YCbCr {
	if r.picture == nil {
		r.picture = image.NewYCbCr(r.pattern.wall.Rect, image.YCbCrSubsampleRatio420)
		r.pattern.Draw(r.picture, s)
	} else {
		for _, d := range r.pattern.discs(r.shown) {
			r.pattern.wipe(r.picture, d)
		}
		for _, d := range r.pattern.discs(s) {
			r.pattern.disc(r.picture, d)
		}
		s.redraw(r.picture, r.shown)
	}
	r.shown = s
	return r.picture
}

// A Camera shows a pattern: its pictures say when they were drawn. It stands
// in for a device; one goroutine reads, any may close.
type Camera struct {
	every time.Duration // constant

	closed chan struct{}
	shut   sync.Once

	// owned by the goroutine that reads
	tick   *time.Ticker
	number uint32
	reel   reel
}

// NewCamera returns a camera that shows p, rate pictures a second.
func NewCamera(p *Pattern, rate int) *Camera {
	return &Camera{
		every: time.Second / time.Duration(rate), closed: make(chan struct{}), reel: reel{pattern: p},
	}
}

// Read waits for the next picture. It is good until the next Read.
func (c *Camera) Read() (*image.YCbCr, time.Time, error) {
	if c.tick == nil {
		c.tick = time.NewTicker(c.every)
	}
	select {
	case <-c.closed:
		c.tick.Stop()
		return nil, time.Time{}, os.ErrClosed
	case <-c.tick.C:
	}
	now := time.Now()
	c.number++
	return c.reel.show(Stamp{c.number, now}), now, nil
}

// Close ends a Read that waits. It may be called again.
func (c *Camera) Close() error {
	c.shut.Do(func() { close(c.closed) })
	return nil
}

// WriteY4M writes n pictures of p as a Y4M file, rate pictures a second,
// numbered from 1 and drawn as from at on.
func WriteY4M(path string, p *Pattern, n, rate int, at time.Time) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	if _, err := fmt.Fprintf(f, "YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg\n", p.Size().X, p.Size().Y, rate); err != nil {
		return err
	}
	reel := reel{pattern: p}
	for i := range n {
		pic := reel.show(Stamp{uint32(i + 1), at.Add(time.Duration(i) * time.Second / time.Duration(rate))})
		for _, b := range [][]byte{[]byte("FRAME\n"), pic.Y, pic.Cb, pic.Cr} {
			if _, err := f.Write(b); err != nil {
				return err
			}
		}
	}
	return nil
}
