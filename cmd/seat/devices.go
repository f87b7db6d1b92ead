package seat

import (
	"context"
	"image"
	"strings"

	"incamera/media/device"
	"incamera/media/engine"
)

// What cameras are asked for: pixels, and pictures a second.
var pictureSize = image.Pt(1280, 720)

const pictureRate = 30

// Devices are ways to open a person's devices; nil is none.
type Devices struct {
	Microphone  engine.Microphone
	Loudspeaker engine.Loudspeaker
	Camera      engine.Camera
}

// None is the name of no device.
const None = "none"

// IsFile tells a file that plays a device's part from a device: WAV for a
// microphone, Y4M for a camera.
func IsFile(name string) bool {
	return strings.HasSuffix(name, ".wav") || strings.HasSuffix(name, ".y4m")
}

// Named returns the devices of those names: an id of system, a file, "" for
// the default one, or [None].
func Named(system *device.System, microphone, loudspeaker, camera string) Devices {
	d := Devices{
		Microphone: func(ctx context.Context) (engine.SoundSource, error) {
			if IsFile(microphone) {
				return device.OpenSound(microphone, true)
			}
			return system.Microphone(ctx, microphone)
		},
		Loudspeaker: func(ctx context.Context) (engine.SoundSink, error) { return system.Loudspeaker(ctx, loudspeaker) },
		Camera: func(ctx context.Context) (engine.PictureSource, error) {
			if IsFile(camera) {
				return device.OpenPictures(camera, true)
			}
			return system.Camera(ctx, camera, pictureSize, pictureRate)
		},
	}
	if microphone == None {
		d.Microphone = nil
	}
	if loudspeaker == None {
		d.Loudspeaker = nil
	}
	if camera == None {
		d.Camera = nil
	}
	return d
}
