package device

import (
	"image"
	"time"
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
// mode that comes nearest to size and rate (pictures a second).
func (s *System) Camera(id string, size image.Point, rate int) (PictureSource, error) {
	return openCamera(id, size, rate)
}
