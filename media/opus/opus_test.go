package opus

import (
	"errors"
	"math"
	"testing"
	"time"

	"incamera/media"
	"incamera/media/mediatest"
)

func newPair(t testing.TB, o Options) (*Encoder, *Decoder) {
	t.Helper()
	e, err := NewEncoder(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return e, d
}

// encode returns the payloads of said.
func encode(t testing.TB, e *Encoder, said []float32) (payloads [][]byte) {
	t.Helper()
	for ; len(said) >= media.FrameLen; said = said[media.FrameLen:] {
		p, err := e.Encode(nil, said[:media.FrameLen])
		if err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, p)
	}
	return payloads
}

// hear decodes payloads, all but those that are lost.
func hear(t testing.TB, d *Decoder, payloads [][]byte, lost func(n int) bool, fec bool) (heard []float32) {
	t.Helper()
	frame := make([]float32, media.FrameLen)
	for n, p := range payloads {
		var err error
		switch {
		case !lost(n):
			err = d.Decode(frame, p)
		case fec && n+1 < len(payloads) && !lost(n+1):
			err = d.DecodeFEC(frame, payloads[n+1])
		default:
			err = d.Conceal(frame)
		}
		if err != nil {
			t.Fatal(err)
		}
		heard = append(heard, frame...)
	}
	return heard
}

func none(int) bool { return false }

func tenth(n int) bool { return n%10 == 7 }

func TestSpeechComesBack(t *testing.T) {
	e, d := newPair(t, Standard())
	said := mediatest.Babble(1, 4*time.Second)
	payloads := encode(t, e, said)
	if m := mediatest.Correlate(said, hear(t, d, payloads, none, false)); m.Correlation < 0.93 || m.Delay > 10*time.Millisecond {
		t.Errorf("%+v", m)
	}
}

// TestLengthSaysNothing: a frame of speech is as long as one of silence, however
// much is spent on copies.
func TestLengthSaysNothing(t *testing.T) {
	e, _ := newPair(t, Standard())
	said := append(make([]float32, media.SampleRate), mediatest.Babble(1, 2*time.Second)...)
	for _, loss := range []int{0, 5, 30} {
		e.Expect(loss)
		for n, p := range encode(t, e, said) {
			if len(p)*8*50 != Standard().Bitrate {
				t.Fatalf("%d %% lost: frame %d has %d bytes", loss, n, len(p))
			}
		}
	}
}

func TestLossIsRepaired(t *testing.T) {
	o := Standard()
	o.Loss = 10
	said := mediatest.Babble(2, 4*time.Second)
	correlation := func(fec bool) float64 {
		e, d := newPair(t, o)
		return mediatest.Correlate(said, hear(t, d, encode(t, e, said), tenth, fec)).Correlation
	}
	concealed, repaired := correlation(false), correlation(true)
	if repaired < concealed+0.01 || repaired < 0.92 {
		t.Errorf("%.3f with copies, %.3f without", repaired, concealed)
	}
}

