//go:build unix

package seat_test

import (
	"errors"
	"testing"
	"time"

	"incamera/cmd/seat"
	"incamera/identity"
	"incamera/media"
	"incamera/media/device"
	"incamera/media/mediatest"
	"incamera/sitting"
)

// TestCardOutWithHungSound: a sound server that does not answer is said to the
// member, and keeps nobody in the seat whose card is out. When it goes on,
// sound is back by itself.
func TestCardOutWithHungSound(t *testing.T) {
	p, err := mediatest.StartPulse(t.Context(), "room")
	check(t, err)
	defer p.Close()
	t.Setenv("PULSE_SERVER", p.Server)
	system := device.New()
	defer system.Close()

	w := newWorld(t)
	chair := w.card("h.chair", sitting.RoleChair)
	martin := w.card("a.martin", sitting.RoleMember)
	w.open()
	h := w.sit(chair, nil)
	m := w.take(martin, nil, &devices{}, func(p *seat.Person, i seat.Invitation) *seat.Seat {
		return seat.NewTable(seat.Named(system, "room.monitor", "room", seat.None), false).Take(p, i, seat.Hooks{})
	})
	together(t, h, m)
	h.gives(m)
	heard := func() { // the room is quiet, and quiet is sent too
		t.Helper()
		of := func() uint64 { return h.Media.Stats().Members["a.martin"].SoundOpened }
		opened := of()
		until(t, "a second of the room", func() bool { return of() > opened+50 })
	}
	heard()
	for range 2 {
		check(t, p.Pause())
		until(t, "the fault is shown", func() bool {
			d, ok := errors.AsType[*media.DeviceError](m.Media.Meter().Fault)
			return ok && d.Fault == media.Hung
		})
		check(t, p.Resume())
		heard()
		until(t, "all is well", func() bool { return m.Media.Meter().Fault == nil })
	}
	check(t, p.Pause())
	defer func() { check(t, p.Resume()) }()
	before := time.Now()
	m.card.Pull()
	select {
	case <-m.over:
	case <-time.After(10 * time.Second): // the server's library would wait for 30
		t.Fatal("the seat is kept by a sound server that hangs")
	}
	t.Logf("capture stopped after %v, the seat was left after %v", m.CaptureStopped().Sub(before), time.Since(before))
	if m.CaptureStopped().IsZero() {
		t.Error("nobody says that capture has stopped")
	}
	if !errors.Is(m.err, identity.ErrCardRemoved) {
		t.Errorf("ended with %v", m.err)
	}
}
