package device

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"incamera/media"
)

// wav makes a WAV file of a tone of 440 Hz at half scale.
func wav(f wave, extended bool) []byte {
	le := binary.LittleEndian
	var data []byte
	for i := range f.rate / 2 {
		v := 0.5 * math.Sin(2*math.Pi*440*float64(i)/float64(f.rate))
		for range f.channels {
			switch {
			case f.tag == floatTag && f.bits == 64:
				data = le.AppendUint64(data, math.Float64bits(v))
			case f.tag == floatTag:
				data = le.AppendUint32(data, math.Float32bits(float32(v)))
			case f.bits == 8:
				data = append(data, byte(128+v*127))
			default:
				n := uint32(int32(v * math.MaxInt32))
				for shift := 32 - f.bits; shift < 32; shift += 8 {
					data = append(data, byte(n>>shift))
				}
			}
		}
	}
	format := le.AppendUint16(nil, uint16(f.tag))
	if extended {
		format = le.AppendUint16(nil, extensible)
	}
	format = le.AppendUint16(format, uint16(f.channels))
	format = le.AppendUint32(format, uint32(f.rate))
	format = append(format, make([]byte, 6)...)
	format = le.AppendUint16(format, uint16(f.bits))
	if extended {
		format = append(format, make([]byte, 24)...)
		le.PutUint16(format[24:], uint16(f.tag))
	}
	b := append([]byte("RIFF....WAVEfmt "), le.AppendUint32(nil, uint32(len(format)))...)
	b = append(b, format...)
	b = append(b, "LIST\x03\x00\x00\x00abc\x00data"...)
	return append(le.AppendUint32(b, uint32(len(data))), data...)
}

func TestReadWAV(t *testing.T) {
	for _, f := range []wave{
		{integers, 1, 16, 48000},
		{integers, 2, 16, 44100},
		{integers, 1, 8, 8000},
		{integers, 6, 24, 96000},
		{integers, 1, 32, 22050},
		{floatTag, 2, 32, 48000},
		{floatTag, 1, 64, 16000},
		{integers, 1, 16, 11025},
	} {
		for _, extended := range []bool{false, true} {
			got, err := ReadWAV(bytes.NewReader(wav(f, extended)))
			if err != nil {
				t.Errorf("%+v: %v", f, err)
				continue
			}
			if n := len(got) - media.SampleRate/2; n < -10 || n > 10 {
				t.Errorf("%+v: %d samples", f, len(got))
			}
			for i := 5000; i < 15000; i++ {
				want := 0.5 * math.Sin(2*math.Pi*440*float64(i)/media.SampleRate)
				if math.Abs(float64(got[i])-want) > 0.015 {
					t.Errorf("%+v: sample %d is %v, want %v", f, i, got[i], want)
					break
				}
			}
		}
	}
}