func TestConcealmentFadesOut(t *testing.T) {
	e, d := newPair(t, Standard())
	hear(t, d, encode(t, e, mediatest.Babble(3, time.Second)), none, false)
	frame := make([]float32, media.FrameLen)
	for range 50 {
		if err := d.Conceal(frame); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range frame {
		if math.Abs(float64(s)) > 0.01 {
			t.Fatalf("sample %d is %v after a second", i, s)
		}
	}
}

func TestExpectSpendsMoreOnCopies(t *testing.T) {
	said := mediatest.Babble(2, 4*time.Second)
	correlation := func(loss int) float64 {
		e, d := newPair(t, Options{Bitrate: 32_000, Complexity: 5})
		e.Expect(loss)
		return mediatest.Correlate(said, hear(t, d, encode(t, e, said), tenth, true)).Correlation
	}
	if without, with := correlation(-1), correlation(20); with < without+0.01 {
		t.Errorf("%.3f when loss is expected, %.3f when not", with, without)
	}
}

func TestWrongInput(t *testing.T) {
	e, d := newPair(t, Standard())
	frame := make([]float32, media.FrameLen)
	if _, err := e.Encode(nil, frame[1:]); err == nil {
		t.Error("encoded a short frame")
	}
	if d.Decode(frame[1:], []byte{0}) == nil || d.Decode(frame, nil) == nil || d.DecodeFEC(frame, nil) == nil {
		t.Error("decoded to a short frame, or nothing")
	}
	if err := d.Decode(frame, []byte{0xff, 0xff}); err == nil {
		t.Error("decoded garbage")
	}
	if err := d.Decode(frame, make([]byte, 5000)); err == nil {
		t.Error("decoded a payload that is too long")
	}
	if _, err := NewEncoder(Options{Complexity: 11}); err == nil {
		t.Error("opened an encoder of complexity 11")
	}
	for range 2 {
		e.Close()
		d.Close()
	}
	if _, err := e.Encode(nil, frame); !errors.Is(err, ErrClosed) {
		t.Errorf("closed encoder: %v", err)
	}
	if err := d.Conceal(frame); !errors.Is(err, ErrClosed) {
		t.Errorf("closed decoder: %v", err)
	}
}

func TestEncodeAppends(t *testing.T) {
	e, _ := newPair(t, Standard())
	p, err := e.Encode([]byte("head"), make([]float32, media.FrameLen))
	if err != nil || string(p[:4]) != "head" || len(p) < 5 {
		t.Errorf("%q, %v", p, err)
	}
}

func TestNoAllocations(t *testing.T) {
	e, d := newPair(t, Standard())
	said := mediatest.Babble(4, 2*time.Second)
	payload, frame := make([]byte, 0, MaxPayload), make([]float32, media.FrameLen)
	n := 0
	cycle := func() {
		var err error
		payload, err = e.Encode(payload[:0], said[n:n+media.FrameLen])
		if err != nil || d.DecodeFEC(frame, payload) != nil || d.Decode(frame, payload) != nil || d.Conceal(frame) != nil {
			t.Fatal("not coded")
		}
		n = (n + media.FrameLen) % media.SampleRate
	}
	if got := testing.AllocsPerRun(50, cycle); got != 0 {
		t.Errorf("%v allocations a frame, want 0", got)
	}
}

// FuzzDecode: whatever comes, the decoder says what it is and goes on.
func FuzzDecode(f *testing.F) {
	e, _ := newPair(f, Standard())
	for _, p := range encode(f, e, mediatest.Babble(1, 100*time.Millisecond)) {
		f.Add(p)
	}
	f.Add([]byte{0xff})
	f.Fuzz(func(t *testing.T, payload []byte) {
		e, d := newPair(t, Standard())
		good := encode(t, e, mediatest.Babble(1, 60*time.Millisecond))
		frame := make([]float32, media.FrameLen)
		for _, decode := range []func([]float32, []byte) error{d.Decode, d.DecodeFEC} {
			_ = decode(frame, payload) // it may be good or bad
			if err := d.Decode(frame, good[0]); err != nil {
				t.Fatalf("a good frame after %x: %v", payload, err)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	e, _ := newPair(b, Standard())
	said := mediatest.Babble(4, 2*time.Second)
	payload, n := make([]byte, 0, MaxPayload), 0
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if payload, err = e.Encode(payload[:0], said[n:n+media.FrameLen]); err != nil {
			b.Fatal(err)
		}
		n = (n + media.FrameLen) % media.SampleRate
	}
}

func BenchmarkDecode(b *testing.B) {
	e, d := newPair(b, Standard())
	payloads := encode(b, e, mediatest.Babble(4, 2*time.Second))
	frame, n := make([]float32, media.FrameLen), 0
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Decode(frame, payloads[n%len(payloads)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
