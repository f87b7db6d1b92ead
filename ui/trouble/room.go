package trouble

import (
	"errors"

	"incamera/media"
	"incamera/sitting"
	"incamera/ui/look/words"
)

// room says what is the matter with a device, or why the rules of the sitting
// refuse a request.
func room(err error, w *words.Catalogue) *Said {
	if d, ok := errors.AsType[*media.DeviceError](err); ok {
		return device(d, w)
	}
	if r, ok := errors.AsType[sitting.Refusal](err); ok {
		return refusal(r, w)
	}
	return nil
}

// device is red for what keeps a person from being heard or hearing. A camera
// does not.
func device(d *media.DeviceError, w *words.Catalogue) *Said {
	t := w.Trouble
	switch d.Kind {
	case media.CameraDevice:
		return plain(pick(d.Fault, t.CameraMissing, t.CameraTaken, t.CameraPulled, t.CameraHung))
	case media.LoudspeakerDevice:
		if d.Fault == media.Hung {
			return grave(t.LoudspeakerHung)
		}
		return grave(t.LoudspeakerMissing)
	}
	return grave(pick(d.Fault, t.MicrophoneMissing, t.MicrophoneTaken, t.MicrophonePulled, t.MicrophoneHung))
}

func pick(f media.Fault, missing, taken, pulled, hung words.Saying) words.Saying {
	switch f {
	case media.Taken, media.Refused:
		return taken
	case media.Pulled:
		return pulled
	case media.Hung:
		return hung
	}
	return missing
}

func refusal(r sitting.Refusal, w *words.Catalogue) *Said {
	t := w.Trouble
	switch r {
	case sitting.RefusedRoster:
		return plain(t.NotOnRoster)
	case sitting.RefusedRemoved:
		return grave(t.Removed)
	case sitting.RefusedClosed:
		return calm(t.Closed)
	case sitting.RefusedSession:
		return plain(t.Replaced)
	case sitting.RefusedAbsent:
		return plain(t.NoSeatHere)
	case sitting.RefusedEarly:
		return plain(t.NotOpen)
	case sitting.RefusedOrder:
		return plain(t.OrderChanged)
	}
	return plain(t.Refused)
}
