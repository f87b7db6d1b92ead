package service

import (
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/service/delivery"
	"incamera/sitting/wire"
)

func away(s sitting.State, id sitting.MemberID) bool {
	t, here := s.Seat(id)
	return here && t.Away
}

// The order survives the service; who comes back in time keeps seat and hand.
func TestRestart(t *testing.T) {
	w := newWorld(t)
	w.grace = 3 * time.Second
	chairCard, memberCard := w.card("h.chair", sitting.RoleChair), w.card("a.martin", sitting.RoleMember)
	w.order("budget", sitting.Public)
	w.start(false)
	chair, martin := w.enter(chairCard, "budget"), w.enter(memberCard, "budget")
	martin.ask(sitting.RaiseHand{})
	chair.until(func(s sitting.State) bool { return s.HandUp("a.martin") })
	w.stop()
	chair.end()
	if chair.bye != "stopping" {
		t.Errorf("the chair was told %q", chair.bye)
	}

	w.start(false)
	chair.reach()
	seen := chair.state.Seq
	check(t, chair.dial("budget"))
	chair.until(func(s sitting.State) bool { return s.Seq > seen && !away(s, "h.chair") && away(s, "a.martin") })
	if !chair.state.HandUp("a.martin") {
		t.Error("the hand was lost")
	}
	chair.until(func(s sitting.State) bool { _, here := s.Seat("a.martin"); return !here })
	if chair.state.HandUp("a.martin") || len(chair.state.Seats) != 1 {
		t.Errorf("after the grace: %+v", chair.state)
	}
	late := w.signIn(w.clerk)
	check(t, late.dial("budget"))
	late.until(func(s sitting.State) bool { return s.Seq == chair.state.Seq })
	if late.state.Head != chair.state.Head {
		t.Error("the history of who comes late is another")
	}
}

// A service that can keep nothing any more ends, and says why: it does not go
// on and refuse everybody.
func TestNothingCanBeKept(t *testing.T) {
	w := newWorld(t)
	chairCard := w.card("h.chair", sitting.RoleChair)
	w.order("budget", sitting.Public)
	w.start(false)
	chair := w.enter(chairCard, "budget")
	w.delivery.Close()
	chair.end()
	if chair.bye != "stopping" {
		t.Errorf("told %q", chair.bye)
	}
	for range 2 { // what two commits would do
		_, err := w.delivery.Append(t.Context(), "budget", []byte("entry"), chair.state.Seq)
		if err == nil {
			t.Fatal("kept")
		}
	}
	if err := <-w.ended; !errors.Is(err, delivery.ErrStopped) {
		t.Errorf("Serve = %v", err)
	}
	w.ended <- nil
}

// A lost link leaves the seat, for a while.
func TestLinkLost(t *testing.T) {
	w := newWorld(t)
	chairCard, memberCard := w.card("h.chair", sitting.RoleChair), w.card("a.martin", sitting.RoleMember)
	w.order("budget", sitting.Public)
	w.start(false)
	chair, martin := w.enter(chairCard, "budget"), w.enter(memberCard, "budget")
	chair.ask(sitting.GiveFloor{To: "a.martin"})
	martin.until(func(s sitting.State) bool { return s.HasFloor("a.martin") })
	martin.link.Close()
	chair.until(func(s sitting.State) bool { return away(s, "a.martin") })
	check(t, martin.dial("budget"))
	chair.until(func(s sitting.State) bool { return !away(s, "a.martin") })
	martin.until(func(s sitting.State) bool { return s.Seq == chair.state.Seq })
	if !martin.state.HasFloor("a.martin") {
		t.Error("the floor was lost")
	}
	martin.ask(sitting.Leave{})
	martin.end()
	if martin.bye != "gone" || len(martin.state.Seats) != 1 {
		t.Errorf("after leaving: %q, %v", martin.bye, martin.state.Seats)
	}
}

