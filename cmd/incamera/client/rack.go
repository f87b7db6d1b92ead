package client

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"incamera/cmd/incamera/rehearsal"
	"incamera/cmd/seat"
	"incamera/media"
	"incamera/media/device"
	"incamera/media/engine"
	"incamera/ui/devices"
)

// Kinds of device, in the order in which they are shown.
const kinds = 3

// A Rack is the devices of this machine, and which are chosen. It opens them
// for the check, and for the sitting. Its methods may be called from any goroutine.
type Rack struct {
	system *device.System
	check  *engine.Check

	mu      sync.Mutex
	all     []media.Device
	chosen  [kinds]string // ids; "" is the default one
	user    user          // of the devices; nil: nobody
	memory  *Memory       // keeps what is chosen; nil: nothing does
	instead engine.Camera // what the choice of [rehearsal.Pattern] opens; nil: it is not offered
}

// A user of the devices takes others while it runs.
type user interface {
	UseMicrophone(engine.Microphone)
	UseLoudspeaker(engine.Loudspeaker)
	UseCamera(engine.Camera)
}

// NewRack returns the devices of system. A choice is an id, or a file: WAV
// for a microphone, Y4M for a camera.
func NewRack(system *device.System, microphone, loudspeaker, camera string) *Rack {
	return &Rack{system: system, check: engine.NewCheck(), chosen: [kinds]string{microphone, loudspeaker, camera}}
}

// Remember has m keep what is chosen from now on, and takes what was chosen
// before, where nothing else was named. It waits for the store.
func (r *Rack) Remember(ctx context.Context, m *Memory) {
	var before [kinds]string
	for k := range media.DeviceKind(kinds) {
		before[k] = m.device(ctx, k)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.memory = m
	for k, id := range before {
		if r.chosen[k] == "" {
			r.chosen[k] = id
		}
	}
}

// Watch keeps the list of devices up to date until ctx ends.
func (r *Rack) Watch(ctx context.Context) {
	_ = r.system.Watch(ctx, time.Second, func(all []media.Device) { // ends with ctx alone
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all = all
	})
}

// Devices implements [devices.Rack]; a file that was named stands among them,
// and the pattern of a rehearsal, which has one name in both languages.
func (r *Rack) Devices() []media.Device {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := append([]media.Device(nil), r.all...)
	if r.instead != nil {
		all = append(all, media.Device{ID: rehearsal.Pattern, Name: "Incamera test pattern · mire", Kind: media.CameraDevice})
	}
	for k, id := range r.chosen {
		if seat.IsFile(id) {
			all = append(all, media.Device{ID: id, Name: id[strings.LastIndexAny(id, `/\`)+1:], Kind: media.DeviceKind(k)})
		}
	}
	return all
}

// Choose implements [devices.Rack].
func (r *Rack) Choose(d media.Device) {
	r.mu.Lock()
	r.chosen[d.Kind] = d.ID
	r.memory.keepDevice(d.Kind, d.ID)
	u := r.user
	r.mu.Unlock()
	if u == nil {
		r.plug(d.Kind)
		return
	}
	switch now := r.open(); d.Kind {
	case media.MicrophoneDevice:
		u.UseMicrophone(now.Microphone)
	case media.LoudspeakerDevice:
		u.UseLoudspeaker(now.Loudspeaker)
	case media.CameraDevice:
		u.UseCamera(now.Camera)
	}
}

// Chosen implements [devices.Rack].
func (r *Rack) Chosen(k media.DeviceKind) (id string, fault error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id = r.chosen[k]
	for _, d := range r.all {
		if id == "" && d.Kind == k && d.Default {
			id = d.ID
		}
	}
	return id, r.check.Fault(k)
}

// open returns ways to open what is chosen now.
func (r *Rack) open() seat.Devices {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := seat.Named(r.system, r.chosen[media.MicrophoneDevice], r.chosen[media.LoudspeakerDevice], r.chosen[media.CameraDevice])
	if r.instead != nil && r.chosen[media.CameraDevice] == rehearsal.Pattern {
		d.Camera = r.instead
	}
	return d
}

// lend has somebody use the devices; nil takes them back.
func (r *Rack) lend(u user) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.user = u
}

// hasCamera reports whether there is something to show.
func (r *Rack) hasCamera() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	isCamera := func(d media.Device) bool { return d.Kind == media.CameraDevice }
	return r.instead != nil || r.chosen[media.CameraDevice] != "" || slices.ContainsFunc(r.all, isCamera)
}

// plug gives the check one chosen device.
func (r *Rack) plug(k media.DeviceKind) {
	d := r.open()
	switch k {
	case media.MicrophoneDevice:
		r.check.UseMicrophone(d.Microphone)
	case media.LoudspeakerDevice:
		r.check.UseLoudspeaker(d.Loudspeaker)
	case media.CameraDevice:
		r.check.UseCamera(d.Camera)
	}
}

// Check opens the chosen devices, for their owner alone, until ctx ends.
func (r *Rack) Check(ctx context.Context) {
	for k := range media.DeviceKind(kinds) {
		r.plug(k)
	}
	r.check.Run(ctx)
}

// Level implements [devices.Signals].
func (r *Rack) Level() media.Level { return r.check.Level() }

// Picture implements [devices.Signals].
func (r *Rack) Picture() media.Screen { return r.check.Picture() }

// Play implements [devices.Trial].
func (r *Rack) Play() { r.check.Play() }

// Record implements [devices.Trial].
func (r *Rack) Record() { r.check.Record() }

// Stop implements [devices.Trial].
func (r *Rack) Stop() { r.check.Stop() }

// Doing implements [devices.Trial].
func (r *Rack) Doing() devices.Doing {
	return map[engine.Trial]devices.Doing{
		engine.NoTrial: devices.Nothing, engine.Playing: devices.Playing,
		engine.Recording: devices.Recording, engine.Replaying: devices.Replaying,
	}[r.check.Trial()]
}
