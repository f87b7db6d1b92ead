package mediatest

import (
	"image"
	"math"

	"incamera/media"
	"incamera/media/vp8"
)

// PSNR compares the luma of two pictures of one size, in dB; 99 when they are equal.
func PSNR(a, b *image.YCbCr) float64 {
	var sum float64
	w, h := a.Rect.Dx(), a.Rect.Dy()
	for y := range h {
		ra := a.Y[a.YOffset(a.Rect.Min.X, a.Rect.Min.Y+y):][:w]
		rb := b.Y[b.YOffset(b.Rect.Min.X, b.Rect.Min.Y+y):][:w]
		for x := range ra {
			d := int(ra[x]) - int(rb[x])
			sum += float64(d * d)
		}
	}
	if sum == 0 {
		return 99
	}
	return min(10*math.Log10(255*255*float64(w*h)/sum), 99)
}

// A Judge tells how good pictures of one pattern are. It is for one goroutine.
type Judge struct {
	reel   reel
	scaled image.YCbCr
	scaler vp8.Scaler
}

// NewJudge returns a judge of pictures that p has drawn.
func NewJudge(p *Pattern) *Judge {
	return &Judge{reel: reel{pattern: p}}
}

// Judge reads got's stamp and compares got, of any size, with what was drawn;
// false when the stamp is not legible.
func (j *Judge) Judge(got *image.YCbCr) (s Stamp, psnr float64, ok bool) {
	if s, ok = ReadStamp(got); !ok {
		return s, 0, false
	}
	media.Resize(&j.scaled, got.Rect.Size())
	j.scaler.Scale(&j.scaled, j.reel.show(s))
	return s, PSNR(&j.scaled, got), true
}
