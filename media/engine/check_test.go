package engine

import (
	"context"
	"errors"
	"image"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"incamera/media"
)

// A deck is a microphone that hears a constant, and a loudspeaker, on the
// bubble's clock.
type deck struct {
	heard  []float32
	broken error
	closed chan struct{}
}

func newDeck() *deck { return &deck{closed: make(chan struct{})} }

func (d *deck) Read(dst []float32) error {
	for i := range dst {
		dst[i] = 0.5
	}
	return d.step()
}

func (d *deck) Write(src []float32) error {
	d.heard = append(d.heard, src...)
	return d.step()
}

func (d *deck) step() error {
	select {
	case <-d.closed:
		return errors.New("closed")
	case <-time.After(media.Step):
		return d.broken
	}
}

func (d *deck) Close() error {
	select {
	case <-d.closed:
	default:
		close(d.closed)
	}
	return nil
}

func TestCheckRecordsAndPlaysBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, in, out := NewCheck(), newDeck(), newDeck()
		c.UseMicrophone(func(context.Context) (SoundSource, error) { return in, nil })
		c.UseLoudspeaker(func(context.Context) (SoundSink, error) { return out, nil })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); c.Run(ctx) }()

		time.Sleep(100 * time.Millisecond)
		if l := c.Level(); l.Peak < -7 || l.Peak > -5 {
			t.Errorf("level %+v, want a peak of -6 dBFS", l)
		}
		c.Record()
		time.Sleep(time.Second)
		if c.Trial() != Recording {
			t.Errorf("trial %d, want recording", c.Trial())
		}
		c.Stop()
		time.Sleep(500 * time.Millisecond)
		if c.Trial() != Replaying {
			t.Errorf("trial %d, want replaying", c.Trial())
		}
		time.Sleep(time.Second)
		if c.Trial() != NoTrial {
			t.Errorf("trial %d, want none", c.Trial())
		}
		cancel()
		<-done
		loud := 0
		for _, s := range out.heard {
			if s == 0.5 {
				loud++
			}
		}
		if seconds := float64(loud) / media.SampleRate; seconds < 0.95 || seconds > 1.05 {
			t.Errorf("%.2f s were played back, want 1", seconds)
		}
	})
}

func TestCheckTellsOfFaultsAndTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCheck()
		missing := &media.DeviceError{Kind: media.CameraDevice, Fault: media.Missing}
		var there atomic.Bool
		c.UseCamera(func(context.Context) (PictureSource, error) {
			if !there.Load() {
				return nil, missing
			}
			return &still{newDeck()}, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); c.Run(ctx) }()
		time.Sleep(time.Second)
		if err := c.Fault(media.CameraDevice); !errors.Is(err, missing) {
			t.Errorf("fault %v, want %v", err, missing)
		}
		there.Store(true)
		time.Sleep(time.Second)
		if err := c.Fault(media.CameraDevice); err != nil {
			t.Errorf("fault %v after the camera came", err)
		}
		if c.Picture().Size() != image.Pt(64, 36) {
			t.Errorf("picture of %v", c.Picture().Size())
		}
		c.UseCamera(nil)
		if c.Picture().Size() != (image.Point{}) {
			t.Error("the picture is still on show")
		}
		cancel()
		<-done
	})
}

type still struct{ *deck }

func (s *still) Read() (*image.YCbCr, time.Time, error) {
	return image.NewYCbCr(image.Rect(0, 0, 64, 36), image.YCbCrSubsampleRatio420), time.Now(), s.step()
}
