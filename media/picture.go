package media

import "image"

// Resize makes p a picture of size, 4:2:0, in p's own memory when that is
// large enough. What is in it is undefined.
func Resize(p *image.YCbCr, size image.Point) {
	w, h := (size.X+1)/2, (size.Y+1)/2
	p.Y, p.Cb, p.Cr = room(p.Y, size.X*size.Y), room(p.Cb, w*h), room(p.Cr, w*h)
	p.YStride, p.CStride = size.X, w
	p.SubsampleRatio = image.YCbCrSubsampleRatio420
	p.Rect = image.Rectangle{Max: size}
}

func room(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}