func TestReadWAVRefuses(t *testing.T) {
	good := wav(wave{integers, 1, 16, 48000}, false)
	for name, b := range map[string][]byte{
		"nothing":           nil,
		"text":              []byte("Order of the day, a list of names"),
		"no data":           good[:36],
		"data before fmt":   append([]byte("RIFF....WAVE"), "data\x02\x00\x00\x00\x00\x00"...),
		"12 bits":           wav(wave{integers, 1, 12, 48000}, false),
		"no channels":       wav(wave{integers, 0, 16, 48000}, false),
		"compressed":        wav(wave{85, 1, 16, 48000}, false),
		"a rate of nothing": wav(wave{integers, 1, 16, 0}, false),
	} {
		if _, err := ReadWAV(bytes.NewReader(b)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := ReadWAV(bytes.NewReader(good[:len(good)-1001])); err != nil || len(got) != 23499 {
		t.Errorf("a file cut short: %d, %v", len(got), err)
	}
}

func FuzzReadWAV(f *testing.F) {
	f.Add(wav(wave{integers, 1, 16, 8000}, false)[:200])
	f.Add(wav(wave{floatTag, 2, 32, 8000}, true)[:200])
	f.Fuzz(func(t *testing.T, b []byte) {
		samples, err := ReadWAV(bytes.NewReader(b))
		if err == nil && len(samples) > 48*len(b)+1 {
			t.Errorf("%d samples of %d bytes", len(samples), len(b))
		}
	})
}

func TestResampleKeepsTonesAndStopsOthers(t *testing.T) {
	tone := func(rate int, hz float64) []float32 {
		s := make([]float32, rate/2)
		for i := range s {
			s[i] = float32(math.Sin(2 * math.Pi * hz * float64(i) / float64(rate)))
		}
		return s
	}
	loudest := func(s []float32) (peak float64) {
		for _, v := range s[len(s)/4 : len(s)*3/4] {
			peak = max(peak, math.Abs(float64(v)))
		}
		return peak
	}
	for _, c := range []struct {
		from, to int
		hz       float64
		least    float64
		most     float64
	}{
		{48000, 8000, 1000, 0.99, 1.01},
		{48000, 8000, 6000, 0, 0.01},
		{48000, 44100, 10000, 0.98, 1.01},
		{8000, 48000, 3000, 0.98, 1.01},
		{44100, 48000, 1000, 0.99, 1.01},
	} {
		if got := loudest(Resample(tone(c.from, c.hz), c.from, c.to)); got < c.least || got > c.most {
			t.Errorf("%v Hz from %d to %d is %.4f", c.hz, c.from, c.to, got)
		}
	}
}

func TestSoundKeepsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		samples := make([]float32, 3*media.StepLen/2)
		for i := range samples {
			samples[i] = float32(i + 1)
		}
		began, step := time.Now(), make([]float32, media.StepLen)
		looping, once := NewSound(samples, true), NewSound(samples, false)
		for n := range 101 {
			if err := errors.Join(looping.Read(step), once.Read(make([]float32, media.StepLen))); err != nil {
				t.Fatal(err)
			}
			if want := float32(n*media.StepLen%len(samples) + 1); step[0] != want {
				t.Errorf("step %d begins with %v, want %v", n, step[0], want)
			}
		}
		if err := once.Read(step); err != nil || step[0] != 0 {
			t.Errorf("after the end: %v, %v", step[0], err)
		}
		if d := time.Since(began); d != 1010*time.Millisecond {
			t.Errorf("102 steps in %v", d)
		}
		time.Sleep(time.Second)
		at := time.Now()
		if err := looping.Read(step); err != nil || time.Since(at) != 0 {
			t.Errorf("late: %v after %v", err, time.Since(at))
		}
		if err := looping.Read(step); err != nil || time.Since(at) != media.Step {
			t.Errorf("a step after that, %v after %v", err, time.Since(at))
		}
	})
}

func TestCloseEndsAFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSound(nil, true)
		step := make([]float32, media.StepLen)
		if err := s.Read(step); err != nil {
			t.Fatal(err)
		}
		end := make(chan error)
		go func() { end <- s.Read(step) }()
		synctest.Wait()
		s.Close()
		s.Close()
		if err := <-end; !errors.Is(err, ErrClosed) {
			t.Errorf("%v", err)
		}
	})
}

