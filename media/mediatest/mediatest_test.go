package mediatest

import (
	"bytes"
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"incamera/media"
	"incamera/media/device"
	"incamera/media/process"
	"incamera/media/vp8"
)

func TestBabbleIsAlwaysTheSame(t *testing.T) {
	a, b, c := Babble(1, time.Second), Babble(1, time.Second), Babble(2, time.Second)
	if !slices.Equal(a, b) || slices.Equal(a, c) || len(a) != media.SampleRate {
		t.Error("not the same, or not another")
	}
	if l := process.Level(Babble(3, 20*time.Second)); l.RMS < -30 || l.RMS > -12 || l.Peak > 0 {
		t.Errorf("level %.1f", l)
	}
}

func TestSpeech(t *testing.T) {
	a, err := Speech(t.Context(), "en", "The sitting is open.")
	if err != nil {
		t.Fatal(err)
	}
	b, err := Speech(t.Context(), "en", "The sitting is open.")
	if err != nil || !slices.Equal(a, b) {
		t.Errorf("not the same twice: %v", err)
	}
	if s := len(a) / media.SampleRate; s < 1 || s > 4 || process.Level(a).RMS < -40 {
		t.Errorf("%d samples at %v", len(a), process.Level(a))
	}
}

func TestCorrelateFindsTheDelay(t *testing.T) {
	said := Babble(7, 5*time.Second)
	r := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		name  string
		delay time.Duration
		noise float64
		least float64
	}{
		{"at once", 0, 0, 0.999},
		{"late", 137 * time.Millisecond, 0, 0.999},
		{"long", 3 * time.Second, 0, 0.999},
		{"early", -400 * time.Millisecond, 0, 0.999},
		{"noisy", 137 * time.Millisecond, 0.02, 0.8},
	} {
		n := int(c.delay * media.SampleRate / time.Second)
		heard := make([]float32, max(n, 0), len(said)+max(n, 0))
		heard = append(heard, said[max(-n, 0):]...)
		for i := range heard {
			heard[i] = 0.3*heard[i] + float32(0.3*c.noise*r.NormFloat64())
		}
		m := Correlate(said, heard)
		if off := m.Delay - c.delay; off.Abs() > time.Millisecond || m.Correlation < c.least {
			t.Errorf("%s: %+v, want %v", c.name, m, c.delay)
		}
	}
}

func TestCorrelateTellsStrangersApart(t *testing.T) {
	if m := Correlate(Babble(1, 5*time.Second), Babble(2, 5*time.Second)); m.Correlation > 0.4 {
		t.Errorf("%+v", m)
	}
	if m := Correlate(Babble(1, time.Second), make([]float32, media.SampleRate)); m.Correlation != 0 {
		t.Errorf("silence: %+v", m)
	}
	if m := Correlate(nil, nil); m != (Match{}) {
		t.Errorf("nothing: %+v", m)
	}
}

func TestMatchesFollowADelayThatChanges(t *testing.T) {
	said := append(Babble(7, 6*time.Second), make([]float32, 2*media.SampleRate)...)
	heard := make([]float32, media.SampleRate/10) // 100 ms late
	heard = append(heard, said[:4*media.SampleRate]...)
	heard = append(heard, make([]float32, media.SampleRate/20)...) // from here on 150 ms
	heard = append(heard, said[4*media.SampleRate:]...)
	began := time.UnixMilli(0)
	matches := Matches(said, heard, time.Second)
	cut := Recording{began, heard}.From(began.Add(500 * time.Millisecond))
	if later := (Recording{began, said}).FindIn(cut, time.Second); later[5] != matches[5+len(matches)-len(later)] {
		t.Errorf("%+v, %+v: not the same when the recording begins later", later, matches)
	}
	if len(matches) < 20 || len(matches) > 26 {
		t.Errorf("%d windows of six seconds of speech and two of silence", len(matches))
	}
	p50, p95, c := Summary(matches, 0.7)
	if (p50-100*time.Millisecond).Abs() > time.Millisecond || (p95-150*time.Millisecond).Abs() > time.Millisecond || c < 0.9 {
		t.Errorf("p50 %v, p95 %v, correlation %.3f", p50, p95, c)
	}
	if p50, p95, c := Summary(nil, 0); p50 != 0 || p95 != 0 || c != 0 {
		t.Error("a summary of nothing")
	}
}

