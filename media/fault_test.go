package media

import (
	"errors"
	"testing"
)

func TestDeviceError(t *testing.T) {
	busy := errors.New("busy")
	for want, err := range map[string]*DeviceError{
		"media: microphone is missing":                   {Kind: MicrophoneDevice, Fault: Missing},
		"media: camera Lobby is taken: busy":             {Kind: CameraDevice, Name: "Lobby", Fault: Taken, Err: busy},
		"media: loudspeaker Headset was pulled":          {Kind: LoudspeakerDevice, Name: "Headset", Fault: Pulled},
		"media: camera Lobby is refused by the system":   {Kind: CameraDevice, Name: "Lobby", Fault: Refused},
		"media: loudspeaker Hall does not answer":        {Kind: LoudspeakerDevice, Name: "Hall", Fault: Hung},
		"media: microphone a.wav is not supported: busy": {Kind: MicrophoneDevice, Name: "a.wav", Fault: Unsupported, Err: busy},
	} {
		if got := err.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if errors.Is(err, busy) != (err.Err != nil) {
			t.Errorf("%q: wrong cause", want)
		}
	}
}
