package engine

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"incamera/media"
)

// retryDevice is how long after a fault a device is tried again.
const retryDevice = 500 * time.Millisecond

// stopWithin is how long stopping capture may take.
const stopWithin = 500 * time.Millisecond

// ErrStillCapturing says that a device did not let go in time.
var ErrStillCapturing = errors.New("engine: a capture device does not stop")

// A device is an open one.
type device interface{ Close() error }

// faults are why each kind of device cannot be used, nil when it can.
type faults [3]atomic.Pointer[error]

func (f *faults) set(k media.DeviceKind, err error) {
	if err == nil {
		f[k].Store(nil)
		return
	}
	f[k].Store(&err)
}

// read returns all faults as one error.
func (f *faults) read() error {
	var all []error
	for i := range f {
		if err := f[i].Load(); err != nil {
			all = append(all, *err)
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return errors.Join(all...)
}

// wanted reports whether p wants a device of kind k open.
func (p *plan) wanted(k media.DeviceKind) bool {
	switch k {
	case media.MicrophoneDevice:
		return p.microphone && p.from != nil
	case media.CameraDevice:
		return p.camera && p.sight != nil
	default:
		return p.to != nil
	}
}

// capture opens a device of kind k whenever the plan wants it, and has use
// read it until it fails, is changed, or is wanted no more. Faults are shown
// and the device is tried again.
func (e *Engine) capture(ctx context.Context, k media.DeviceKind, open func(context.Context, *plan) (device, error), use func(device) error) {
	for ctx.Err() == nil {
		p := e.plan.Load()
		if !p.wanted(k) {
			e.faults.set(k, nil)
			pause(ctx, p, 0)
			continue
		}
		if err := e.captureOnce(ctx, k, p, open, use); err != nil && ctx.Err() == nil {
			e.faults.set(k, err)
			e.options.Log.Info("engine: device fault", "err", err)
			pause(ctx, p, retryDevice)
		}
	}
}

// captureOnce opens and uses one device. The error is nil when it ended
// because the plan did not want it any more.
func (e *Engine) captureOnce(ctx context.Context, k media.DeviceKind, p *plan, open func(context.Context, *plan) (device, error), use func(device) error) error {
	e.holding[k] <- struct{}{}
	defer func() { <-e.holding[k] }()
	now, stop := e.whileWanted(ctx, k, p)
	defer stop()
	if now.Err() != nil {
		return nil
	}
	d, err := open(now, p)
	if err != nil {
		if now.Err() != nil {
			return nil
		}
		return err
	}
	shut := sync.OnceFunc(func() {
		if err := d.Close(); err != nil {
			e.options.Log.Debug("engine: closing a device", "err", err)
		}
	})
	defer context.AfterFunc(now, shut)() // a read may hang in a driver: only closing ends it
	defer shut()
	e.faults.set(k, nil)
	if err = use(d); now.Err() != nil {
		return nil
	}
	return err
}

// whileWanted ends with ctx, or when the plan does not want the device any
// more that p wants.
func (e *Engine) whileWanted(ctx context.Context, k media.DeviceKind, p *plan) (context.Context, context.CancelFunc) {
	now, cancel := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			q := e.plan.Load()
			if !q.wanted(k) || q.turn[k] != p.turn[k] {
				cancel()
				return
			}
			select {
			case <-q.changed:
			case <-now.Done():
				return
			}
		}
	})
	return now, func() { cancel(); watch.Wait() }
}

// pause waits for a newer plan than p, or for d when that is not zero.
func pause(ctx context.Context, p *plan, d time.Duration) {
	var timer <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-ctx.Done():
	case <-p.changed:
	case <-timer:
	}
}

// StopCapture closes microphone and camera, and returns when they are closed:
// within 500 ms, or with [ErrStillCapturing]. Both stay closed until they are
// turned on again.
func (e *Engine) StopCapture() error {
	e.change(func(p *plan) { p.microphone, p.camera = false, false })
	timer := time.NewTimer(stopWithin)
	defer timer.Stop()
	for _, k := range []media.DeviceKind{media.MicrophoneDevice, media.CameraDevice} {
		select {
		case e.holding[k] <- struct{}{}:
			<-e.holding[k]
		case <-timer.C:
			return ErrStillCapturing
		}
	}
	return nil
}
