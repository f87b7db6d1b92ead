// Package device opens microphones, loudspeakers and cameras, and files in
// their stead, and says which there are.
//
// A [System] is this machine's devices. What it opens is read or written by
// one goroutine, in steps of 10 ms (package media) or pictures, and may be
// closed by any; the device has stopped when Close returns. A device that
// cannot be had, or not any more, is a *[media.DeviceError].
//
// The system may hang: a sound server that is stopped, a driver that does not
// come back. It is waited for as long as [within] says; then a goroutine keeps
// what hangs and frees it should it ever come back, and what it captures
// meanwhile is dropped.
//
// The callbacks of sound devices copy into or out of a ring: they take no
// lock of ours and allocate nothing. The package is the only importer of
// malgo and webcam. It never decides which device to use.
package device

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"incamera/media"

	"github.com/gen2brain/malgo"
)

// ErrClosed is returned by what is closed.
var ErrClosed = errors.New("device: closed")

// A System is this machine's devices. All methods may be called from any
// goroutine, and none waits for longer than a sound server may take to answer:
// no lock is held while code of the system runs, as that may hang.
type System struct {
	turn    turn                    // to ask the system's sound what there is
	context *malgo.AllocatedContext // owned by who has the turn; nil while there is no connection

	mu     sync.Mutex
	last   []soundDevice        // guarded by mu, as are the next lines: what the last answer was
	open   map[*handle]struct{} // what is open now
	turns  map[string]turn      // to open a device, by its id
	closed bool
}

// New returns the devices of this machine. Nothing is opened yet.
func New() *System {
	return &System{turn: newTurn(), open: make(map[*handle]struct{}), turns: make(map[string]turn)}
}

// turnOf is the turn to open the device with this id.
func (s *System) turnOf(id string) turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.turns[id]
	if !ok {
		t = newTurn()
		s.turns[id] = t
	}
	return t
}

// connect makes a connection to the system's sound.
func connect() (*malgo.AllocatedContext, error) {
	// Its threads only copy, and come before pictures: a system that does not
	// permit this makes them ordinary ones.
	return malgo.InitContext(backends, malgo.ContextConfig{ThreadPriority: malgo.ThreadPriorityRealtime}, nil)
}

func disconnect(c *malgo.AllocatedContext) {
	_ = c.Uninit() // there is nothing left to do about it
	c.Free()
}

// drop gives the connection up; who asks next makes a new one. The caller has
// the turn.
func (s *System) drop() {
	if s.context != nil {
		disconnect(s.context)
		s.context = nil
	}
}

// Close closes the connection to the system's sound. Nothing can be opened any
// more; what is open is closed by whoever opened it.
func (s *System) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return letGo(func() {
		_ = s.turn.take(context.Background()) // it does not end
		defer s.turn.pass()
		s.drop()
	})
}

func (s *System) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// List returns the devices of all kinds: by kind, the default first, then by name.
// The monitors of loudspeakers, which the system offers as microphones, are
// left out, though they can be opened. What is open and is not there any more
// fails with [media.Pulled]; sound servers might move it to another device in
// silence. A system that does not answer has the devices that it had last.
func (s *System) List() []media.Device { return s.list(context.Background()) }

func (s *System) list(ctx context.Context) []media.Device {
	var all []media.Device
	for _, d := range s.soundDevices(ctx) {
		all = append(all, d.Device)
	}
	all = append(all, cameras()...)
	all = slices.DeleteFunc(all, isMonitor)
	slices.SortStableFunc(all, func(a, b media.Device) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), compareBool(b.Default, a.Default), strings.Compare(a.Name, b.Name))
	})
	return all
}

// isMonitor knows PulseAudio's and PipeWire's monitors by their names.
func isMonitor(d media.Device) bool {
	return d.Kind == media.MicrophoneDevice && strings.HasSuffix(d.ID, ".monitor")
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// soundDevices are microphones and loudspeakers; when the system's sound has
// gone, there are none.
func (s *System) soundDevices(ctx context.Context) []soundDevice {
	opened := s.opened() // before the question: what is opened after it is not in the answer
	found, err := s.ask(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && ctx.Err() != nil || errors.Is(err, errHung) {
		return s.last
	}
	s.last = found
	for _, h := range opened {
		same := func(d soundDevice) bool { return d.Kind == h.device.Kind && d.ID == h.device.ID }
		if !slices.ContainsFunc(found, same) {
			h.lose(media.Pulled)
		}
	}
	return found
}

func (s *System) opened() []*handle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.open))
}

// A soundDevice is a device and what malgo calls it.
type soundDevice struct {
	media.Device
	id malgo.DeviceID
}

// ask asks the system's sound which microphones and loudspeakers there are.
func (s *System) ask(ctx context.Context) ([]soundDevice, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerWithin, errHung)
	defer cancel()
	return inTurn(ctx, s.turn, func() ([]soundDevice, error) {
		found, err := s.enumerate()
		if err != nil {
			s.drop()
		}
		return found, err
	}, nil)
}

// enumerate lists microphones and loudspeakers. The caller has the turn.
func (s *System) enumerate() (all []soundDevice, err error) {
	if s.isClosed() {
		return nil, ErrClosed
	}
	if s.context == nil {
		if s.context, err = connect(); err != nil {
			return nil, err
		}
	}
	for kind, t := range map[media.DeviceKind]malgo.DeviceType{
		media.MicrophoneDevice:  malgo.Capture,
		media.LoudspeakerDevice: malgo.Playback,
	} {
		infos, err := s.context.Devices(t)
		if err != nil {
			return nil, err
		}
		for _, i := range infos {
			all = append(all, soundDevice{
				media.Device{ID: text(i.ID), Name: i.Name(), Kind: kind, Default: i.IsDefault != 0}, i.ID,
			})
		}
	}
	return all, nil
}

// text is id for people to type, where it is a name; otherwise its octets.
func text(id malgo.DeviceID) string {
	name, _, ended := strings.Cut(string(id[:]), "\x00")
	printable := !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' })
	if ended && len(name) > 2 && printable {
		return name
	}
	return id.String()
}

// find returns the device of kind with this id; the default one when id is
// empty.
func (s *System) find(ctx context.Context, kind media.DeviceKind, id string) (soundDevice, error) {
	all, err := s.ask(ctx)
	if err != nil {
		fault := media.Missing
		if errors.Is(err, errHung) {
			fault = media.Hung
		}
		return soundDevice{}, &media.DeviceError{Kind: kind, Name: id, Fault: fault, Err: err}
	}
	all = slices.DeleteFunc(all, func(d soundDevice) bool { return d.Kind != kind })
	for _, d := range all {
		if d.ID == id || id == "" && d.Default {
			return d, nil
		}
	}
	if id == "" && len(all) > 0 {
		return all[0], nil
	}
	return soundDevice{}, &media.DeviceError{Kind: kind, Name: id, Fault: media.Missing}
}
