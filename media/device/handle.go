package device

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"incamera/media"

	"github.com/gen2brain/malgo"
)

// stall is how long a device may be silent on its clock before it counts as pulled.
const stall = 4 * time.Second

// A handle is an open microphone or loudspeaker.
type handle struct {
	system *System
	device media.Device
	ring   ring
	wake   chan struct{} // one token: the device has moved its side of the ring
	missed atomic.Uint64 // samples that found no room, or that were not there

	gone   chan struct{} // closed when the device has been pulled
	pull   sync.Once
	closed chan struct{}
	shut   sync.Once

	timer *time.Timer // owned by the goroutine that reads or writes
}

// A use is what the system keeps of an open handle.
type use struct {
	server *server
	malgo  *malgo.Device
}

// openSound opens and starts a device of kind. Its callback is given the
// samples to read or to fill.
func (s *System) openSound(kind media.DeviceKind, id string, callback func(*handle, []float32)) (*handle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.find(kind, id)
	if err != nil {
		return nil, err
	}
	h := &handle{
		system: s, device: d.Device, wake: make(chan struct{}, 1),
		gone: make(chan struct{}), closed: make(chan struct{}), timer: time.NewTimer(stall),
	}
	opened, err := start(s.server, kind, d.id, malgo.DeviceCallbacks{
		Data: func(out, in []byte, _ uint32) { callback(h, floats(out, in)) },
		Stop: h.lose,
	})
	if err != nil {
		return nil, refusal(d.Device, err)
	}
	s.server.users++
	s.open[h] = use{s.server, opened}
	return h, nil
}

// start opens a device for 10 ms of 48 kHz mono at a time.
func start(v *server, kind media.DeviceKind, id malgo.DeviceID, callbacks malgo.DeviceCallbacks) (*malgo.Device, error) {
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
	d, err := malgo.InitDevice(v.context.Context, c, callbacks)
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

// lose says that the device has been pulled.
func (h *handle) lose() { h.pull.Do(func() { close(h.gone) }) }

// wait waits until the device has moved its side of the ring.
func (h *handle) wait() error {
	h.timer.Reset(stall)
	select {
	case <-h.wake:
		return nil
	case <-h.timer.C:
		h.lose()
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
		return &media.DeviceError{Kind: h.device.Kind, Name: h.device.Name, Fault: media.Pulled}
	default:
		return nil
	}
}

// Device is the device that is open.
func (h *handle) Device() media.Device { return h.device }

// Close stops the device. It may be called again.
func (h *handle) Close() error {
	h.shut.Do(func() {
		close(h.closed)
		s := h.system
		s.mu.Lock()
		defer s.mu.Unlock()
		u := s.open[h]
		delete(s.open, h)
		_ = u.malgo.Stop() // wakes the device's thread, which Uninit does not; a pulled device cannot be stopped
		u.malgo.Uninit()
		u.server.users--
		u.server.release()
	})
	return nil
}
