package seat_test

import (
	"testing"
	"time"

	"incamera/cmd/seat"
	"incamera/sitting"
)

// gather has members with these cards sit at one table.
func (w *world) gather(d *devices, cards ...*card) (table *seat.Table, all []*member) {
	w.t.Helper()
	d.shared = true
	table = seat.NewTable(d.all(), true)
	for _, c := range cards {
		all = append(all, w.take(c, nil, d, func(p *seat.Person, i seat.Invitation) *seat.Seat {
			return table.Take(p, i, seat.Hooks{})
		}))
	}
	return table, all
}

// Two members sit at one machine: each is heard under the own name and with
// the own keys, through the one microphone of the room; when one card is
// pulled, that member is out, and the other goes on.
func TestTable(t *testing.T) {
	w := newWorld(t)
	cards := []*card{
		w.card("h.chair", sitting.RoleChair), w.card("a.martin", sitting.RoleMember), w.card("b.singh", sitting.RoleMember),
	}
	w.open()
	chair := w.sit(cards[0], nil)
	room := &devices{}
	table, all := w.gather(room, cards[1:]...)
	martin, singh := all[0], all[1]
	together(t, chair, martin, singh)

	check(t, singh.Session.RaiseHand())
	until(t, "the hand of one", func() bool { return chair.state().HandUp(singh.id) })
	if chair.state().HandUp(martin.id) {
		t.Error("the hand of both is up")
	}
	chair.gives(martin)
	chair.hears(martin)
	chair.sees(martin)
	chair.sees(singh)
	if n := singh.Media.Stats().Sound.Sent; n > 0 {
		t.Errorf("%d frames were sent for a member without the floor", n)
	}
	if n := room.opened.Load(); n != 1 {
		t.Errorf("the microphone of the room was opened %d times", n)
	}
	opened := singh.Media.Stats().Members[string(martin.id)].SoundOpened
	chair.hears(martin)
	if n := room.heard.Load(); n > 0 {
		t.Errorf("the loudspeaker played %d steps of a member who is in the room", n)
	}
	if singh.Media.Stats().Members[string(martin.id)].SoundOpened == opened {
		t.Error("what is not played at the table does not come there either: it cannot have been left out there")
	}

	began := time.Now()
	martin.card.Pull()
	<-martin.over
	table.Leave(martin.Seat)
	if took := martin.CaptureStopped().Sub(began); martin.CaptureStopped().IsZero() || took > 500*time.Millisecond {
		t.Errorf("capture stopped after %v", took)
	}
	until(t, "the others see it", func() bool { _, here := chair.state().Seat(martin.id); return !here })
	t.Log("seat given up after", time.Since(began))
	if _, err := martin.Keys.Sealer(0).Seal(nil, nil, []byte("sound")); err == nil {
		t.Error("the keys outlive the card")
	}
	together(t, chair, singh)
	chair.gives(singh)
	chair.hears(singh)
	chair.gives(chair)
	singh.hears(chair) // the loudspeaker was martin's
	singh.leave()
	table.Leave(singh.Seat)
	if n := room.open.Load(); n != 0 {
		t.Errorf("%d devices of the room are left open", n)
	}
	chair.quiet()
}
