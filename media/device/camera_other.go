//go:build !linux

package device

import (
	"errors"
	"image"

	"incamera/media"
)

// cameras returns none: this program cannot use the cameras of this system.
func cameras() []media.Device { return nil }

var errNoCameras = errors.New("device: cameras of this system cannot be used")

func openCamera(id string, _ image.Point, _ int, _ func()) (PictureSource, error) {
	return nil, &media.DeviceError{Kind: media.CameraDevice, Name: id, Fault: media.Unsupported, Err: errNoCameras}
}
