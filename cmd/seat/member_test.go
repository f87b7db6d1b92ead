package seat_test

import (
	"context"
	"errors"
	"image"
	"testing"
	"time"

	"incamera/cmd/seat"
	"incamera/identity"
	"incamera/identity/identitytest"
	"incamera/media/engine"
	"incamera/sitting"
)

// A member has a seat, or had one.
type member struct {
	*seat.Seat
	w       *world
	id      sitting.MemberID
	card    *card
	devices *devices
	end     context.CancelFunc
	over    chan struct{}
	err     error // read after over
}

// everybody is whom a member looks at.
var everybody = []string{"h.chair", "a.martin", "b.singh", "e.spy"}

// small is how large everybody is shown.
var small = image.Pt(320, 180)

// sit signs in with a card and takes the seat, until the card is pulled or the
// test ends.
func (w *world) sit(c *card, edit func(*seat.Options)) *member {
	w.t.Helper()
	d := &devices{}
	return w.take(c, edit, d, func(p *seat.Person, i seat.Invitation) *seat.Seat {
		return p.Take(i, d.all(), seat.Hooks{})
	})
}

// take is sit for a seat that has to be taken in a way of its own.
func (w *world) take(c *card, edit func(*seat.Options), d *devices, take func(*seat.Person, seat.Invitation) *seat.Seat) *member {
	w.t.Helper()
	o := w.options(c.id)
	if edit != nil {
		edit(&o)
	}
	p, err := seat.SignIn(w.t.Context(), c, identitytest.Answer(identitytest.PIN), o)
	check(w.t, err)
	w.t.Cleanup(p.Close)
	all, err := p.Sittings(w.t.Context())
	check(w.t, err)
	if len(all) != 1 || all[0].Me.ID != c.id {
		w.t.Fatalf("%s is invited to %d sittings", c.id, len(all))
	}
	m := &member{w: w, id: c.id, card: c, devices: d, over: make(chan struct{})}
	m.Seat = take(p, all[0])
	ctx, end := context.WithCancel(context.Background())
	held, release := seat.Hold(ctx, identitytest.NewReaders(c.Card), c.Card)
	m.end = end
	go func() {
		defer close(m.over)
		defer end()
		defer release()
		m.err = m.Run(held)
	}()
	w.t.Cleanup(m.leave)
	m.Media.Microphone(true)
	m.Media.Camera(true)
	look(m.Media)
	return m
}

// look shows everybody.
func look(e *engine.Engine) {
	tiles := map[string]image.Point{}
	for _, who := range everybody {
		tiles[who] = small
	}
	e.Visible(tiles)
}

// leave ends the seat and looks that nothing of it is left.
func (m *member) leave() {
	m.end()
	select {
	case <-m.over:
	case <-time.After(patience):
		m.w.t.Fatalf("%s does not leave", m.id)
	}
	if n := m.devices.open.Load(); n != 0 && !m.devices.shared {
		m.w.t.Errorf("%s: %d devices are left open", m.id, n)
	}
	if _, err := m.Keys.Sealer(0).Seal(nil, nil, []byte("sound")); err == nil {
		m.w.t.Errorf("%s: keys outlive the seat", m.id)
	}
	if m.err != nil && !errors.Is(m.err, context.Canceled) && !errors.Is(m.err, identity.ErrCardRemoved) && !isRemoved(m.err) {
		m.w.t.Errorf("%s: the seat ended with %v", m.id, m.err)
	}
}

func (m *member) state() sitting.State { return m.Session.State().State }

// together waits until all of them, and nobody else, have the keys of one epoch.
func together(t *testing.T, all ...*member) {
	t.Helper()
	until(t, "all have the keys of one epoch", func() bool {
		for _, m := range all {
			v := m.Session.State()
			if v.Epoch == nil || len(v.Epoch.Leaves) != len(all) || v.Confirmed != len(all) {
				return false
			}
		}
		return true
	})
}

// hears waits for a second of sound from who, in the loudspeaker too.
func (m *member) hears(who *member) {
	m.w.t.Helper()
	of := func() uint64 { return m.Media.Stats().Members[string(who.id)].SoundOpened }
	opened, heard := of(), m.devices.heard.Load()
	until(m.w.t, string(m.id)+" hears "+string(who.id), func() bool {
		return of() > opened+50 && m.devices.heard.Load() > heard+50
	})
}

// sees waits for a second of pictures of who.
func (m *member) sees(who *member) {
	m.w.t.Helper()
	of := func() uint64 { return m.Media.Stats().Members[string(who.id)].Decoded }
	seen := of()
	until(m.w.t, string(m.id)+" sees "+string(who.id), func() bool { return of() > seen+rate })
}

// gives waits until the chair m has given who the floor.
func (m *member) gives(who *member) {
	m.w.t.Helper()
	check(m.w.t, m.Session.GiveFloor(who.id))
	until(m.w.t, "the floor", func() bool { return who.state().HasFloor(who.id) && m.state().HasFloor(who.id) })
}

// quiet fails the test if anything has happened that honest people see never.
func (m *member) quiet() {
	m.w.t.Helper()
	if a := m.Session.State().Alarms; len(a) > 0 {
		m.w.t.Errorf("%s: alarms %v", m.id, a)
	}
	c := m.Keys.Counts()
	if c.Altered+c.Replayed+c.WrongSender+c.Impersonated > 0 {
		m.w.t.Errorf("%s: frames %+v", m.id, c)
	}
}