func y4m(t *testing.T, header string, frames int, size image.Point) string {
	t.Helper()
	b := []byte(header + "\n")
	for n := range frames {
		b = append(b, "FRAME Xnothing\n"...)
		b = append(b, bytes.Repeat([]byte{byte(n + 1)}, size.X*size.Y+2*((size.X+1)/2)*((size.Y+1)/2))...)
	}
	path := filepath.Join(t.TempDir(), "pictures.y4m")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPicturesKeepTime(t *testing.T) {
	size := image.Pt(7, 5)
	path := y4m(t, "YUV4MPEG2 W7 H5 F25:2 Ip A1:1 C420mpeg2 XYSCSS=420MPEG2", 3, size)
	synctest.Test(t, func(t *testing.T) {
		for _, loop := range []bool{true, false} {
			f, err := OpenPictures(path, loop)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			for n := range 6 {
				pic, at, err := f.Read()
				if err != nil {
					t.Fatal(err)
				}
				want := byte(n%3 + 1)
				if !loop {
					want = byte(min(n, 2) + 1)
				}
				if pic.Rect.Size() != size || pic.Y[34] != want || pic.Cb[11] != want || pic.Cr[11] != want {
					t.Errorf("picture %d: %v of %v", n, pic.Y[34], pic.Rect)
				}
				if d := at.Sub(began); d != time.Duration(n)*80*time.Millisecond {
					t.Errorf("picture %d at %v", n, d)
				}
			}
			if err := errors.Join(f.Close(), f.Close()); err != nil {
				t.Error(err)
			}
			if _, _, err := f.Read(); !errors.Is(err, ErrClosed) {
				t.Errorf("closed: %v", err)
			}
		}
	})
}

func TestPicturesRefused(t *testing.T) {
	size := image.Pt(8, 8)
	for i, header := range []string{
		"", "RIFF", "YUV4MPEG2", "YUV4MPEG2 W8 H8 C444", "YUV4MPEG2 W8 H8 C420p10", "YUV4MPEG2 Wx H8", "YUV4MPEG2 W8 H99999",
		"YUV4MPEG2 W8 H8 F0:1", "YUV4MPEG2 W8 H8 F25", "YUV4MPEG2 W8 H8 F1000000:1", fmt.Sprintf("YUV4MPEG2 W8 H8 X%0300d", 0),
	} {
		_, err := OpenPictures(y4m(t, header, 1, size), true)
		if e, ok := errors.AsType[*media.DeviceError](err); !ok || e.Fault != media.Unsupported || e.Kind != media.CameraDevice {
			t.Errorf("header %d: %v", i, err)
		}
	}
	f, err := OpenPictures(y4m(t, "YUV4MPEG2 W9 H9", 1, size), true)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, _, err := f.Read(); err == nil {
		t.Error("a picture out of a file cut short")
	}
}

func TestMissingFiles(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "nothing")
	_, err := OpenSound(missing, true)
	if e, ok := errors.AsType[*media.DeviceError](err); !ok || e.Fault != media.Missing || e.Name != missing {
		t.Errorf("%v", err)
	}
	_, err = OpenPictures(missing, true)
	if e, ok := errors.AsType[*media.DeviceError](err); !ok || e.Fault != media.Missing {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(missing, []byte("a text"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = OpenSound(missing, true)
	if e, ok := errors.AsType[*media.DeviceError](err); !ok || e.Fault != media.Unsupported || !errors.Is(err, ErrFormat) {
		t.Errorf("%v", err)
	}
}

func TestRing(t *testing.T) {
	var r ring
	next, want := float32(0), float32(0)
	for n := range 500 {
		src := make([]float32, 37*n%1000)
		for i := range src {
			src[i] = next + float32(i)
		}
		next += float32(r.write(src))
		dst := make([]float32, 29*n%900)
		for _, s := range dst[:r.take(dst)] {
			if s != want {
				t.Fatalf("read %v, want %v", s, want)
			}
			want++
		}
	}
	if r.held() != int(next-want) {
		t.Errorf("holds %d of %v", r.held(), next-want)
	}
	full := r.write(make([]float32, 2*ringLen))
	if r.held() != ringLen || full == 2*ringLen {
		t.Errorf("%d written, %d held", full, r.held())
	}
	r.skip(ringLen)
	if r.held() != 0 || r.take(make([]float32, 1)) != 0 {
		t.Error("not empty")
	}
}

func TestCallbacksAllocateNothing(t *testing.T) {
	h := &handle{wake: make(chan struct{}, 1)}
	step := make([]float32, media.StepLen)
	if n := testing.AllocsPerRun(100, func() { captured(h, step); wanted(h, step) }); n != 0 {
		t.Errorf("%v allocations a step, want 0", n)
	}
}

func TestLoudspeakerHoldsMoreAfterAGap(t *testing.T) {
	l := &Loudspeaker{handle: &handle{wake: make(chan struct{}, 1), closed: make(chan struct{}), gone: make(chan struct{})}}
	step := make([]float32, media.StepLen)
	wanted(l.handle, step) // before the first step
	write := func() {
		t.Helper()
		if err := l.Write(step); err != nil {
			t.Fatal(err)
		}
	}
	for range leastAhead {
		write()
	}
	if l.ahead.steps != leastAhead {
		t.Errorf("%d steps ahead at first", l.ahead.steps)
	}
	for range leastAhead + 1 {
		wanted(l.handle, step) // the last finds nothing
	}
	for range leastAhead + 1 {
		write()
	}
	if l.ahead.steps != leastAhead+1 || l.ring.held() != (leastAhead+1)*media.StepLen {
		t.Errorf("%d steps ahead after a gap, %d samples held", l.ahead.steps, l.ring.held())
	}
}

func TestAhead(t *testing.T) {
	var a ahead
	hold := func(want int, missed uint64, steps int) {
		t.Helper()
		var got int
		for range steps {
			got = a.step(missed)
		}
		if got != want*media.StepLen {
			t.Errorf("holds %d samples, want %d steps", got, want)
		}
	}
	hold(leastAhead, 5000, 10) // missed before the first step
	hold(leastAhead+1, 5480, 10)
	hold(leastAhead+2, 5481, longEnough)
	hold(leastAhead+1, 5481, 1)
	hold(leastAhead, 5481, 5*longEnough)
	for missed := range uint64(20) {
		a.step(6000 + missed)
	}
	hold(mostAhead, 6019, 1)
}
