package engine

import (
	"maps"
	"sync/atomic"

	"incamera/media"
	"incamera/media/process"
	"incamera/media/relay"
)

// A member is what the engine keeps of one member, across links to the relay.
type member struct {
	name   string
	screen screen
	dark   atomic.Bool // the camera is off
	spare  shot        // decoded into while every shot of the screen is being painted
	tally  tally
	level  process.Meter
	voice  atomic.Pointer[voice] // nil before the first sound
}

// member returns the one called name.
func (e *Engine) member(name string) *member {
	if m := e.everyone()[name]; m != nil {
		return m
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	old := e.everyone()
	if m := old[name]; m != nil {
		return m
	}
	next := maps.Clone(old)
	next[name] = &member{name: name}
	e.members.Store(&next)
	return next[name]
}

// everyone is a snapshot of the members; it never changes.
func (e *Engine) everyone() map[string]*member { return *e.members.Load() }

func (e *Engine) screenOf(name string) *screen { return &e.member(name).screen }

// Screen shows the newest picture of member; for this member it is what the
// camera sees.
func (e *Engine) Screen(member string) media.Screen { return e.screenOf(member) }

// track runs the way in of one remote track until it ends.
func (e *Engine) track(r *relay.Remote) {
	if r.Track == media.Camera {
		e.see(r)
	} else {
		e.hear(r)
	}
}

// silent hides the picture of a member whose camera is off.
func (e *Engine) silent(member string, t media.Track, now bool) {
	if t == media.Camera {
		m := e.member(member)
		m.dark.Store(now)
		m.screen.hide(now || !e.plan.Load().seen[member])
	}
}
