package vp8

import (
	"errors"
	"image"
	"math"
	"testing"
	"time"

	"incamera/media"
)

// moving draws picture n: a gradient with a disc that moves over it.
func moving(p *image.YCbCr, n int) {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	cx, cy, r := (n*w/60)%w, h/2+int(float64(h)/4*math.Sin(float64(n)/10)), h/6
	for y := range h {
		row := p.Y[y*p.YStride:][:w]
		for x := range row {
			row[x] = byte(40 + x*120/w + y*40/h)
			if dx, dy := x-cx, y-cy; dx*dx+dy*dy < r*r {
				row[x] = 230
			}
		}
	}
	for y := range (h + 1) / 2 {
		for x := range (w + 1) / 2 {
			p.Cb[y*p.CStride+x] = byte(100 + x*40/w)
			p.Cr[y*p.CStride+x] = byte(140 - y*40/h)
		}
	}
}

func picture(w, h int) *image.YCbCr {
	return image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
}

// psnr compares luma, in dB.
func psnr(a, b *image.YCbCr) float64 {
	sum, n := 0.0, 0
	for y := range a.Rect.Dy() {
		for x := range a.Rect.Dx() {
			d := float64(a.Y[y*a.YStride+x]) - float64(b.Y[y*b.YStride+x])
			sum += d * d
			n++
		}
	}
	return 10 * math.Log10(255*255*float64(n)/max(sum, 1))
}

