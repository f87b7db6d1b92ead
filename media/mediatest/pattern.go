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
	w, h := float64(p.Size().X), float64(p.Size().Y)
	t := float64(s.Number%3000) / 30 // seconds; it starts over after a while
	sin, cos := math.Sincos(2 * math.Pi * t / 5)
	p.disc(dst, w/2+w/5*sin, h/2+h/16*cos, h/5, 190)
	p.disc(dst, w/2+w/5*sin+h/14, h/2+h/16*cos-h/20, h/40, 40)
	p.disc(dst, w/2+w/5*sin-h/14, h/2+h/16*cos-h/20, h/40, 40)
	p.disc(dst, w/6+w/12*math.Sin(2*math.Pi*t/2), h*0.7, h/14, 60+100*(0.5+0.5*math.Sin(t)))
	s.draw(dst)
}

// disc draws a disc of luma y, skin-coloured against the wall.
func (p *Pattern) disc(dst *image.YCbCr, cx, cy, r, y float64) {
	w := dst.Rect.Dx()
	sin, cos := math.Sincos(2 * math.Pi * (p.hue + 0.4))
	for j := max(int(cy-r), 0); j <= min(int(cy+r), dst.Rect.Dy()-1); j++ {
		half := math.Sqrt(max(r*r-(float64(j)-cy)*(float64(j)-cy), 0))
		from, to := max(int(cx-half), 0), min(int(cx+half), w-1)
		row := dst.Y[j*dst.YStride:][:w]
		for i := from; i <= to; i++ {
			row[i] = byte(y)
		}
		for i := from / 2; i <= to/2 && j%2 == 0; i++ {
			dst.Cb[j/2*dst.CStride+i], dst.Cr[j/2*dst.CStride+i] = byte(128+30*sin), byte(128+30*cos)
		}
	}
}

// A Camera shows a pattern: its pictures say when they were drawn. It stands
// in for a device; one goroutine reads, any may close.
type Camera struct {
	pattern *Pattern // constant, as is the next line
	every   time.Duration

	closed chan struct{}
	shut   sync.Once

	// owned by the goroutine that reads
	tick    *time.Ticker
	number  uint32
	picture *image.YCbCr
}

// NewCamera returns a camera that shows p, rate pictures a second.
func NewCamera(p *Pattern, rate int) *Camera {
	return &Camera{
		pattern: p, every: time.Second / time.Duration(rate), closed: make(chan struct{}),
		picture: image.NewYCbCr(p.wall.Rect, image.YCbCrSubsampleRatio420),
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
	c.pattern.Draw(c.picture, Stamp{c.number, now})
	return c.picture, now, nil
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
	pic := image.NewYCbCr(p.wall.Rect, image.YCbCrSubsampleRatio420)
	for i := range n {
		p.Draw(pic, Stamp{uint32(i + 1), at.Add(time.Duration(i) * time.Second / time.Duration(rate))})
		for _, b := range [][]byte{[]byte("FRAME\n"), pic.Y, pic.Cb, pic.Cr} {
			if _, err := f.Write(b); err != nil {
				return err
			}
		}
	}
	return nil
}
