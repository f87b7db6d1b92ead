package seat

import (
	"context"
	"errors"
	"image"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"incamera/media/device"
	"incamera/media/engine"
)

// A drum beats 1, 2, 3, … every 10 ms until it is closed or broken.
type drum struct {
	beat   float32
	closed chan struct{}
	broken chan struct{}
}

var errBroken = errors.New("broken")

func (d *drum) Read(dst []float32) error {
	select {
	case <-d.closed:
		return io.EOF
	case <-d.broken:
		return errBroken
	case <-time.After(10 * time.Millisecond):
	}
	d.beat++
	for i := range dst {
		dst[i] = d.beat
	}
	return nil
}

func (d *drum) Close() error {
	select {
	case <-d.closed:
	default:
		close(d.closed)
	}
	return nil
}

// drums opens drums, and keeps the last.
type drums struct {
	last *drum
	n    atomic.Int64
}

func (d *drums) open(context.Context) (engine.SoundSource, error) {
	d.n.Add(1)
	d.last = &drum{closed: make(chan struct{}), broken: make(chan struct{})}
	return d.last, nil
}

func opened(t *testing.T, m engine.Microphone) engine.SoundSource {
	t.Helper()
	s, err := m(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func beat(t *testing.T, s engine.SoundSource) float32 {
	t.Helper()
	var b step
	if err := s.Read(b[:]); err != nil {
		t.Fatal(err)
	}
	return b[len(b)-1]
}

func TestShareSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d drums
		m := shareSound(d.open)
		a, b := opened(t, m), opened(t, m)
		for want := float32(0); want < 20; want++ {
			if x, y := beat(t, a), beat(t, b); x != want+1 || y != want+1 {
				t.Fatalf("heard %v and %v, want %v", x, y, want+1)
			}
		}
		if d.n.Load() != 1 {
			t.Errorf("opened %d times for two", d.n.Load())
		}
		time.Sleep(time.Second + 5*time.Millisecond) // a reader who is late misses the oldest, and stops nobody
		if x := beat(t, a); x != 20+100-stepsKept+1 {
			t.Errorf("after a second heard %v", x)
		}
		first := d.last
		_ = a.Close()
		if err := a.Read(make([]float32, len(step{}))); !errors.Is(err, device.ErrClosed) {
			t.Errorf("Read of a closed one = %v", err)
		}
		beat(t, b)
		_ = b.Close()
		select {
		case <-first.closed:
		default:
			t.Error("the device runs on after the last has closed")
		}
		c := opened(t, m)
		if x := beat(t, c); x != 1 || d.n.Load() != 2 {
			t.Errorf("opened again: heard %v, opened %d times", x, d.n.Load())
		}
		_, _ = c.Close(), a.Close()
	})
}

// A device that breaks ends all that read it, and is opened anew.
func TestShareBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d drums
		m := shareSound(d.open)
		a, b := opened(t, m), opened(t, m)
		beat(t, a)
		broken := d.last
		close(broken.broken)
		synctest.Wait()
		fresh := opened(t, m) // before the others have noticed
		for _, s := range []engine.SoundSource{a, b} {
			if err := s.Read(make([]float32, len(step{}))); !errors.Is(err, errBroken) {
				t.Errorf("Read of a broken one = %v", err)
			}
			_ = s.Close()
		}
		select {
		case <-broken.closed:
		default:
			t.Error("the broken device is left open")
		}
		if x := beat(t, fresh); x != 1 || d.n.Load() != 2 {
			t.Errorf("heard %v of the new one, opened %d times", x, d.n.Load())
		}
		_ = fresh.Close()
	})
}

// A reel shows pictures whose every byte is their number, all in one buffer.
type reel struct {
	pic    *image.YCbCr
	n      byte
	closed chan struct{}
}

func (r *reel) Read() (*image.YCbCr, time.Time, error) {
	select {
	case <-r.closed:
		return nil, time.Time{}, io.EOF
	case <-time.After(33 * time.Millisecond):
	}
	r.n++
	for i := range r.pic.Y {
		r.pic.Y[i] = r.n
	}
	return r.pic, time.Now(), nil
}

func (r *reel) Close() error { close(r.closed); return nil }

// Each reader's picture stays as it is until the reader asks for the next.
func TestShareSight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := shareSight(func(context.Context) (engine.PictureSource, error) {
			return &reel{pic: image.NewYCbCr(image.Rect(0, 0, 64, 36), image.YCbCrSubsampleRatio420), closed: make(chan struct{})}, nil
		})
		a, err := c(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, err := c(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		one, _, err := a.Read()
		if err != nil || one.Y[0] != 1 {
			t.Fatalf("first picture %v, %v", one.Y[0], err)
		}
		time.Sleep(time.Second)
		if one.Y[0] != 1 || one.Y[len(one.Y)-1] != 1 {
			t.Error("a picture changes while it is looked at")
		}
		for _, s := range []engine.PictureSource{a, b} {
			if pic, at, err := s.Read(); err != nil || pic.Y[0] < 30 || time.Since(at) > 50*time.Millisecond || pic.Rect.Dx() != 64 {
				t.Errorf("not the newest picture: %v of %v, %v", pic.Y[0], at, err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// A device that takes long to open holds up nobody who does not want it any
// more; it is opened for those who do, and given up with the last of them.
func TestShareSlowOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d drums
		ready := make(chan struct{})
		gaveUp := false
		m := shareSound(func(ctx context.Context) (engine.SoundSource, error) {
			select {
			case <-ready:
				return d.open(ctx)
			case <-ctx.Done():
				gaveUp = true
				return nil, context.Cause(ctx)
			}
		})
		join := func(ctx context.Context) chan error {
			done := make(chan error, 1)
			go func() {
				s, err := m(ctx)
				if err == nil {
					err = s.Close()
				}
				done <- err
			}()
			synctest.Wait()
			return done
		}
		first, leave := context.WithCancel(t.Context())
		a, b := join(first), join(t.Context())
		leave()
		if err := <-a; !errors.Is(err, context.Canceled) || gaveUp {
			t.Errorf("the first, who left: %v; given up %v", err, gaveUp)
		}
		close(ready)
		if err := <-b; err != nil || d.n.Load() != 1 {
			t.Errorf("the second: %v, opened %d times", err, d.n.Load())
		}
		ready = make(chan struct{})
		last, leave := context.WithCancel(t.Context())
		c := join(last)
		leave()
		if err := <-c; !errors.Is(err, context.Canceled) || !gaveUp {
			t.Errorf("the last, who left: %v; given up %v", err, gaveUp)
		}
	})
}
