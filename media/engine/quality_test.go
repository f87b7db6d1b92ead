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

// TestPicturesInOrder: pictures come out as what they were, in order.
func TestPicturesInOrder(t *testing.T) {
	node := relaytest.Start(t)
	pattern := mediatest.NewPattern(large, 0.3)
	enter(t, node, "ada", func(o *engine.Options) { o.Camera = show(pattern) }).full(small)
	l := &listener{judge: mediatest.NewJudge(pattern)}
	bob := enter(t, node, "bob", func(o *engine.Options) { o.OnPicture = l.see }).full(image.Pt(640, 360))
	until(t, "seen", func() bool { return bob.decoded("ada") > 40 })
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.IsSorted(l.number) || len(l.number) < 40 {
		t.Errorf("%d of 40 pictures legible; in order: %v", len(l.number), slices.IsSorted(l.number))
	}
	if psnr := mediatest.Percentile(l.psnr, 50); psnr < 28 {
		t.Errorf("psnr %.1f dB", psnr)
	}
}

func show(p *mediatest.Pattern) engine.Camera {
	return func(context.Context) (engine.PictureSource, error) { return mediatest.NewCamera(p, 30), nil }
}

// BenchmarkMeeting measures six seconds of speech and pictures between two
// engines over the real relay.
func BenchmarkMeeting(b *testing.B) {
	const length = 6 * time.Second
	speech, pattern := mediatest.Babble(1, length), mediatest.NewPattern(large, 0.3)
	for b.Loop() {
		node := relaytest.Start(b)
		var spoken time.Time
		ada := enter(b, node, "ada", func(o *engine.Options) {
			o.Microphone = func(context.Context) (engine.SoundSource, error) {
				spoken = time.Now()
				return device.NewSound(speech, false), nil
			}
			o.Camera = show(pattern)
		})
		l := &listener{judge: mediatest.NewJudge(pattern)}
		bob := enter(b, node, "bob", func(o *engine.Options) { o.OnSound, o.OnPicture = l.hear, l.see })
		ada.full(small).Microphone(false)
		bob.full(large).Microphone(false)
		bob.Camera(false)
		bob.sees(b, "ada", large)
		ada.Microphone(true)
		until(b, "all spoken", func() bool { return ada.Stats().Sound.Captured > uint64(length/media.FrameTime)+25 })
		l.report(b, speech, spoken, bob.Stats())
	}
}

func (l *listener) report(b *testing.B, speech []float32, spoken time.Time, s engine.Stats) {
	l.mu.Lock()
	defer l.mu.Unlock()
	heard := mediatest.Recording{Start: l.began, Samples: l.sound}.From(spoken)
	p50, p95, correlation := mediatest.Summary(mediatest.Matches(speech, heard.Samples, 500*time.Millisecond), 0.7)
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	b.ReportMetric(ms(p50), "ms-mouth-to-ear-p50")
	b.ReportMetric(ms(p95), "ms-mouth-to-ear-p95")
	b.ReportMetric(correlation, "correlation")
	b.Logf("%+v", s.Members["ada"].Jitter)
	b.ReportMetric(s.ConcealedRatio(), "concealed")
	b.ReportMetric(ms(mediatest.Percentile(l.delays, 50)), "ms-glass-to-glass-p50")
	b.ReportMetric(ms(mediatest.Percentile(l.delays, 95)), "ms-glass-to-glass-p95")
	b.ReportMetric(mediatest.Percentile(l.psnr, 50), "dB-psnr")
	b.ReportMetric(s.Members["ada"].FPS, "pictures/s")
}
