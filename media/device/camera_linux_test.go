package device

import (
	"errors"
	"image"
	"testing"
	"time"

	"incamera/media"
)

func fault(err error) (media.Fault, bool) {
	e, ok := errors.AsType[*media.DeviceError](err)
	if !ok || e.Kind != media.CameraDevice {
		return 0, false
	}
	return e.Fault, true
}

func TestCameraMissing(t *testing.T) {
	if _, err := openCamera("/dev/video99", image.Pt(1280, 720), 30); err == nil {
		t.Error("opened what is not there")
	} else if f, ok := fault(err); !ok || f != media.Missing {
		t.Errorf("%v", err)
	}
	if len(cameras()) > 0 {
		return
	}
	_, err := openCamera("", image.Pt(1280, 720), 30)
	if f, ok := fault(err); !ok || f != media.Missing {
		t.Errorf("no camera: %v", err)
	}
}

// TestCameras tries each camera that this machine has, such as the kernel's
// vivid; there may be none.
func TestCameras(t *testing.T) {
	for _, d := range cameras() {
		t.Run(d.Name, func(t *testing.T) {
			c, err := openCamera(d.ID, image.Pt(1280, 720), 30)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			look(t, c)
			if again, err := openCamera(d.ID, image.Pt(640, 360), 30); err == nil {
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
			if c, err = openCamera(d.ID, image.Pt(640, 360), 30); err != nil {
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
