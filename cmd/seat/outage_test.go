package seat_test

import (
	"io"
	"maps"
	"net"
	"sync"
	"testing"
	"time"

	"incamera/cmd/seat"
	"incamera/sitting"
)

// visits are who sits, and since when.
func visits(s sitting.State) map[sitting.MemberID]uint64 {
	all := map[sitting.MemberID]uint64{}
	for _, seat := range s.Seats {
		all[seat.Member] = seat.Arrival
	}
	return all
}

func anyAway(s sitting.State) bool {
	for _, seat := range s.Seats {
		if seat.Away {
			return true
		}
	}
	return false
}

// A service that is stopped and started goes on with the same sitting.
func TestServiceRestarted(t *testing.T) {
	w := newWorld(t)
	all := w.meet("a.martin", "b.singh")
	chair, martin, singh := all[0], all[1], all[2]
	chair.gives(martin)
	chair.hears(martin)
	check(t, singh.Session.RaiseHand())
	until(t, "a hand", func() bool { return chair.state().HandUp(singh.id) })
	before, epoch := chair.state(), chair.Session.State().Epoch.Number

	w.stop()
	until(t, "all see the loss", func() bool {
		return !chair.Session.State().Line.Up && !martin.Session.State().Line.Up && !singh.Session.State().Line.Up
	})
	began := time.Now()
	w.start()
	until(t, "all are back", func() bool {
		for _, m := range all {
			if v := m.Session.State(); !v.Line.Up || v.State.Seq <= before.Seq || anyAway(v.State) {
				return false
			}
		}
		return true
	})
	t.Log("all are back after", time.Since(began))
	for _, m := range all {
		s := m.state()
		if !maps.Equal(visits(s), visits(before)) || !s.HasFloor(martin.id) || !s.HandUp(singh.id) || s.Founding != before.Founding {
			t.Errorf("%s: another sitting: %+v, was %+v", m.id, s, before)
		}
	}
	together(t, all...)
	if now := chair.Session.State().Epoch.Number; now != epoch {
		t.Errorf("epoch %d, was %d", now, epoch)
	}
	chair.hears(martin)
	chair.gives(singh)
	martin.hears(singh)
	for _, m := range all {
		m.quiet()
	}
}

// A cable goes from one member to the service, and can be cut.
type cable struct {
	listener net.Listener
	to       string
	done     sync.WaitGroup

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

func newCable(t *testing.T, to string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	w := &cable{listener: l, to: to, conns: map[net.Conn]bool{}}
	w.done.Go(w.accept)
	t.Cleanup(func() {
		_ = l.Close() // ends accept
		w.set(true)
		w.done.Wait()
	})
	return w
}

func (w *cable) accept() {
	for {
		c, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.done.Go(func() { w.join(c) })
	}
}

// join copies both ways until either end closes or the cable is cut.
func (w *cable) join(c net.Conn) {
	defer c.Close()
	far, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer far.Close()
	if !w.hold(c, far) {
		return
	}
	defer w.release(c, far)
	w.done.Go(func() { _, _ = io.Copy(far, c); _ = far.Close() }) // a closed end closes the other
	_, _ = io.Copy(c, far)
}

func (w *cable) hold(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		w.conns[c] = true
	}
	return !w.cut
}

func (w *cable) release(conns ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		delete(w.conns, c)
	}
}

// set cuts the cable, or mends it.
func (w *cable) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	if cut {
		for c := range w.conns {
			_ = c.Close()
		}
	}
}

// outage is for how long a link is lost.
const outage = 3 * time.Second

// Who loses the link for a while keeps seat, floor and place in the queue.
func TestLinkLost(t *testing.T) {
	w := newWorld(t)
	chairCard := w.card("h.chair", sitting.RoleChair)
	martinCard, singhCard := w.card("a.martin", sitting.RoleMember), w.card("b.singh", sitting.RoleMember)
	w.open()
	wire := newCable(t, w.address)
	chair, singh := w.sit(chairCard, nil), w.sit(singhCard, nil)
	martin := w.sit(martinCard, func(o *seat.Options) { o.Service = wire.listener.Addr().String() })
	together(t, chair, singh, martin)
	for _, m := range []*member{martin, singh} {
		check(t, m.Session.RaiseHand())
		until(t, "a hand", func() bool { return chair.state().HandUp(m.id) })
	}
	chair.gives(singh)
	martin.hears(singh)
	before := chair.state()

	wire.set(true)
	cut := time.Now()
	until(t, "she is away", func() bool {
		s, here := chair.state().Seat(martin.id)
		return here && s.Away && !martin.Session.State().Line.Up && time.Since(cut) > outage
	})
	wire.set(false)
	mended := time.Now()
	until(t, "she is back", func() bool {
		s, here := chair.state().Seat(martin.id)
		return here && !s.Away && martin.Session.State().Line.Up
	})
	t.Log("back after", time.Since(mended))
	martin.hears(singh)
	t.Log("heard again, for a second, after", time.Since(mended))
	now := chair.state()
	if !maps.Equal(visits(now), visits(before)) {
		t.Errorf("seats %v, were %v", visits(now), visits(before))
	}
	if len(now.Hands) != len(before.Hands) || len(now.Hands) == 0 || now.Hands[0] != before.Hands[0] {
		t.Errorf("queue %v, was %v", now.Hands, before.Hands)
	}
	chair.gives(martin)
	chair.hears(martin)
	for _, m := range []*member{chair, singh, martin} {
		m.quiet()
	}
}
