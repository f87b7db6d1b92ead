package engine_test

import (
	"context"
	"image"
	"slices"
	"sync"
	"testing"
	"time"

	"incamera/media"
	"incamera/media/device"
	"incamera/media/engine"
	"incamera/media/mediatest"
	"incamera/media/relay/relaytest"
)

// A listener remembers what went to a loudspeaker, and what was seen.
type listener struct {
	mu     sync.Mutex
	began  time.Time
	sound  []float32
	judge  *mediatest.Judge
	delays []time.Duration
	psnr   []float64
	number []uint32
}

func (l *listener) hear(step []float32, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sound == nil {
		l.began = at
	}
	l.sound = append(l.sound, step...)
}

func (l *listener) see(_ string, pic *image.YCbCr, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s, psnr, ok := l.judge.Judge(pic); ok {
		l.delays = append(l.delays, at.Sub(s.At))
		l.psnr = append(l.psnr, psnr)
		l.number = append(l.number, s.Number)
	}
}

// TestSpeechAndPattern: speech and pictures arrive as what they were, in
// order. How late is logged: it depends on the machine.
func TestSpeechAndPattern(t *testing.T) {
	const length = 6 * time.Second
	node := relaytest.Start(t)
	speech := mediatest.Babble(1, length)
	pattern := mediatest.NewPattern(large, 0.3)
	var spoken time.Time
	ada := enter(t, node, "ada", func(o *engine.Options) {
		o.Microphone = func(context.Context) (engine.SoundSource, error) {
			spoken = time.Now()
			return device.NewSound(speech, false), nil
		}
		o.Camera = func(context.Context) (engine.PictureSource, error) { return mediatest.NewCamera(pattern, 30), nil }
	})
	l := &listener{judge: mediatest.NewJudge(pattern)}
	bob := enter(t, node, "bob", func(o *engine.Options) { o.OnSound, o.OnPicture = l.hear, l.see })
	bob.full(large)
	bob.Microphone(false)
	bob.Camera(false)
	ada.full(small)
	ada.Microphone(false)
	bob.sees(t, "ada", large)
	ada.Microphone(true)
	until(t, "all spoken", func() bool { return ada.Stats().Sound.Captured > uint64(length/media.FrameTime)+25 })
	s := bob.Stats()

	l.mu.Lock()
	defer l.mu.Unlock()
	from := int(spoken.Sub(l.began) * media.SampleRate / time.Second)
	p50, p95, correlation := mediatest.Summary(mediatest.Matches(speech, l.sound[from:], 500*time.Millisecond), 0.7)
	t.Logf("mouth to ear p50 %v p95 %v correlation %.3f concealed %.3f %+v", p50, p95, correlation, s.ConcealedRatio(), s.Members["ada"].Jitter)
	if correlation < 0.8 {
		t.Errorf("correlation %.3f", correlation)
	}
	if !slices.IsSorted(l.number) || len(l.number) < 30 {
		t.Errorf("%d pictures, in order: %v", len(l.number), slices.IsSorted(l.number))
	}
	t.Logf("pictures %d (%.1f/s) glass to glass p50 %v p95 %v psnr p50 %.1f dB", len(l.number), s.Members["ada"].FPS,
		mediatest.Percentile(l.delays, 50), mediatest.Percentile(l.delays, 95), mediatest.Percentile(l.psnr, 50))
	if psnr := mediatest.Percentile(l.psnr, 50); psnr < 28 {
		t.Errorf("psnr %.1f dB", psnr)
	}
}
