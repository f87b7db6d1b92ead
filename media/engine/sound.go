package engine

import (
	"context"
	"fmt"
	"time"

	"incamera/media"
	"incamera/media/opus"
	"incamera/media/relay"
)

// A sound, out: microphone → process → opus, 20 ms → seal → relay.

// A soundSender is the way of our own sound, owned by the capture goroutine.
type soundSender struct {
	encoder *opus.Encoder
	sealer  media.Sealer
	frame   [media.FrameLen]float32
	encoded []byte
	sealed  []byte
	clock   sampleClock
}

// captureSound opens the microphone whenever it is wanted, until ctx ends.
func (e *Engine) captureSound(ctx context.Context) {
	enc, err := opus.NewEncoder(opus.Standard())
	if err != nil {
		e.faults.set(media.MicrophoneDevice, fmt.Errorf("engine: no encoder: %w", err))
		return
	}
	defer enc.Close()
	e.speech.Store(enc)
	defer e.speech.Store(nil)
	s := &soundSender{encoder: enc, sealer: e.options.Keys.Sealer(media.Microphone)}
	e.capture(ctx, media.MicrophoneDevice, func(ctx context.Context, p *plan) (device, error) {
		return p.from(ctx)
	}, func(d device) error {
		defer e.hush()
		return e.speak(s, d.(SoundSource))
	})
}

// speak passes sound on until the microphone fails or is closed.
func (e *Engine) speak(s *soundSender, from SoundSource) error {
	s.clock = sampleClock{}
	for {
		for step := range media.FrameLen / media.StepLen {
			part := s.frame[step*media.StepLen : (step+1)*media.StepLen]
			if err := from.Read(part); err != nil {
				return err
			}
			e.level.Add(part)
		}
		e.counts.sound.captured.Add(1)
		at := s.clock.tick(time.Since(e.began) - media.FrameTime)
		link, plan := e.link.Load(), e.plan.Load()
		if link == nil || !plan.speak || !plan.microphone {
			continue
		}
		if err := e.sendSound(s, link, at); err != nil {
			return err
		}
	}
}

// hush lets the meter of the own microphone fall to silence.
func (e *Engine) hush() {
	for e.level.Level().RMS > media.Silence.RMS {
		e.level.Add(silent[:])
	}
}

// sendSound sends one frame. Without a key nothing leaves.
func (e *Engine) sendSound(s *soundSender, link *relay.Link, at time.Duration) error {
	var err error
	if s.encoded, err = s.encoder.Encode(s.encoded[:0], s.frame[:]); err != nil {
		return fmt.Errorf("engine: cannot encode: %w", err)
	}
	if s.sealed, err = s.sealer.Seal(s.sealed[:0], nil, s.encoded); err != nil {
		e.counts.unsealed.Add(1)
		return nil
	}
	e.counts.sound.sealed.Add(1)
	if link.WriteSound(s.sealed, at) == nil {
		e.counts.sound.sent.Add(1)
		e.counts.soundLeft.Store(time.Now().UnixNano())
	}
	return nil
}

// A sampleClock numbers frames of 20 ms evenly, whenever they are read: it
// counts samples, so that a device whose clock is a little off, or that is
// read late and in bursts, makes no gaps. Only when the machine has slept it
// goes on later.
type sampleClock struct {
	next, last time.Duration
	started    bool
}

// slept is how long nothing must have been read to mean that.
const slept = time.Second

// tick is when the frame that was read at about now was captured.
func (c *sampleClock) tick(now time.Duration) time.Duration {
	switch gap := now - c.last; {
	case !c.started:
		c.started = true
		c.next = now
	case gap > slept:
		c.next += gap
	}
	c.last = now
	at := c.next
	c.next += media.FrameTime
	return at
}
