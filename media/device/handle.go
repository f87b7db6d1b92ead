package device

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"incamera/media"

	"github.com/gen2brain/malgo"
)

// How long a device may be silent on its clock before it counts as hung, when
// it has just been opened and later. Sound servers say nothing to those whose
// device was taken away and is back before anybody has looked.
const (
	firstStall = 4 * time.Second
	stall      = time.Second
)

// A handle is an open microphone or loudspeaker.
type handle struct {
	system *System
	device media.Device
	native *native
	ring   ring
	wake   chan struct{} // one token: the device has moved its side of the ring
	missed atomic.Uint64 // samples that found no room, or that were not there

	gone   chan struct{} // closed when the device cannot be used any more
	fault  media.Fault   // why; read after gone
	pull   sync.Once
	cut    atomic.Bool   // nothing passes between the ring and the device
	closed chan struct{} // closed right after cut was set
	close  func() error

	// owned by the goroutine that reads or writes
	timer *time.Timer
	began bool // the device has moved once
}

// A native is an open device of the system, over a connection of its own, so
// that nobody waits for what another does.
type native struct {
	context *malgo.AllocatedContext
	device  *malgo.Device
}

// free stops the device. It may hang.
func (n *native) free() {
	_ = n.device.Stop() // wakes the device's thread, which Uninit does not; a pulled device cannot be stopped
	n.device.Uninit()
	disconnect(n.context)
}

// openSound opens and starts a device of kind. Its callback is given the
// samples to read or to fill. It waits until ctx ends, and no longer than
// openWithin.
func (s *System) openSound(ctx context.Context, kind media.DeviceKind, id string, callback func(*handle, []float32)) (*handle, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, openWithin, errHung)
	defer cancel()
	d, err := s.find(ctx, kind, id)
	if err != nil {
		return nil, err
	}
	h := &handle{
		system: s, device: d.Device, wake: make(chan struct{}, 1),
		gone: make(chan struct{}), closed: make(chan struct{}), timer: time.NewTimer(firstStall),
	}
	h.close = sync.OnceValue(h.letGo)
	h.native, err = inTurn(ctx, s.turnOf(d.ID), func() (*native, error) {
		return start(kind, d.id, malgo.DeviceCallbacks{
			Data: func(out, in []byte, _ uint32) { h.move(floats(out, in), callback) },
			Stop: func() { h.lose(media.Pulled) },
		})
	}, (*native).free)
	if err != nil {
		return nil, refusal(d.Device, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[h] = struct{}{}
	return h, nil
}

// move passes samples on, unless the handle is closed: a device that hung as
// it was closed may come back.
func (h *handle) move(samples []float32, callback func(*handle, []float32)) {
	if h.cut.Load() {
		clear(samples)
		return
	}
	callback(h, samples)
}

// start opens a device for 10 ms of 48 kHz mono at a time.
func start(kind media.DeviceKind, id malgo.DeviceID, callbacks malgo.DeviceCallbacks) (*native, error) {
	context, err := connect()
	if err != nil {
		return nil, err
	}
	device, err := startOn(context, kind, id, callbacks)
	if err != nil {
		disconnect(context)
		return nil, err
	}
	return &native{context, device}, nil
}

func startOn(v *malgo.AllocatedContext, kind media.DeviceKind, id malgo.DeviceID, callbacks malgo.DeviceCallbacks) (*malgo.Device, error) {
	var pin runtime.Pinner
	pin.Pin(&id) // C reads it only while the device is opened
	defer pin.Unpin()
	c := malgo.DefaultDeviceConfig(malgo.Capture)
	part := &c.Capture
	if kind == media.LoudspeakerDevice {
		c, part = malgo.DefaultDeviceConfig(malgo.Playback), &c.Playback
	}
	c.SampleRate, c.PeriodSizeInFrames, c.Periods = media.SampleRate, media.StepLen, periods
	c.Pulse = malgo.PulseDeviceConfig{StreamNamePlayback: "Incamera", StreamNameCapture: "Incamera"}
	part.Format, part.Channels, part.DeviceID = malgo.FormatF32, 1, unsafe.Pointer(&id)
	d, err := malgo.InitDevice(v.Context, c, callbacks)
	if err != nil {
		return nil, err
	}
	if err := d.Start(); err != nil {
		d.Uninit()
		return nil, err
	}
	return d, nil
}

// periods is how many steps the device itself holds.
const periods = 2

// floats is whichever of a callback's buffers there is, as samples.
func floats(out, in []byte) []float32 {
	b := in
	if len(out) > 0 {
		b = out
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

// refusal says why d could not be opened.
func refusal(d media.Device, err error) error {
	fault := media.Unsupported
	switch {
	case errors.Is(err, malgo.ErrNoDevice), errors.Is(err, malgo.ErrDoesNotExist):
		fault = media.Missing
	case errors.Is(err, malgo.ErrBusy), errors.Is(err, malgo.ErrAlreadyInUse), errors.Is(err, malgo.ErrUnavailable),
		errors.Is(err, malgo.ErrFailedToOpenBackendDevice), errors.Is(err, malgo.ErrFailedToStartBackendDevice):
		fault = media.Taken
	case errors.Is(err, malgo.ErrAccessDenied):
		fault = media.Refused
	case errors.Is(err, errHung):
		fault = media.Hung
	}
	return &media.DeviceError{Kind: d.Kind, Name: d.Name, Fault: fault, Err: err}
}

// signal wakes the other side of the ring. It never waits.
func (h *handle) signal() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// lose says that the device cannot be used any more.
func (h *handle) lose(why media.Fault) {
	h.pull.Do(func() {
		h.fault = why
		close(h.gone)
	})
}

// wait waits until the device has moved its side of the ring.
func (h *handle) wait() error {
	if h.began {
		h.timer.Reset(stall)
	} else {
		h.timer.Reset(firstStall)
	}
	select {
	case <-h.wake:
		h.began = true
		return nil
	case <-h.timer.C:
		h.lose(media.Hung)
	case <-h.gone:
	case <-h.closed:
	}
	return h.ended()
}

// ended is why nothing more can be read or written; nil if it can.
func (h *handle) ended() error {
	select {
	case <-h.closed: // looked at first, as closing stops the device
		return ErrClosed
	default:
	}
	select {
	case <-h.gone:
		return &media.DeviceError{Kind: h.device.Kind, Name: h.device.Name, Fault: h.fault}
	default:
		return nil
	}
}

// Device is the device that is open.
func (h *handle) Device() media.Device { return h.device }

// Close stops the device, and cuts it off at once, whether it stops in time or
// not: that it did not is a [media.Hung]. It may be called again.
func (h *handle) Close() error { return h.close() }

func (h *handle) letGo() error {
	h.cut.Store(true)
	close(h.closed)
	h.system.forget(h)
	if err := letGo(h.native.free); err != nil {
		return refusal(h.device, err)
	}
	return nil
}

func (s *System) forget(h *handle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, h)
}
