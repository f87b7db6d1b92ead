package device

import (
	"context"
	"errors"
	"image"
	"time"

	"incamera/media"
)

// A PictureSource is an open camera, or a file in its stead. One goroutine
// reads; any may close.
type PictureSource interface {
	// Read waits for the next picture, 4:2:0, BT.601, limited range, and says
	// when it was captured. The picture is good until the next Read.
	Read() (pic *image.YCbCr, at time.Time, err error)
	// Close ends a Read that waits; the camera has stopped when it returns.
	Close() error
}

// Camera opens the camera with this id, the first one if id is empty, in the
// mode that comes nearest to size and rate (pictures a second). It waits no
// longer than ctx.
func (s *System) Camera(ctx context.Context, id string, size image.Point, rate int) (PictureSource, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, openWithin, errHung)
	defer cancel()
	turn := s.turnOf(id)
	err := turn.take(ctx) // until the camera is closed: one that hangs then is not said to be taken
	if err != nil {
		return nil, hung(id, err)
	}
	c, err := within(ctx, func() (PictureSource, error) {
		c, err := openCamera(id, size, rate, turn.pass)
		if err != nil {
			turn.pass()
		}
		return c, err
	}, closeLate)
	return c, hung(id, err)
}

// hung is err, said of a camera if it is that the system does not answer.
func hung(name string, err error) error {
	if errors.Is(err, errHung) {
		return &media.DeviceError{Kind: media.CameraDevice, Name: name, Fault: media.Hung, Err: err}
	}
	return err
}

func closeLate(c PictureSource) {
	_ = c.Close() // nobody is there to know
}