// rawLink upgrades by hand and returns what is beneath a link.
func (m *member) rawLink(id sitting.ID) io.ReadWriteCloser {
	m.t.Helper()
	r, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, m.base+"/v1/sittings/"+string(id)+"/link", http.NoBody)
	check(m.t, err)
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", link.Protocol)
	res, err := (&http.Transport{TLSClientConfig: trust.ClientTLS(m.session, m.anchors)}).RoundTrip(r)
	check(m.t, err)
	if res.StatusCode != http.StatusSwitchingProtocols {
		m.t.Fatal(res.Status)
	}
	conn := res.Body.(io.ReadWriteCloser)
	m.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func message(t *testing.T, m wire.Message) []byte {
	t.Helper()
	b, err := wire.EncodeMessage(m)
	check(t, err)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// What one link sends wrong ends that link, and nothing else.
func TestGarbageOnTheLink(t *testing.T) {
	w := newWorld(t)
	chairCard := w.card("h.chair", sitting.RoleChair)
	w.order("budget", sitting.Public)
	w.start(false)
	chair := w.enter(chairCard, "budget")
	clerk := w.signIn(w.clerk)
	hello := message(t, wire.Hello{})
	for name, sent := range map[string][]byte{
		"garbage":              []byte("GET / HTTP/1.1\r\n\r\n"),
		"nothing at all":       {0, 0, 0, 0},
		"too large":            binary.BigEndian.AppendUint32(nil, wire.MaxMessage+1),
		"no hello":             message(t, wire.Request{Signed: []byte("x")}),
		"the service's":        message(t, wire.Entry{Bytes: []byte("x")}),
		"two hellos":           append(hello, hello...),
		"more than there is":   message(t, wire.Hello{Last: 1 << 40}),
		"garbage after hello":  append(hello[:len(hello):len(hello)], 0, 0, 0, 1, 0xff),
		"an entry after hello": append(hello[:len(hello):len(hello)], message(t, wire.SignedHead{})...),
	} {
		conn := clerk.rawLink("budget")
		if _, err := conn.Write(sent); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := io.Copy(io.Discard, conn)
			ended <- err
		}()
		select {
		case <-ended:
		case <-time.After(patience):
			t.Errorf("%s: the link goes on", name)
			_ = conn.Close()
			<-ended
		}
	}
	chair.ask(sitting.RaiseHand{})
	chair.until(func(s sitting.State) bool { return s.HandUp("h.chair") })
	if len(chair.state.Seats) != 1 {
		t.Errorf("seats: %v", chair.state.Seats)
	}
}

// A member who sends requests as fast as possible is slowed, not the others.
func TestFlood(t *testing.T) {
	w := newWorld(t)
	chairCard, memberCard := w.card("h.chair", sitting.RoleChair), w.card("a.martin", sitting.RoleMember)
	w.order("budget", sitting.Public)
	w.start(false)
	chair, martin := w.enter(chairCard, "budget"), w.enter(memberCard, "budget")
	signed := martin.sign(sitting.GiveFloor{To: "a.martin"})
	for range 200 {
		_ = martin.link.Send(wire.Request{Signed: signed}) // full is what is wanted
	}
	chair.ask(sitting.RaiseHand{})
	chair.until(func(s sitting.State) bool { return s.HandUp("h.chair") })
	if chair.state.HasFloor("a.martin") {
		t.Error("the flood has won the floor")
	}
}

func TestPace(t *testing.T) {
	var p pace
	now := time.Unix(1_000_000, 0)
	for range askBurst {
		if !p.allow("card 1", now) {
			t.Fatal("refused within the burst")
		}
	}
	if p.allow("card 1", now) {
		t.Error("allowed beyond the burst")
	}
	if !p.allow("card 2", now) {
		t.Error("another card was refused")
	}
	if !p.allow("card 1", now.Add(time.Second)) {
		t.Error("refused after a second")
	}
	if !p.allowBytes("card 1", keepBurst, now) || p.allowBytes("card 1", 1, now) {
		t.Error("the bound of bytes kept does not hold")
	}
	p.allow("card 3", now.Add(2*rateForgotten))
	if len(p.each) != 1 {
		t.Errorf("%d cards are remembered", len(p.each))
	}
}