func newEncoder(t testing.TB, o Options) *Encoder {
	t.Helper()
	e, err := NewEncoder(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func newDecoder(t testing.TB) *Decoder {
	t.Helper()
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func at(n int) time.Duration { return time.Duration(n) * time.Second / 30 }

func TestLayersComeBack(t *testing.T) {
	e := newEncoder(t, Standard())
	src := picture(1280, 720)
	var ds [3]*Decoder
	for i := range ds {
		ds[i] = newDecoder(t)
	}
	var got, want image.YCbCr
	var scaler Scaler
	bytes := [3]int{}
	for n := range 30 {
		moving(src, n)
		frames, err := e.Encode(src, at(n))
		if err != nil {
			t.Fatal(err)
		}
		if len(frames) != 3 {
			t.Fatalf("picture %d made %d frames, want 3", n, len(frames))
		}
		for _, f := range frames {
			bytes[f.Layer] += len(f.Payload)
			if f.Key != (n == 0) || IsKey(f.Payload) != f.Key || f.At != at(n) {
				t.Errorf("picture %d layer %d: key %v, IsKey %v, at %v", n, f.Layer, f.Key, IsKey(f.Payload), f.At)
			}
			if err := ds[f.Layer].Decode(&got, f.Payload); err != nil {
				t.Fatal(err)
			}
			size := Standard().Layers[f.Layer].Size
			if got.Rect.Size() != size {
				t.Fatalf("layer %d is %v, want %v", f.Layer, got.Rect.Size(), size)
			}
			if n%10 != 9 {
				continue
			}
			media.Resize(&want, size)
			scaler.Scale(&want, src)
			if db := psnr(&got, &want); db < 33 {
				t.Errorf("picture %d layer %d: %.1f dB, want 33", n, f.Layer, db)
			}
		}
	}
	for i, n := range bytes {
		if rate := n * 8; float64(rate) > 1.6*float64(Standard().Layers[i].Bitrate) {
			t.Errorf("layer %d took %d bit in a second, asked for %d", i, rate, Standard().Layers[i].Bitrate)
		}
	}
}

func TestTiersCanBeLeftOut(t *testing.T) {
	o := Standard()
	o.Layers = o.Layers[:1]
	for keep := range 3 {
		e, d := newEncoder(t, o), newDecoder(t)
		src, got := picture(320, 180), image.YCbCr{}
		shown := 0
		for n := range 40 {
			moving(src, n)
			frames, err := e.Encode(src, at(n))
			if err != nil {
				t.Fatal(err)
			}
			if want := [4]int{0, 2, 1, 2}[n%4]; frames[0].Tier != want {
				t.Fatalf("picture %d is of tier %d, want %d", n, frames[0].Tier, want)
			}
			if frames[0].Tier > keep {
				continue
			}
			if err := d.Decode(&got, frames[0].Payload); err != nil {
				t.Fatal(err)
			}
			shown++
			if db := psnr(&got, src); db < 31 {
				t.Errorf("tiers to %d, picture %d: %.1f dB, want 31", keep, n, db)
			}
		}
		if want := []int{10, 20, 40}[keep]; shown != want {
			t.Errorf("tiers to %d: %d pictures, want %d", keep, shown, want)
		}
	}
}

func TestKeyFrameOnRequest(t *testing.T) {
	e := newEncoder(t, Standard())
	src := picture(1280, 720)
	for n := range 12 {
		moving(src, n)
		if n == 6 {
			e.KeyFrame(1)
			e.KeyFrame(7)
			e.KeyFrame(-1)
		}
		frames, err := e.Encode(src, at(n))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range frames {
			if want := n == 0 || n == 6 && f.Layer == 1; f.Key != want {
				t.Errorf("picture %d layer %d: key %v", n, f.Layer, f.Key)
			}
			if f.Key && f.Tier != 0 {
				t.Errorf("key frame in tier %d", f.Tier)
			}
		}
	}
}

func TestEnable(t *testing.T) {
	e := newEncoder(t, Standard())
	src := picture(1280, 720)
	moving(src, 0)
	layers := func(n int) (on []int, keys int) {
		frames, err := e.Encode(src, at(n))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range frames {
			on = append(on, f.Layer)
			if f.Key {
				keys++
			}
		}
		return on, keys
	}
	e.Enable(2, false)
	if on, _ := layers(0); len(on) != 2 || on[0] != 1 || on[1] != 0 {
		t.Errorf("layers %v, want 1 and 0", on)
	}
	if e.layers[2].c != nil || e.layers[1].c == nil {
		t.Error("a layer that is off holds memory, or one that is on does not")
	}
	e.Enable(2, true)
	e.Enable(1, true) // is on already
	if on, keys := layers(1); len(on) != 3 || keys != 1 {
		t.Errorf("layers %v with %d keys, want 3 with 1", on, keys)
	}
}

func TestSetBitrate(t *testing.T) {
	o := Standard()
	o.Layers = o.Layers[1:2]
	e := newEncoder(t, o)
	src := picture(640, 360)
	spent := func(from int) (bytes int) {
		for n := from; n < from+30; n++ {
			moving(src, n)
			frames, err := e.Encode(src, at(n))
			if err != nil {
				t.Fatal(err)
			}
			bytes += len(frames[0].Payload)
		}
		return bytes
	}
	spent(0)
	high := spent(30)
	e.SetBitrate(0, 60_000)
	spent(60)
	if low := spent(90); low*3 > high*2 {
		t.Errorf("%d bytes at 60 kbit/s, %d at 500", low, high)
	}
}

func TestDecoderRefusesGarbage(t *testing.T) {
	d := newDecoder(t)
	var p image.YCbCr
	large := []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f, 0, 0, 0}
	if err := d.Decode(&p, large); !errors.Is(err, ErrTooLarge) {
		t.Errorf("16383 square: %v", err)
	}
	if err := d.Decode(&p, nil); !errors.Is(err, ErrNoPicture) {
		t.Errorf("nothing: %v", err)
	}
	if err := d.Decode(&p, []byte{1, 2, 3}); err == nil {
		t.Error("garbage decoded")
	}
	d.Close()
	d.Close()
	if err := d.Decode(&p, large); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestEncoderRefuses(t *testing.T) {
	o := Standard()
	o.Tiers = 4
	if _, err := NewEncoder(o); err == nil {
		t.Error("4 tiers")
	}
	e, err := NewEncoder(Standard())
	if err != nil {
		t.Fatal(err)
	}
	e.Close()
	e.Close()
	if _, err := e.Encode(picture(1280, 720), 0); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	e.KeyFrame(0)
}

func TestScaleKeepsShape(t *testing.T) {
	var s Scaler
	for _, c := range []struct{ from, to image.Point }{
		{image.Pt(1280, 720), image.Pt(640, 360)},
		{image.Pt(1280, 720), image.Pt(320, 180)},
		{image.Pt(1920, 1080), image.Pt(1280, 720)},
		{image.Pt(1920, 1080), image.Pt(320, 180)},
		{image.Pt(640, 480), image.Pt(1280, 720)},
		{image.Pt(641, 481), image.Pt(320, 180)},
		{image.Pt(5, 3), image.Pt(64, 64)},
		{image.Pt(64, 64), image.Pt(3, 5)},
		{image.Pt(320, 180), image.Pt(320, 180)},
	} {
		src, dst := picture(c.from.X, c.from.Y), picture(c.to.X, c.to.Y)
		for i := range src.Y {
			src.Y[i] = byte(50 + 100*(i%src.YStride)/c.from.X)
		}
		for i := range src.Cb {
			src.Cb[i], src.Cr[i] = 90, 160
		}
		s.Scale(dst, src)
		crop := cover(src.Rect, c.to)
		for y := range c.to.Y {
			for x := range c.to.X {
				from := float64(crop.Min.X) + (float64(x)+0.5)*float64(crop.Dx())/float64(c.to.X) - 0.5
				want := 50 + 100*min(max(from, 0), float64(c.from.X-1))/float64(c.from.X)
				slack := 2 + 100/float64(min(c.to.X, c.from.X))
				if got := float64(dst.Y[dst.YOffset(x, y)]); math.Abs(got-want) > slack {
					t.Fatalf("%v to %v: luma at %d,%d is %v, want %.1f", c.from, c.to, x, y, got, want)
				}
			}
		}
		for i := range dst.Cb {
			if dst.Cb[i] != 90 || dst.Cr[i] != 160 {
				t.Fatalf("%v to %v: chroma %d,%d", c.from, c.to, dst.Cb[i], dst.Cr[i])
			}
		}
	}
}

func TestNoAllocations(t *testing.T) {
	e, d := newEncoder(t, Standard()), newDecoder(t)
	src, dst := picture(1280, 720), image.YCbCr{}
	moving(src, 0)
	n := 0
	cycle := func() {
		frames, err := e.Encode(src, at(n))
		if err != nil {
			t.Fatal(err)
		}
		n++
		for _, f := range frames {
			if f.Layer == 2 && d.Decode(&dst, f.Payload) != nil {
				t.Fatal("not decoded")
			}
		}
	}
	cycle()
	if got := testing.AllocsPerRun(8, cycle); got != 0 {
		t.Errorf("%v allocations a picture, want 0", got)
	}
}

func FuzzDecode(f *testing.F) {
	e := newEncoder(f, Options{Layers: []Layer{{image.Pt(64, 48), 50_000}}, Rate: 30, Tiers: 1, Speed: 6})
	src := picture(64, 48)
	for n := range 3 {
		moving(src, n)
		frames, err := e.Encode(src, at(n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte(nil), frames[0].Payload...))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		d := newDecoder(t)
		var p image.YCbCr
		if err := d.Decode(&p, payload); err == nil && (p.Rect.Dx() > maxSide || p.Rect.Dy() > maxSide) {
			t.Errorf("picture of %v", p.Rect)
		}
	})
}

var sink []media.Encoded

func BenchmarkEncode(b *testing.B) {
	e := newEncoder(b, Standard())
	var src [8]*image.YCbCr
	for i := range src {
		src[i] = picture(1280, 720)
		moving(src[i], i)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		frames, err := e.Encode(src[n%len(src)], at(n))
		if err != nil {
			b.Fatal(err)
		}
		sink = frames
		n++
	}
}

func BenchmarkDecode(b *testing.B) {
	for i, l := range Standard().Layers {
		b.Run(l.Size.String(), func(b *testing.B) {
			o := Standard()
			o.Layers = o.Layers[i : i+1]
			e, d := newEncoder(b, o), newDecoder(b)
			src, dst := picture(1280, 720), image.YCbCr{}
			var payloads [][]byte
			for n := range 32 {
				moving(src, n)
				frames, err := e.Encode(src, at(n))
				if err != nil {
					b.Fatal(err)
				}
				payloads = append(payloads, append([]byte(nil), frames[0].Payload...))
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if err := d.Decode(&dst, payloads[n%len(payloads)]); err != nil {
					b.Fatal(err)
				}
				n++
			}
		})
	}
}

func BenchmarkScale(b *testing.B) {
	var s Scaler
	src, dst := picture(1280, 720), picture(640, 360)
	b.ReportAllocs()
	for b.Loop() {
		s.Scale(dst, src)
	}
}
