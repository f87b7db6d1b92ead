package device

import (
	"errors"
	"image"
	"testing"
	"testing/synctest"
	"time"

	"incamera/media"

	"github.com/blackjack/webcam"
)

func fault(err error) (media.Fault, bool) {
	e, ok := errors.AsType[*media.DeviceError](err)
	if !ok || e.Kind != media.CameraDevice {
		return 0, false
	}
	return e.Fault, true
}

func TestCameraMissing(t *testing.T) {
	if _, err := openCamera("/dev/video99", image.Pt(1280, 720), 30, func() {}); err == nil {
		t.Error("opened what is not there")
	} else if f, ok := fault(err); !ok || f != media.Missing {
		t.Errorf("%v", err)
	}
	if len(cameras()) > 0 {
		return
	}
	_, err := openCamera("", image.Pt(1280, 720), 30, func() {})
	if f, ok := fault(err); !ok || f != media.Missing {
		t.Errorf("no camera: %v", err)
	}
}

// TestCameras tries each camera that this machine has, such as the kernel's
// vivid; there may be none.
func TestCameras(t *testing.T) {
	for _, d := range cameras() {
		t.Run(d.Name, func(t *testing.T) {
			c, err := openCamera(d.ID, image.Pt(1280, 720), 30, func() {})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			look(t, c)
			if again, err := openCamera(d.ID, image.Pt(640, 360), 30, func() {}); err == nil {
				again.Close()
				t.Error("opened twice")
			} else if f, ok := fault(err); !ok || f != media.Taken {
				t.Errorf("opened twice: %v", err)
			}
			began := time.Now()
			if err := errors.Join(c.Close(), c.Close()); err != nil {
				t.Error(err)
			}
			t.Logf("closed in %v", time.Since(began))
			if _, _, err := c.Read(); !errors.Is(err, ErrClosed) {
				t.Errorf("closed: %v", err)
			}
			if c, err = openCamera(d.ID, image.Pt(640, 360), 30, func() {}); err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			look(t, c)
		})
	}
}

// look reads pictures and checks that they are some.
func look(t *testing.T, c PictureSource) {
	t.Helper()
	var first, last time.Time
	const pictures = 20
	for n := range pictures {
		pic, at, err := c.Read()
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			first = at
			t.Logf("%v", pic.Rect.Size())
		} else if !at.After(last) {
			t.Errorf("picture %d at %v, the one before at %v", n, at, last)
		}
		last = at
		least, most := byte(255), byte(0)
		for _, y := range pic.Y {
			least, most = min(least, y), max(most, y)
		}
		if most-least < 50 {
			t.Errorf("picture %d is grey: %d to %d", n, least, most)
		}
	}
	t.Logf("%.1f pictures a second", (pictures-1)/last.Sub(first).Seconds())
}

// A jam is a driver that gives pictures until it is told to hang, and then
// comes back when it is freed.
type jam struct {
	hang, free, closed chan struct{}
}

func newJam() *jam {
	return &jam{hang: make(chan struct{}), free: make(chan struct{}), closed: make(chan struct{})}
}

// WaitForFrame gives 20 pictures a second, and does not hang: the kernel does
// where a frame is handed over.
func (j *jam) WaitForFrame(uint32) error {
	select {
	case <-j.closed:
		return &webcam.Timeout{}
	case <-time.After(50 * time.Millisecond):
		return nil
	}
}

func (j *jam) GetFrame() ([]byte, uint32, error) {
	select {
	case <-j.hang:
		<-j.free
	default:
	}
	return []byte{7}, 0, nil
}

func (j *jam) ReleaseFrame(uint32) error { return nil }
func (j *jam) Close() error              { close(j.closed); return nil }

func grey(pic *image.YCbCr, frame []byte) error {
	media.Resize(pic, image.Pt(2, 2))
	pic.Y[0] = frame[0]
	return nil
}

// TestCameraHangs: neither who reads nor who closes waits for a driver that
// does not come back; when it does, it is closed.
func TestCameraHangs(t *testing.T) {
	for _, read := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			j := newJam()
			freed := make(chan struct{})
			c := newCamera("Lobby", j, grey, func() { close(freed) })
			if pic, at, err := c.Read(); err != nil || pic.Y[0] != 7 || time.Since(at) > time.Second {
				t.Fatalf("%v, %v", at, err)
			}
			close(j.hang)
			ended := make(chan error, 1)
			go func() {
				_, _, err := c.Read()
				ended <- err
			}()
			if read {
				if f, ok := fault(<-ended); !ok || f != media.Hung {
					t.Errorf("Read: fault %v", f)
				}
			} else {
				time.Sleep(time.Second) // the driver hangs, and is closed meanwhile
			}
			began := time.Now()
			if f, ok := fault(c.Close()); !ok || f != media.Hung {
				t.Errorf("Close: fault %v", f)
			}
			if took := time.Since(began); took != letGoWithin {
				t.Errorf("closed within %v", took)
			}
			if !read {
				if err := <-ended; !errors.Is(err, ErrClosed) {
					t.Errorf("Read: %v", err)
				}
			}
			select {
			case <-freed:
				t.Error("said to be freed while it hangs")
			default:
			}
			close(j.free)
			<-j.closed // else the test is told that all hangs
			<-freed
		})
	}
}

// TestCameraCloses: a driver that does not hang is closed at once.
func TestCameraCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJam()
		c := newCamera("Lobby", j, grey, func() {})
		began := time.Now()
		if err := errors.Join(c.Close(), c.Close()); err != nil || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		<-j.closed
		if _, _, err := c.Read(); !errors.Is(err, ErrClosed) {
			t.Errorf("Read: %v", err)
		}
	})
}
