package device

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"
)

func TestNearest(t *testing.T) {
	hd := image.Pt(1280, 720)
	for _, c := range []struct {
		name  string
		modes []mode
		want  mode
	}{
		{
			"a webcam: YUYV is slow at this size",
			[]mode{{yuyv, hd, 10}, {yuyv, image.Pt(640, 480), 30}, {mjpeg, hd, 30}, {mjpeg, image.Pt(1920, 1080), 30}},
			mode{mjpeg, hd, 30},
		},
		{
			"uncompressed if it is fast enough",
			[]mode{{mjpeg, hd, 30}, {yuyv, hd, 30}},
			mode{yuyv, hd, 30},
		},
		{
			"the larger of two that are too small",
			[]mode{{yuyv, image.Pt(320, 180), 30}, {yuyv, image.Pt(640, 360), 30}},
			mode{yuyv, image.Pt(640, 360), 30},
		},
		{
			"the shape counts",
			[]mode{{yuyv, image.Pt(640, 480), 30}, {yuyv, image.Pt(640, 360), 30}},
			mode{yuyv, image.Pt(640, 360), 30},
		},
		{
			"no larger than need be",
			[]mode{{mjpeg, image.Pt(3840, 2160), 30}, {mjpeg, image.Pt(1920, 1080), 30}},
			mode{mjpeg, image.Pt(1920, 1080), 30},
		},
		{
			"unknown formats and sizes are left out",
			[]mode{{12345, hd, 30}, {yuyv, image.Pt(8192, 8192), 30}, {yuyv, image.Pt(0, 0), 30}, {yuyv, image.Pt(320, 240), 0}},
			mode{yuyv, image.Pt(320, 240), 0},
		},
	} {
		if got, ok := nearest(c.modes, hd, 30); !ok || got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if _, ok := nearest(nil, hd, 30); ok {
		t.Error("a mode out of none")
	}
}

func TestFromYUYV(t *testing.T) {
	size := image.Pt(6, 4)
	var src []byte
	for y := range size.Y {
		for x := 0; x < size.X; x += 2 {
			src = append(src, byte(10*y+x), byte(100+x+y), byte(10*y+x+1), byte(200-x-y))
		}
	}
	var dst image.YCbCr
	if err := decoder(yuyv, size)(&dst, src); err != nil {
		t.Fatal(err)
	}
	for y := range size.Y {
		for x := range size.X {
			if got := dst.Y[dst.YOffset(x, y)]; got != byte(10*y+x) {
				t.Errorf("luma at %d,%d is %d", x, y, got)
			}
			cb, cr := dst.Cb[dst.COffset(x, y)], dst.Cr[dst.COffset(x, y)]
			if want := byte(101 + x&^1 + y&^1); cb != want {
				t.Errorf("blue at %d,%d is %d, want %d", x, y, cb, want)
			}
			if want := byte(200 - x&^1 - y&^1); cr != want && cr != want-1 {
				t.Errorf("red at %d,%d is %d, want %d", x, y, cr, want)
			}
		}
	}
	if err := fromYUYV(&dst, src[1:], size); err == nil {
		t.Error("a short frame was taken")
	}
	if decoder(0, size) != nil {
		t.Error("a decoder of nothing known")
	}
}

// photo is a JPEG of soft colours.
func photo(t testing.TB, w, h int) ([]byte, *image.RGBA) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, color.RGBA{uint8(255 * x / w), uint8(255 * y / h), 128, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m
}

// bare leaves the Huffman tables out of a JPEG.
func bare(src []byte) []byte {
	dst := append([]byte(nil), src[:2]...)
	for at := 2; ; {
		n := 2 + int(binary.BigEndian.Uint16(src[at+2:]))
		switch src[at+1] {
		case markSOS:
			return append(dst, src[at:]...)
		case markDHT:
		default:
			dst = append(dst, src[at:at+n]...)
		}
		at += n
	}
}

func TestFromJPEG(t *testing.T) {
	full, want := photo(t, 64, 48)
	for name, src := range map[string][]byte{"with tables": full, "without": bare(full)} {
		var dst image.YCbCr
		if err := decoder(mjpeg, image.Point{})(&dst, src); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if dst.Rect != want.Rect || dst.SubsampleRatio != image.YCbCrSubsampleRatio420 {
			t.Errorf("%s: %v, %v", name, dst.Rect, dst.SubsampleRatio)
		}
		for y := range 48 {
			for x := range 64 {
				c := want.RGBAAt(x, y)
				luma := 16 + (65.738*float64(c.R)+129.057*float64(c.G)+25.064*float64(c.B))/256 // BT.601
				if got := float64(dst.Y[dst.YOffset(x, y)]); math.Abs(got-luma) > 6 {
					t.Fatalf("%s: luma at %d,%d is %v, want %.0f", name, x, y, got, luma)
				}
				blue := 128 + (-37.945*float64(c.R)-74.494*float64(c.G)+112.439*float64(c.B))/256
				if got := float64(dst.Cb[dst.COffset(x, y)]); math.Abs(got-blue) > 8 {
					t.Fatalf("%s: blue at %d,%d is %v, want %.0f", name, x, y, got, blue)
				}
			}
		}
	}
}

// FuzzFromJPEG: whatever a camera sends, there is a picture of even size or an error.
func FuzzFromJPEG(f *testing.F) {
	full, _ := photo(f, 16, 16)
	f.Add(full)
	f.Add(bare(full))
	f.Add(full[:len(full)/2])
	f.Add([]byte{0xff, 0xd8, 0xff, 0xda})
	f.Fuzz(func(t *testing.T, src []byte) {
		var dst image.YCbCr
		if err := fromJPEG(&dst, src); err == nil && (dst.Rect.Dx()%2 != 0 || dst.Rect.Dy()%2 != 0 || dst.Rect.Empty()) {
			t.Errorf("picture of %v", dst.Rect)
		}
	})
}

func BenchmarkFromYUYV(b *testing.B) {
	size := image.Pt(1280, 720)
	src := make([]byte, size.X*size.Y*2)
	var dst image.YCbCr
	b.ReportAllocs()
	for b.Loop() {
		if err := fromYUYV(&dst, src, size); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFromJPEG(b *testing.B) {
	src, _ := photo(b, 1280, 720)
	var dst image.YCbCr
	b.ReportAllocs()
	for b.Loop() {
		if err := fromJPEG(&dst, src); err != nil {
			b.Fatal(err)
		}
	}
}
