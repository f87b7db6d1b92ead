package device

import (
	"errors"
	"io/fs"
	"os"

	"incamera/media"
)

// A SoundFile is a file in a microphone's stead: it gives a step each 10 ms.
type SoundFile struct {
	*pace
	samples []float32 // constant, as is the next line
	loop    bool
	at      int // owned by the goroutine that reads
}

// OpenSound opens a WAV file as a microphone. After its end it begins again,
// or is silent.
func OpenSound(path string, loop bool) (*SoundFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fileError(media.MicrophoneDevice, path, err)
	}
	defer f.Close()
	samples, err := ReadWAV(f)
	if err != nil {
		return nil, fileError(media.MicrophoneDevice, path, err)
	}
	return NewSound(samples, loop), nil
}

// NewSound is a microphone that hears samples, 48 kHz mono.
func NewSound(samples []float32, loop bool) *SoundFile {
	return &SoundFile{pace: newPace(), samples: samples, loop: loop}
}

// Read waits for the next step and copies it to dst, [media.StepLen] samples.
func (f *SoundFile) Read(dst []float32) error {
	if _, err := f.wait(media.Step); err != nil {
		return err
	}
	for len(dst) > 0 {
		n := copy(dst, f.samples[f.at:])
		f.at += n
		dst = dst[n:]
		switch {
		case len(dst) == 0:
			return nil
		case !f.loop || len(f.samples) == 0:
			clear(dst)
			return nil
		}
		f.at = 0
	}
	return nil
}

// fileError says why the file at path cannot stand in for a device.
func fileError(kind media.DeviceKind, path string, err error) error {
	fault := media.Unsupported
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fault = media.Missing
	case errors.Is(err, fs.ErrPermission):
		fault = media.Refused
	}
	return &media.DeviceError{Kind: kind, Name: path, Fault: fault, Err: err}
}
