// Package device opens microphones, loudspeakers and cameras, and files in
// their stead, and says which there are.
//
// A [System] is this machine's devices. What it opens is read or written by
// one goroutine, in steps of 10 ms (package media) or pictures, and may be
// closed by any; the device has stopped when Close returns. A device that
// cannot be had, or not any more, is a *[media.DeviceError].
//
// The callbacks of sound devices copy into or out of a ring: they take no
// lock of ours and allocate nothing. The package is the only importer of
// malgo and webcam. It never decides which device to use.
package device

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"sync"

	"incamera/media"

	"github.com/gen2brain/malgo"
)

// ErrClosed is returned by what is closed.
var ErrClosed = errors.New("device: closed")

// A System is this machine's devices. All methods may be called from any
// goroutine.
type System struct {
	mu     sync.Mutex
	server *server         // guarded by mu, as are the next lines; nil when it is not there
	open   map[*handle]use // what is open now
	closed bool
}

// A server is one connection to the system's sound. It may be lost while
// devices of it are still open; the last one to close gives it back.
type server struct {
	context *malgo.AllocatedContext
	users   int // guarded by System.mu
	retired bool
}

// New returns the devices of this machine. Nothing is opened yet.
func New() *System { return &System{open: make(map[*handle]use)} }

// sound returns the connection, made when there is none. The caller holds mu.
func (s *System) sound() (*server, error) {
	if s.closed {
		return nil, ErrClosed
	}
	if s.server != nil {
		return s.server, nil
	}
	// Its threads only copy, and come before pictures: a system that does not
	// permit this makes them ordinary ones.
	c, err := malgo.InitContext(backends, malgo.ContextConfig{ThreadPriority: malgo.ThreadPriorityRealtime}, nil)
	if err != nil {
		return nil, err
	}
	s.server = &server{context: c}
	return s.server, nil
}

// retire gives the connection up; the next use makes a new one. The caller holds mu.
func (s *System) retire() {
	if v := s.server; v != nil {
		v.retired = true
		s.server = nil
		v.release()
	}
}

// release frees what nobody uses. The caller holds System.mu.
func (v *server) release() {
	if v.retired && v.users == 0 {
		_ = v.context.Uninit() // there is nothing left to do about it
		v.context.Free()
	}
}

// Close closes the connection to the system's sound, once all that is open
// has been closed.
func (s *System) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retire()
	s.closed = true
	return nil
}

// List returns the devices of all kinds: by kind, the default first, then by name.
// The monitors of loudspeakers, which the system offers as microphones, are
// left out, though they can be opened.
func (s *System) List() []media.Device {
	all := append(s.soundDevices(), cameras()...)
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

// soundDevices asks the system's sound; when that has gone, there are none.
func (s *System) soundDevices() []media.Device {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.enumerate()
	if err != nil {
		s.retire()
		return nil
	}
	all := make([]media.Device, len(found))
	for i, f := range found {
		all[i] = f.Device
	}
	return all
}

// A soundDevice is a device and what malgo calls it.
type soundDevice struct {
	media.Device
	id malgo.DeviceID
}

// enumerate lists microphones and loudspeakers. The caller holds mu.
func (s *System) enumerate() ([]soundDevice, error) {
	v, err := s.sound()
	if err != nil {
		return nil, err
	}
	var all []soundDevice
	for kind, t := range map[media.DeviceKind]malgo.DeviceType{
		media.MicrophoneDevice:  malgo.Capture,
		media.LoudspeakerDevice: malgo.Playback,
	} {
		infos, err := v.context.Devices(t)
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
// empty. The caller holds mu.
func (s *System) find(kind media.DeviceKind, id string) (soundDevice, error) {
	all, err := s.enumerate()
	if err != nil {
		s.retire()
		return soundDevice{}, &media.DeviceError{Kind: kind, Name: id, Fault: media.Missing, Err: err}
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
