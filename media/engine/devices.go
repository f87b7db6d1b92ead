package engine

import (
	"context"
	"image"
	"time"
)

// A Microphone opens a source of sound. The context bounds the opening only.
type Microphone func(context.Context) (SoundSource, error)

// A Loudspeaker opens a sink of sound.
type Loudspeaker func(context.Context) (SoundSink, error)

// A Camera opens a source of pictures.
type Camera func(context.Context) (PictureSource, error)

// A SoundSource is an open microphone. One goroutine reads; any may close.
type SoundSource interface {
	// Read waits for the next step and copies it to dst, [media.StepLen]
	// samples. After an error the source is closed and, later, opened again.
	Read(dst []float32) error
	// Close ends a Read that waits, and stops the device before it returns. It
	// does not wait for a device that hangs, here and below: what that gives
	// later goes nowhere.
	Close() error
}

// A SoundSink is an open loudspeaker.
type SoundSink interface {
	// Write takes the next step, [media.StepLen] samples. It waits while the
	// device has enough: the device is the clock of playout.
	Write(src []float32) error
	// Close ends a Write that waits.
	Close() error
}

// A PictureSource is an open camera. One goroutine reads; any may close.
type PictureSource interface {
	// Read waits for the next picture, 4:2:0. It is good until the next Read.
	Read() (pic *image.YCbCr, at time.Time, err error)
	// Close ends a Read that waits, and stops the device before it returns.
	Close() error
}
