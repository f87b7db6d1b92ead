package device

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"

	"incamera/media"
)

// The formats of V4L2 that are understood, as four characters.
const (
	yuyv  = 'Y' | 'U'<<8 | 'Y'<<16 | 'V'<<24
	mjpeg = 'M' | 'J'<<8 | 'P'<<16 | 'G'<<24
)

// A mode is one way in which a camera can work.
type mode struct {
	format uint32
	size   image.Point
	rate   int // pictures a second at most; zero when the camera does not say
}

// nearest is the mode that serves size and rate best: large and fast enough
// before anything else, then no larger than need be, then uncompressed.
func nearest(modes []mode, size image.Point, rate int) (best mode, ok bool) {
	for _, m := range modes {
		if m.format != yuyv && m.format != mjpeg || m.size.X < 2 || m.size.Y < 2 || m.size.X > maxSide || m.size.Y > maxSide {
			continue
		}
		if !ok || cost(m, size, rate) < cost(best, size, rate) {
			best, ok = m, true
		}
	}
	return best, ok
}

// cost is how far m is from what is wanted.
func cost(m mode, size image.Point, rate int) int {
	area, want := m.size.X*m.size.Y, size.X*size.Y
	c := 0
	if area < want {
		c += 100 * (want - area) / want
	} else {
		c += 20 * (area - want) / want
	}
	if m.rate > 0 && m.rate < rate {
		c += 100 * (rate - m.rate) / rate
	}
	if m.size.X*size.Y != m.size.Y*size.X {
		c += 15 // the sides would be cut off
	}
	if m.format == mjpeg {
		c += 5
	}
	return c
}

// maxSide bounds a picture's width and height.
const maxSide = 4096

var errShort = errors.New("device: picture has the wrong length")

// decoder returns what turns frames of format into 4:2:0; nil if nothing does.
func decoder(format uint32, size image.Point) func(*image.YCbCr, []byte) error {
	switch format {
	case yuyv:
		return func(dst *image.YCbCr, frame []byte) error { return fromYUYV(dst, frame, size) }
	case mjpeg:
		return fromJPEG
	}
	return nil
}

// fromYUYV converts packed 4:2:2, limited range: two pixels in four octets.
func fromYUYV(dst *image.YCbCr, src []byte, size image.Point) error {
	w, h := size.X&^1, size.Y&^1
	if len(src) < size.X*size.Y*2 {
		return errShort
	}
	media.Resize(dst, image.Pt(w, h))
	for y := range h {
		line := src[y*size.X*2:][:w*2]
		row := dst.Y[y*dst.YStride:][:w]
		for x := range row {
			row[x] = line[2*x]
		}
		if y%2 == 1 {
			continue
		}
		next := src[(y+1)*size.X*2:][:w*2]
		cb, cr := dst.Cb[y/2*dst.CStride:][:w/2], dst.Cr[y/2*dst.CStride:][:w/2]
		for x := range cb {
			cb[x] = mean(line[4*x+1], next[4*x+1])
			cr[x] = mean(line[4*x+3], next[4*x+3])
		}
	}
	return nil
}

func mean(a, b byte) byte { return byte((uint(a) + uint(b) + 1) / 2) }

// fromJPEG converts a JPEG of full range, as cameras send them.
func fromJPEG(dst *image.YCbCr, src []byte) error {
	src = withTables(src)
	c, err := jpeg.DecodeConfig(bytes.NewReader(src))
	if err != nil {
		return err
	}
	if c.Width < 2 || c.Height < 2 || c.Width > maxSide || c.Height > maxSide {
		return errShort
	}
	decoded, err := jpeg.Decode(bytes.NewReader(src))
	if err != nil {
		return err
	}
	pic, ok := decoded.(*image.YCbCr)
	if !ok {
		return errors.ErrUnsupported
	}
	narrow(dst, pic)
	return nil
}

// luma and chroma map full range to limited range.
var luma, chroma = ranges()

func ranges() (y, c [256]byte) {
	for i := range 256 {
		y[i] = byte(16 + (i*219+127)/255)
		c[i] = byte(128 + ((i-128)*224+(i-128)/2)/255)
	}
	return y, c
}

// narrow converts src, of any subsampling and full range.
func narrow(dst, src *image.YCbCr) {
	w, h := src.Rect.Dx()&^1, src.Rect.Dy()&^1
	media.Resize(dst, image.Pt(w, h))
	for y := range h {
		from := src.Y[src.YOffset(src.Rect.Min.X, src.Rect.Min.Y+y):]
		row := dst.Y[y*dst.YStride:][:w]
		for x := range row {
			row[x] = luma[from[x]]
		}
	}
	for y := 0; y < h; y += 2 {
		for x := 0; x < w; x += 2 {
			a, b := src.COffset(src.Rect.Min.X+x, src.Rect.Min.Y+y), src.COffset(src.Rect.Min.X+x+1, src.Rect.Min.Y+y+1)
			at := y/2*dst.CStride + x/2
			dst.Cb[at] = chroma[mean(src.Cb[a], src.Cb[b])]
			dst.Cr[at] = chroma[mean(src.Cr[a], src.Cr[b])]
		}
	}
}
