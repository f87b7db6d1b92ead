package seat_test

import (
	"errors"
	"testing"
	"time"

	"incamera/identity"
	"incamera/media"
	"incamera/sitting"
	"incamera/sitting/session"
)

// meet opens a sitting with a chair and members, all together.
func (w *world) meet(ids ...sitting.MemberID) []*member {
	w.t.Helper()
	cards := []*card{w.card("h.chair", sitting.RoleChair)}
	for _, id := range ids {
		cards = append(cards, w.card(id, sitting.RoleMember))
	}
	w.open()
	var all []*member
	for _, c := range cards {
		all = append(all, w.sit(c, nil))
	}
	together(w.t, all...)
	return all
}

func isRemoved(err error) bool {
	_, ok := errors.AsType[*session.RemovedError](err)
	return ok
}

// Who has the floor is heard, who has not is not, and all are seen.
func TestMeet(t *testing.T) {
	w := newWorld(t)
	all := w.meet("a.martin", "b.singh")
	chair, martin, singh := all[0], all[1], all[2]
	chair.gives(martin)
	chair.hears(martin)
	singh.hears(martin)
	for _, m := range all {
		for _, other := range all {
			if other != m {
				m.sees(other)
			}
		}
	}
	if n := singh.Media.Stats().Sound.Sent + chair.Media.Stats().Sound.Sent; n > 0 {
		t.Errorf("%d frames of sound were sent without the floor", n)
	}
	// A client that obeys nobody is stopped by the relay, whoever would listen.
	singh.Media.Permit(media.Permission{Speak: true, Show: true, Heard: everybody, Seen: everybody})
	chair.Media.Permit(media.Permission{Show: true, Heard: everybody, Seen: everybody})
	until(t, "singh's microphone is open", func() bool { return singh.Media.Stats().Sound.Captured > 50 })
	chair.hears(martin)
	for _, m := range all {
		for who, s := range m.Media.Stats().Members {
			if who != "a.martin" && s.SoundOpened > 0 {
				t.Errorf("%s hears %s without the floor", m.id, who)
			}
		}
		m.quiet()
	}
	check(t, chair.Session.TakeFloor(martin.id))
	until(t, "the floor is taken", func() bool { return !martin.state().HasFloor(martin.id) && !singh.state().HasFloor(martin.id) })
	until(t, "sound stops", func() bool { return !martin.Media.Meter().Live })
	chair.gives(singh)
	martin.hears(singh)
}

// A card that is pulled stops devices, wipes keys and gives up the seat.
func TestCardPulled(t *testing.T) {
	w := newWorld(t)
	all := w.meet("a.martin")
	chair, martin := all[0], all[1]
	chair.gives(martin)
	chair.hears(martin)
	for range 8 { // much to tell her just then
		check(t, chair.Session.RaiseHand())
		check(t, chair.Session.LowerHand())
	}
	began := time.Now()
	martin.card.Pull()
	until(t, "capture has stopped", func() bool { return !martin.CaptureStopped().IsZero() })
	t.Log("capture stopped after", martin.CaptureStopped().Sub(began))
	until(t, "keys are wiped", func() bool {
		_, err := martin.Keys.Sealer(0).Seal(nil, nil, []byte("sound"))
		return err != nil
	})
	until(t, "the others see it", func() bool { _, here := chair.state().Seat(martin.id); return !here })
	t.Log("seat given up after", time.Since(began))
	martin.leave()
	if !errors.Is(martin.err, identity.ErrCardRemoved) {
		t.Errorf("the seat ended with %v", martin.err)
	}
	together(t, chair)
	chair.quiet()
}
