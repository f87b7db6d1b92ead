package seat

import (
	"slices"
	"sync"

	"incamera/media"
	"incamera/media/engine"
)

// A Table is where members sit who share one machine: each has a session,
// keys and a place in the relay of their own, all have the one microphone,
// camera and loudspeaker of the room.
//
// Microphone and camera are opened once, see [shareSound], and what they give
// is sealed for each member with the member's own key, as far as the member
// wants to be heard and seen. The loudspeaker plays for the one who has sat
// there longest, and plays nobody at the table: they are in the room.
//
// On a member's own machine, nobody else sits down, and nothing is shared.
type Table struct {
	shared bool // constant

	mu      sync.Mutex
	devices Devices // guarded by mu
	seats   []*Seat // guarded by mu; in the order in which they were taken
	shows   bool    // guarded by mu; the camera is on
}

// NewTable returns a table with the devices of a room and nobody at it. Unless
// it is shared, only one member may sit there at a time.
func NewTable(d Devices, shared bool) *Table {
	t := &Table{shared: shared}
	d.Microphone, d.Camera = t.microphone(d.Microphone), t.camera(d.Camera)
	t.devices = d
	return t
}

func (t *Table) microphone(m engine.Microphone) engine.Microphone {
	if t.shared {
		return shareSound(m)
	}
	return m
}

func (t *Table) camera(c engine.Camera) engine.Camera {
	if t.shared {
		return shareSight(c)
	}
	return c
}

// Take is [Person.Take] at the table. [Table.Leave] has to follow when the
// seat has ended.
func (t *Table) Take(p *Person, i Invitation, h Hooks) *Seat {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.devices
	if len(t.seats) > 0 {
		d.Loudspeaker = nil
	}
	s := p.Take(i, d, h)
	s.Media.Camera(t.shows)
	t.seats = append(t.seats, s)
	t.settle()
	return s
}

// Leave says that s has ended. Another takes over the loudspeaker.
func (t *Table) Leave(s *Seat) {
	t.mu.Lock()
	defer t.mu.Unlock()
	played := len(t.seats) > 0 && t.seats[0] == s
	t.seats = slices.DeleteFunc(t.seats, func(o *Seat) bool { return o == s })
	if played && len(t.seats) > 0 {
		t.seats[0].Media.UseLoudspeaker(t.devices.Loudspeaker)
	}
	t.settle()
}

// settle is called with mu held: everyone learns who sits by them.
func (t *Table) settle() {
	for _, s := range t.seats {
		var near []string
		for _, o := range t.seats {
			if o != s {
				near = append(near, o.me)
			}
		}
		s.ear.sitBy(near)
	}
}

// Camera turns the picture of the room on or off, for all at the table and for
// who comes later.
func (t *Table) Camera(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shows = on
	for _, s := range t.seats {
		s.Media.Camera(on)
	}
}

// Shows reports whether the camera is on.
func (t *Table) Shows() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.shows
}

// UseMicrophone changes the microphone of the room; nil means none.
func (t *Table) UseMicrophone(m engine.Microphone) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.devices.Microphone = t.microphone(m)
	for _, s := range t.seats {
		s.Media.UseMicrophone(t.devices.Microphone)
	}
}

// UseLoudspeaker changes the loudspeaker of the room; nil means none.
func (t *Table) UseLoudspeaker(l engine.Loudspeaker) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.devices.Loudspeaker = l
	if len(t.seats) > 0 {
		t.seats[0].Media.UseLoudspeaker(l)
	}
}

// UseCamera changes the camera of the room; nil means none.
func (t *Table) UseCamera(c engine.Camera) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.devices.Camera = t.camera(c)
	for _, s := range t.seats {
		if !s.blind {
			s.Media.UseCamera(t.devices.Camera)
		}
	}
}

// An ear has media play whom the sitting lets be heard, but for those who sit
// beside.
type ear struct {
	media *engine.Engine // constant

	mu   sync.Mutex
	last media.Permission // guarded by mu
	near []string         // guarded by mu
}

// Permit implements [session.Media]. It never waits.
func (e *ear) Permit(p media.Permission) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last = p
	e.tell()
}

func (e *ear) sitBy(near []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Equal(e.near, near) {
		e.near = near
		e.tell()
	}
}

// tell is called with mu held.
func (e *ear) tell() {
	p := e.last
	p.Heard = slices.DeleteFunc(slices.Clone(p.Heard), func(m string) bool { return slices.Contains(e.near, m) })
	e.media.Permit(p)
}
