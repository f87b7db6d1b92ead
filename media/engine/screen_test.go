package engine

import (
	"image"
	"image/color"
	"math"
	"sync"
	"testing"
)

// ramp is a picture whose luma rises to the right and whose colour differs in
// each half.
func ramp(w, h int) *image.YCbCr {
	pic := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for y := range h {
		for x := range w {
			pic.Y[y*pic.YStride+x] = byte(16 + x*219/w)
		}
	}
	for y := range (h + 1) / 2 {
		for x := range (w + 1) / 2 {
			pic.Cb[y*pic.CStride+x], pic.Cr[y*pic.CStride+x] = 90, 160
			if x >= w/4 {
				pic.Cb[y*pic.CStride+x], pic.Cr[y*pic.CStride+x] = 170, 110
			}
		}
	}
	return pic
}

// rgb is BT.601 with limited range, in floating point.
func rgb(y, cb, cr float64) color.RGBA {
	y, cb, cr = (y-16)*255/219, (cb-128)*255/224, (cr-128)*255/224
	to := func(v float64) byte { return byte(math.Round(min(max(v, 0), 255))) }
	return color.RGBA{to(y + 1.402*cr), to(y - 0.344136*cb - 0.714136*cr), to(y + 1.772*cb), 255}
}

func TestPaintColours(t *testing.T) {
	pic := ramp(64, 32)
	dst := image.NewRGBA(image.Rect(0, 0, 64, 32))
	paint(dst, pic, nil)
	for y := range 32 {
		for x := range 64 {
			want := rgb(float64(pic.YCbCrAt(x, y).Y), float64(pic.YCbCrAt(x, y).Cb), float64(pic.YCbCrAt(x, y).Cr))
			if got := dst.RGBAAt(x, y); far(got, want, 1) {
				t.Fatalf("at %d,%d: %v, want %v", x, y, got, want)
			}
		}
	}
}

func far(a, b color.RGBA, most int) bool {
	d := func(x, y byte) bool { return int(x)-int(y) > most || int(y)-int(x) > most }
	return d(a.R, b.R) || d(a.G, b.G) || d(a.B, b.B) || a.A != b.A
}

// TestPaintScales: whatever the sizes, luma stays where it belongs.
func TestPaintScales(t *testing.T) {
	for _, size := range []image.Point{{160, 90}, {1280, 720}, {90, 160}, {100, 100}, {1, 1}, {333, 77}} {
		pic := ramp(640, 360)
		for i := range pic.Cb {
			pic.Cb[i], pic.Cr[i] = 128, 128
		}
		dst := image.NewRGBA(image.Rect(5, 7, 5+size.X, 7+size.Y))
		paint(dst, pic, nil)
		crop := cover(pic.Rect, size)
		for x := range size.X {
			at := float64(crop.Min.X) + (float64(x)+0.5)*float64(crop.Dx())/float64(size.X) - 0.5
			want := rgb(16+at*219/640, 128, 128)
			for _, y := range []int{0, size.Y / 2, size.Y - 1} {
				if got := dst.RGBAAt(5+x, 7+y); far(got, want, 3) {
					t.Fatalf("%v: column %d is %v, want about %v", size, x, got, want)
				}
			}
		}
	}
}

// TestScreenNobodyLooksAt: hardly anything is copied; whoever looks again has
// a picture at once, and all that come after.
func TestScreenNobodyLooksAt(t *testing.T) {
	var s screen
	pic, dst := ramp(64, 32), image.NewRGBA(image.Rect(0, 0, 64, 32))
	for range 300 {
		s.put(pic)
	}
	if s.count > patience+300/rarely {
		t.Errorf("%d of 300 pictures were copied", s.count)
	}
	if !s.Paint(dst) {
		t.Error("there is no picture for who looks")
	}
	for n := range 2 * patience {
		s.put(pic)
		if n < patience && !s.Paint(dst) {
			t.Errorf("picture %d is not there", n)
		}
	}
}

func TestPaintOddPictures(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {3, 5}, {641, 361}, {2, 400}} {
		pic := ramp(size.X, size.Y)
		paint(image.NewRGBA(image.Rect(0, 0, 320, 180)), pic, nil)
	}
}

func TestCover(t *testing.T) {
	src := image.Rect(0, 0, 1280, 720)
	tests := map[image.Point]image.Rectangle{
		{640, 360}:  src,
		{100, 100}:  image.Rect(280, 0, 1000, 720),
		{1280, 360}: image.Rect(0, 180, 1280, 540),
	}
	for size, want := range tests {
		if got := cover(src, size); got != want {
			t.Errorf("cover(%v) = %v, want %v", size, got, want)
		}
	}
}

func TestScreenNewestWins(t *testing.T) {
	var s screen
	one, two := image.NewRGBA(image.Rect(0, 0, 4, 4)), image.NewRGBA(image.Rect(0, 0, 4, 4))
	if s.Paint(one) || s.Size() != (image.Point{}) {
		t.Error("painted before the first picture")
	}
	for _, luma := range []byte{16, 100, 235} {
		s.put(grey(luma))
	}
	if !s.Paint(one) || !s.Paint(two) {
		t.Error("not painted")
	}
	if one.Pix[0] != 255 || two.Pix[0] != 255 {
		t.Errorf("painted %d and %d, want the newest", one.Pix[0], two.Pix[0])
	}
	if s.Paint(one) {
		t.Error("painted what had been seen")
	}
	s.put(grey(16))
	if !s.Paint(one) || one.Pix[0] != 0 {
		t.Error("the next picture is not painted")
	}
	s.hide(true)
	s.put(grey(100))
	if s.Paint(two) || s.Size() != (image.Point{}) {
		t.Error("painted while hidden")
	}
	s.hide(false)
	s.put(grey(235))
	if !s.Paint(two) || s.Size() != image.Pt(8, 8) {
		t.Error("not painted after hiding")
	}
}

func grey(luma byte) *image.YCbCr {
	pic := ramp(8, 8)
	for i := range pic.Y {
		pic.Y[i] = luma
	}
	for i := range pic.Cb {
		pic.Cb[i], pic.Cr[i] = 128, 128
	}
	return pic
}

// TestScreenTogether paints from several goroutines while pictures come: no
// picture is torn.
func TestScreenTogether(t *testing.T) {
	var s screen
	var all sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		all.Go(func() {
			dst := image.NewRGBA(image.Rect(0, 0, 16, 16))
			for {
				select {
				case <-stop:
					return
				default:
				}
				if s.Paint(dst) {
					for i := 4; i < len(dst.Pix); i++ {
						if dst.Pix[i] != dst.Pix[i%4] {
							t.Error("torn picture")
							return
						}
					}
				}
			}
		})
	}
	for n := range 2000 {
		s.put(grey(byte(16 + n%200)))
	}
	close(stop)
	all.Wait()
}

func BenchmarkPaint(b *testing.B) {
	for name, size := range map[string]image.Point{"720p": {1280, 720}, "360p": {640, 360}, "180p": {320, 180}} {
		b.Run(name, func(b *testing.B) {
			var s screen
			pic := ramp(1280, 720)
			dst := image.NewRGBA(image.Rectangle{Max: size})
			b.ReportAllocs()
			for b.Loop() {
				s.put(pic)
				if !s.Paint(dst) {
					b.Fatal("not painted")
				}
			}
		})
	}
}
