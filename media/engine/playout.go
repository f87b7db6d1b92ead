package engine

import (
	"context"
	"fmt"
	"time"

	"incamera/media"
	"incamera/media/mix"
	"incamera/media/process"
)

// Sound, in, second half: each 10 ms, jitter buffer → decode or conceal → mix
// → loudspeaker. The loudspeaker is the clock; while there is none, the
// machine's clock is, so that nobody's sound piles up.

// A player owns the mixer; it belongs to the playout goroutine.
type player struct {
	mixer   mix.Mixer
	limiter process.Limiter
	step    [media.StepLen]float32 // what goes to the loudspeaker
	part    [media.StepLen]float32 // one member's
	clock   playClock
}

// playout plays what others say, until ctx ends.
func (e *Engine) playout(ctx context.Context) {
	p := new(player)
	p.mixer = mix.Mixer{Measure: process.Level, Limit: p.limiter.Limit}
	for ctx.Err() == nil {
		now := e.plan.Load()
		if !now.wanted(media.LoudspeakerDevice) {
			e.faults.set(media.LoudspeakerDevice, nil)
			e.idle(ctx, p, now, 0)
			continue
		}
		err := e.captureOnce(ctx, media.LoudspeakerDevice, now, func(ctx context.Context, now *plan) (device, error) {
			return now.to(ctx)
		}, func(d device) error {
			return e.play(p, d.(SoundSink))
		})
		if err != nil && ctx.Err() == nil {
			e.faults.set(media.LoudspeakerDevice, err)
			e.options.Log.Info("engine: device fault", "err", err)
			e.idle(ctx, p, now, retryDevice)
		}
	}
}

// play mixes for the loudspeaker until it fails or is closed.
func (e *Engine) play(p *player, to SoundSink) error {
	for {
		e.mix(p, p.clock.tick(time.Now()))
		if err := to.Write(p.step[:]); err != nil {
			return fmt.Errorf("engine: cannot play: %w", err)
		}
		if e.options.OnSound != nil {
			e.options.OnSound(p.step[:], time.Now())
		}
	}
}

// A playClock says when a step will be played, whenever it is mixed: steps
// follow one another evenly, though a device takes them in bursts. Over
// seconds it keeps to the clock of the machine, as the device may not.
type playClock struct{ next time.Time }

const (
	farOff = 80 * time.Millisecond // more than a burst: the device has waited, or we have
	pull   = 64                    // steps in which the clock goes about two thirds of the way
)

// tick is when the step that is mixed at now will be played.
func (c *playClock) tick(now time.Time) time.Time {
	c.next = c.next.Add(media.Step)
	off := now.Sub(c.next)
	if off > farOff || off < -farOff {
		c.next = now
	} else {
		c.next = c.next.Add(off / pull)
	}
	return c.next
}

// idle mixes for nobody until there is a newer plan, or for d when that is not
// zero. It makes as many steps as the time is worth, however late it is woken.
func (e *Engine) idle(ctx context.Context, p *player, now *plan, d time.Duration) {
	tick := time.NewTicker(media.Step)
	defer tick.Stop()
	began := time.Now()
	due := began
	for {
		select {
		case <-ctx.Done():
			return
		case <-now.changed:
			return
		case at := <-tick.C:
			for ; due.Before(at); due = due.Add(media.Step) {
				e.mix(p, due)
			}
			if d > 0 && at.Sub(began) >= d {
				return
			}
		}
	}
}

// mix makes the next step of all who may be heard. The sound of others passes
// unheard.
func (e *Engine) mix(p *player, now time.Time) {
	p.mixer.Begin(p.step[:])
	heard := e.plan.Load().heard
	for name, m := range e.everyone() {
		v := m.voice.Load()
		if v == nil {
			continue
		}
		if !v.Read(p.part[:], now) || !heard[name] {
			m.level.Add(silent[:])
			continue
		}
		p.mixer.Add(name, p.part[:], 1)
		m.level.Add(p.part[:])
	}
	p.mixer.End()
}

var silent [media.StepLen]float32
