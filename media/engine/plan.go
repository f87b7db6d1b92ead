package engine

import (
	"image"
	"maps"
	"slices"

	"incamera/media"
	"incamera/media/relay"
)

// A plan is what the sitting permits, what the person wants, and which devices
// there are. It never changes once stored.
type plan struct {
	heard, seen map[string]bool
	speak, show bool // the sitting permits it

	microphone, camera bool // the person wants it
	visible            map[string]image.Point

	from  Microphone
	to    Loudspeaker
	sight Camera
	turn  [3]uint64 // rises when a device is changed, by [media.DeviceKind]

	changed chan struct{} // closed when there is a newer plan
}

// change replaces the plan by what edit makes of a copy of it.
func (e *Engine) change(edit func(*plan)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	old := e.plan.Load()
	next := *old
	next.changed = make(chan struct{})
	edit(&next)
	e.plan.Store(&next)
	if l := e.link.Load(); l != nil {
		l.Wish(next.wish(e.options.Me))
	}
	close(old.changed)
}

// wish is what p means for the relay.
func (p *plan) wish(me string) relay.Wish {
	w := relay.Wish{
		Sound:   p.speak && p.microphone && p.from != nil,
		Picture: p.show && p.camera && p.sight != nil,
		Fetch:   map[string]image.Point{},
	}
	for member, size := range p.visible {
		if p.seen[member] && member != me && size.X > 0 && size.Y > 0 {
			w.Fetch[member] = size
		}
	}
	return w
}

// Permit replaces what the sitting allows. It never waits.
func (e *Engine) Permit(m media.Permission) {
	e.change(func(p *plan) {
		p.heard, p.seen = set(m.Heard), set(m.Seen)
		p.speak, p.show = m.Speak, m.Show
	})
	seen := e.plan.Load().seen
	for name, who := range e.everyone() {
		if name != e.options.Me {
			who.screen.hide(who.dark.Load() || !seen[name])
		}
	}
}

func set(members []string) map[string]bool {
	s := make(map[string]bool, len(members))
	for _, m := range members {
		s[m] = true
	}
	return s
}

// Microphone says whether the person wants to be heard. Nothing is captured
// while it is off.
func (e *Engine) Microphone(on bool) { e.change(func(p *plan) { p.microphone = on }) }

// Camera says whether the person wants to be seen. Nothing is captured while
// it is off.
func (e *Engine) Camera(on bool) { e.change(func(p *plan) { p.camera = on }) }

// Visible replaces which members' pictures are on show, and their sizes in
// pixels. Others are not fetched.
func (e *Engine) Visible(tiles map[string]image.Point) {
	tiles = maps.Clone(tiles)
	e.change(func(p *plan) { p.visible = tiles })
}

// UseMicrophone changes the microphone while running; nil means none.
func (e *Engine) UseMicrophone(m Microphone) {
	e.change(func(p *plan) { p.from = m; p.turn[media.MicrophoneDevice]++ })
}

// UseLoudspeaker changes the loudspeaker while running; nil means none.
func (e *Engine) UseLoudspeaker(l Loudspeaker) {
	e.change(func(p *plan) { p.to = l; p.turn[media.LoudspeakerDevice]++ })
}

// UseCamera changes the camera while running; nil means none.
func (e *Engine) UseCamera(c Camera) {
	e.change(func(p *plan) { p.sight = c; p.turn[media.CameraDevice]++ })
}

// members returns the heard members, for the meter.
func (p *plan) members() []string { return slices.Sorted(maps.Keys(p.heard)) }
