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
	c, err := within(ctx, func() (PictureSource, error) { return openCamera(id, size, rate) }, closeLate)
	if errors.Is(err, errHung) {
		err = &media.DeviceError{Kind: media.CameraDevice, Name: id, Fault: media.Hung, Err: err}
	}
	return c, err
}

func closeLate(c PictureSource) {
	_ = c.Close() // nobody is there to know
}
