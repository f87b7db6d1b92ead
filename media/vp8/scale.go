package vp8

/*
#include "vp8.h"
*/
import "C"

import "image"

// A Scaler scales pictures; it keeps the memory that this takes. The zero
// value is ready.
type Scaler struct{ scratch []byte }

// Scale fills all of dst with the largest part of the middle of src that has
// dst's shape. Both are 4:2:0 and not empty, and start at even coordinates.
func (s *Scaler) Scale(dst, src *image.YCbCr) {
	from := cover(src.Rect, dst.Rect.Size())
	if need := (from.Dx()/2 + 1) * (from.Dy()/2 + 1); len(s.scratch) < need {
		s.scratch = make([]byte, need)
	}
	to := dst.Rect
	y, fy := dst.Y[dst.YOffset(to.Min.X, to.Min.Y):], src.Y[src.YOffset(from.Min.X, from.Min.Y):]
	s.plane(y, dst.YStride, to.Size(), fy, src.YStride, from.Size())
	c, fc := dst.COffset(to.Min.X, to.Min.Y), src.COffset(from.Min.X, from.Min.Y)
	s.plane(dst.Cb[c:], dst.CStride, chroma(to.Size()), src.Cb[fc:], src.CStride, chroma(from.Size()))
	s.plane(dst.Cr[c:], dst.CStride, chroma(to.Size()), src.Cr[fc:], src.CStride, chroma(from.Size()))
}

func (s *Scaler) plane(dst []byte, dstStride int, to image.Point, src []byte, srcStride int, from image.Point) {
	C.incamera_scale(pixels(dst), C.int(dstStride), C.int(to.X), C.int(to.Y),
		pixels(src), C.int(srcStride), C.int(from.X), C.int(from.Y), pixels(s.scratch))
}

func chroma(p image.Point) image.Point { return image.Pt((p.X+1)/2, (p.Y+1)/2) }

// cover is the largest part of src, in its middle, that has the shape of
// size. It starts at even coordinates.
func cover(src image.Rectangle, size image.Point) image.Rectangle {
	w, h := src.Dx(), src.Dy()
	if w*size.Y > h*size.X {
		w = max(h*size.X/size.Y, 1)
	} else {
		h = max(w*size.Y/size.X, 1)
	}
	x, y := src.Min.X+(src.Dx()-w)/2&^1, src.Min.Y+(src.Dy()-h)/2&^1
	return image.Rect(x, y, x+w, y+h)
}