func TestStampOutlivesTheCodec(t *testing.T) {
	enc, err := vp8.NewEncoder(vp8.Standard())
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	p := NewPattern(image.Pt(1280, 720), 0.3)
	judge := NewJudge(p)
	var decs [3]*vp8.Decoder
	for i := range decs {
		if decs[i], err = vp8.NewDecoder(); err != nil {
			t.Fatal(err)
		}
		defer decs[i].Close()
	}
	src, got := image.NewYCbCr(image.Rect(0, 0, 1280, 720), image.YCbCrSubsampleRatio420), image.YCbCr{}
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 20 {
		want := Stamp{r.Uint32(), time.UnixMilli(r.Int64N(1 << 44))}
		p.Draw(src, want)
		frames, err := enc.Encode(src, time.Duration(n)*time.Second/30)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range frames {
			if err := decs[f.Layer].Decode(&got, f.Payload); err != nil {
				t.Fatal(err)
			}
			s, psnr, ok := judge.Judge(&got)
			if !ok || s != want {
				t.Errorf("picture %d layer %d: stamp %v %v, want %v", n, f.Layer, s, ok, want)
			}
			if psnr < 27 {
				t.Errorf("picture %d layer %d: %.1f dB", n, f.Layer, psnr)
			}
			if k, ok := ReadNumber(&got); !ok || k != uint64(want.Number) {
				t.Errorf("number %d %v, want %d", k, ok, want.Number)
			}
		}
	}
}

func TestStampOnAScreen(t *testing.T) {
	p := NewPattern(image.Pt(320, 180), 0)
	pic := image.NewYCbCr(image.Rect(0, 0, 320, 180), image.YCbCrSubsampleRatio420)
	want := Stamp{123456789, time.UnixMilli(1_790_000_000_123)}
	p.Draw(pic, want)
	screen := image.NewRGBA(pic.Rect)
	for y := range 180 {
		for x := range 320 {
			screen.Set(x, y, pic.At(x, y))
		}
	}
	if got, ok := ReadStamp(screen); !ok || got != want {
		t.Errorf("%v %v, want %v", got, ok, want)
	}
	for i := range pic.Y {
		pic.Y[i] = 128
	}
	if _, ok := ReadStamp(pic); ok {
		t.Error("a stamp on grey")
	}
	if _, ok := ReadStamp(image.NewGray(image.Rect(0, 0, 320, 180))); ok {
		t.Error("a stamp in an unknown kind of picture")
	}
	if _, ok := ReadStamp(image.NewRGBA(image.Rect(0, 0, 20, 10))); ok {
		t.Error("a stamp in a tiny picture")
	}
}

func TestPSNR(t *testing.T) {
	a := image.NewYCbCr(image.Rect(0, 0, 64, 36), image.YCbCrSubsampleRatio420)
	b := image.NewYCbCr(image.Rect(0, 0, 64, 36), image.YCbCrSubsampleRatio420)
	if db := PSNR(a, b); db != 99 {
		t.Errorf("equal: %v", db)
	}
	for i := range b.Y {
		b.Y[i] = 10
	}
	if db := PSNR(a, b); math.Abs(db-28.13) > 0.01 {
		t.Errorf("off by ten: %v", db)
	}
}

func TestReelDrawsWhatDrawDoes(t *testing.T) {
	p := NewPattern(image.Pt(640, 360), 0.3)
	r, want := reel{pattern: p}, image.NewYCbCr(image.Rect(0, 0, 640, 360), image.YCbCrSubsampleRatio420)
	for i, n := range []uint32{1, 2, 3, 40, 2999, 3000, 7, 7} {
		s := Stamp{n, time.UnixMilli(int64(i) * 1234567)}
		p.Draw(want, s)
		got := r.show(s)
		if !bytes.Equal(got.Y, want.Y) || !bytes.Equal(got.Cb, want.Cb) || !bytes.Equal(got.Cr, want.Cr) {
			t.Errorf("picture %d, number %d, differs", i, n)
		}
	}
}

func TestCameraKeepsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCamera(NewPattern(image.Pt(320, 180), 0), 25)
		began := time.Now()
		for n := range uint64(50) {
			pic, at, err := c.Read()
			if err != nil {
				t.Fatal(err)
			}
			s, ok := ReadStamp(pic)
			if !ok || uint64(s.Number) != n+1 || !s.At.Equal(at) {
				t.Errorf("picture %d: %v %v at %v", n, s, ok, at)
			}
		}
		if d := time.Since(began); d != 2*time.Second {
			t.Errorf("50 pictures in %v", d)
		}
		if err := errors.Join(c.Close(), c.Close()); err != nil {
			t.Error("not closed")
		}
		if _, _, err := c.Read(); err == nil {
			t.Error("read when closed")
		}
	})
}

func TestFilesStandInForDevices(t *testing.T) {
	dir := t.TempDir()
	p := NewPattern(image.Pt(320, 180), 0.5)
	pictures, sound := filepath.Join(dir, "p.y4m"), filepath.Join(dir, "s.wav")
	if err := WriteY4M(pictures, p, 4, 30, time.UnixMilli(0)); err != nil {
		t.Fatal(err)
	}
	said := Babble(1, time.Second)
	if err := WriteWAV(sound, said); err != nil {
		t.Fatal(err)
	}
	cam, err := device.OpenPictures(pictures, true)
	if err != nil {
		t.Fatal(err)
	}
	defer cam.Close()
	for n := range 6 {
		pic, _, err := cam.Read()
		if err != nil {
			t.Fatal(err)
		}
		if k, ok := ReadNumber(pic); !ok || k != uint64(n%4+1) {
			t.Errorf("picture %d has number %d %v", n, k, ok)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		mic, err := device.OpenSound(sound, false)
		if err != nil {
			t.Fatal(err)
		}
		step := make([]float32, media.StepLen)
		for n := range 100 {
			if err := mic.Read(step); err != nil {
				t.Fatal(err)
			}
			for i, s := range step {
				if math.Abs(float64(s-said[n*media.StepLen+i])) > 1e-4 {
					t.Fatalf("step %d, sample %d: %v", n, i, s)
				}
			}
		}
	})
}

func TestTransform(t *testing.T) {
	x := make([]complex128, 8)
	for i := range x {
		x[i] = complex(math.Cos(2*math.Pi*float64(i)/8), 0)
	}
	transform(x, -1)
	for k, v := range x {
		want := 0.0
		if k == 1 || k == 7 {
			want = 4
		}
		if math.Abs(real(v)-want) > 1e-12 || math.Abs(imag(v)) > 1e-12 {
			t.Errorf("bin %d is %v", k, v)
		}
	}
	sums := products([]float32{1, 2}, []float32{3, 4, 5})
	for i, want := range []float64{6, 11, 14, 5} { // lags -1 to 2
		if math.Abs(sums[i]-want) > 1e-9 {
			t.Errorf("sum %d is %v, want %v", i, sums[i], want)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	p := NewPattern(image.Pt(1280, 720), 0)
	stamp := func(n int) Stamp { return Stamp{uint32(n), time.UnixMilli(int64(n) * 33)} }
	b.Run("whole", func(b *testing.B) {
		pic := image.NewYCbCr(image.Rect(0, 0, 1280, 720), image.YCbCrSubsampleRatio420)
		for n := 0; b.Loop(); n++ {
			p.Draw(pic, stamp(n))
		}
	})
	b.Run("reel", func(b *testing.B) {
		r := reel{pattern: p}
		for n := 0; b.Loop(); n++ {
			r.show(stamp(n))
		}
	})
	b.Run("read", func(b *testing.B) {
		pic := image.NewYCbCr(image.Rect(0, 0, 1280, 720), image.YCbCrSubsampleRatio420)
		p.Draw(pic, stamp(1))
		for b.Loop() {
			ReadStamp(pic)
		}
	})
}
