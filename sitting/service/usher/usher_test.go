package usher

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"incamera/sitting"
	"incamera/sitting/service/delivery"
	"incamera/sitting/service/ticket"
	"incamera/sitting/wire"
)

func away(s sitting.State, id sitting.MemberID) bool {
	t, here := s.Seat(id)
	return here && t.Away
}

func gone(s sitting.State, id sitting.MemberID) bool {
	_, here := s.Seat(id)
	return !here
}

func TestGrace(t *testing.T) {
	s := newScene(t, sitting.Public)
	s.start()
	chair, martin := s.enter("h.chair"), s.enter("a.martin")
	martin.ask(sitting.RaiseHand{})
	martin.until(func(s sitting.State) bool { return s.HandUp("a.martin") })
	martin.link.Close()
	chair.until(func(s sitting.State) bool { return away(s, "a.martin") })
	s.pass(19 * time.Second)
	martin.dial()
	chair.until(func(s sitting.State) bool { return !away(s, "a.martin") })
	s.pass(19 * time.Second)
	if !chair.state.HandUp("a.martin") || gone(chair.state, "a.martin") {
		t.Error("seat or hand was lost within the grace")
	}
	martin.link.Close()
	<-martin.served
	chair.until(func(s sitting.State) bool { return away(s, "a.martin") })
	s.pass(19 * time.Second)
	s.pass(time.Second)
	chair.until(func(s sitting.State) bool { return gone(s, "a.martin") && !s.HandUp("a.martin") })
	if len(s.room.void) != 1 {
		t.Errorf("%d sessions lost their way to the relay", len(s.room.void))
	}
}

func TestTimeOver(t *testing.T) {
	s := newScene(t, sitting.Public)
	s.start()
	chair := s.enter("h.chair")
	s.pass(2 * time.Hour)
	if s.State().Closed {
		t.Error("closed on time, not after it")
	}
	s.room.mu.Lock()
	s.room.present = []ticket.Presence{{Member: "h.chair"}}
	s.room.mu.Unlock()
	s.pass(time.Second)
	chair.end()
	if !chair.state.Closed || chair.bye != "gone" {
		t.Errorf("closed %v, bye %q", chair.state.Closed, chair.bye)
	}
	<-s.Done()
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if len(s.room.present) != 0 {
		t.Error("somebody stays at the relay: ", s.room.present)
	}
}

func TestSessionExpires(t *testing.T) {
	s := newScene(t, sitting.Public)
	s.order.Closes = opens.Add(5 * time.Hour)
	s.start()
	chair := s.enter("h.chair")
	s.mu.Lock()
	s.now = opens.Add(3*time.Hour + time.Second)
	s.mu.Unlock()
	chair.ask(sitting.RaiseHand{})
	for len(chair.refused) == 0 {
		chair.take()
	}
	if chair.refused[0] != wire.CodeCertificate {
		t.Errorf("after the session's end: %q", chair.refused[0])
	}
	s.pass(0)
	chair.end()
	if chair.bye != "expired" && chair.bye != "gone" {
		t.Errorf("bye %q", chair.bye)
	}
}

func TestHeads(t *testing.T) {
	s := newScene(t, sitting.Public)
	s.start()
	chair := s.enter("h.chair")
	for range 3 {
		s.pass(time.Second)
	}
	chair.ask(sitting.RaiseHand{})
	chair.until(func(s sitting.State) bool { return s.HandUp("h.chair") })
	s.pass(time.Second)
	for len(chair.heads) < 2 {
		chair.take()
	}
	first, second := chair.heads[0], chair.heads[1]
	if first.Head.Seq != 2 || second.Head.Seq != 3 || second.Head.Hash != chair.state.Head || first.Sitting != "budget" {
		t.Errorf("heads %+v", chair.heads)
	}
}

func TestRelayFollows(t *testing.T) {
	s := newScene(t, sitting.Public)
	s.start()
	chair, martin := s.enter("h.chair"), s.enter("a.martin")
	s.room.mu.Lock()
	s.room.present = []ticket.Presence{
		{Member: "a.martin"}, {Member: "h.chair", Speaks: true}, {Member: "b.tremblay"}, {Member: "nobody"},
	}
	s.room.mu.Unlock()
	settled := func(want string) {
		t.Helper()
		for {
			<-s.room.asked
			s.room.mu.Lock()
			got := fmt.Sprint(s.room.present)
			s.room.mu.Unlock()
			if got == want {
				return
			}
			s.pass(time.Second)
		}
	}
	s.pass(time.Second)
	settled("[{a.martin false} {h.chair false}]")
	chair.ask(sitting.GiveFloor{To: "a.martin"})
	settled("[{a.martin true} {h.chair false}]")
	s.room.mu.Lock()
	s.room.down = errors.New("not now")
	s.room.mu.Unlock()
	chair.ask(sitting.TakeFloor{From: "a.martin"})
	martin.until(func(s sitting.State) bool { return s.Seq == 5 })
	s.room.mu.Lock()
	s.room.down = nil
	s.room.mu.Unlock()
	s.pass(time.Second)
	settled("[{a.martin false} {h.chair false}]")
	martin.ask(sitting.Leave{})
	martin.end()
	settled("[{h.chair false}]")
}

// One card cannot have links without end.
func TestManyLinks(t *testing.T) {
	s := newScene(t, sitting.Public)
	s.start()
	chair := s.enter("h.chair")
	var first *member
	for i := range linksEach + 1 {
		m := s.signIn("a.martin")
		m.dial()
		m.until(func(s sitting.State) bool { return s.Order != nil })
		if i == 0 {
			first = m
		}
	}
	first.end()
	if first.bye != "replaced" {
		t.Errorf("the oldest link was told %q", first.bye)
	}
	chair.ask(sitting.RaiseHand{})
	chair.until(func(s sitting.State) bool { return s.HandUp("h.chair") })
}

func TestRevoked(t *testing.T) {
	s := newScene(t, sitting.Public)
	s.start()
	chair, martin := s.enter("h.chair"), s.enter("a.martin")
	check(t, s.Revoke(t.Context(), wire.HashOf(martin.chain[0])))
	check(t, s.Revoke(t.Context(), sitting.Hash{1}))
	martin.end()
	chair.until(func(s sitting.State) bool { return len(s.Removed) == 1 && gone(s, "a.martin") })
	if martin.bye != "gone" {
		t.Errorf("bye %q", martin.bye)
	}
}

func TestStartsAgain(t *testing.T) {
	s := newScene(t, sitting.Public)
	s.start()
	chair := s.enter("h.chair")
	check(t, s.stop())
	chair.end()
	if chair.bye != "stopping" {
		t.Errorf("bye %q", chair.bye)
	}
	s.start()
	if got := s.State(); !away(got, "h.chair") || got.Seq != 3 {
		t.Errorf("after the start: %+v", got)
	}
	chair.dial()
	chair.until(func(s sitting.State) bool { return s.Seq == 4 && !away(s, "h.chair") })
	check(t, s.stop())

	other := newScene(t, sitting.Public)
	other.tape = s.tape
	other.start()
	if err := other.stop(); err == nil {
		t.Error("the order began with another order of the day, and nobody minded")
	}
}

func TestDiskFails(t *testing.T) {
	s := newScene(t, sitting.Public)
	s.start()
	chair := s.enter("h.chair")
	full := errors.New("no space left")
	o := s.tape.(*tape)
	o.mu.Lock()
	o.broken = full
	o.mu.Unlock()
	chair.ask(sitting.RaiseHand{})
	chair.end()
	if err := s.stop(); !errors.Is(err, full) {
		t.Errorf("Run = %v", err)
	}
	if chair.state.HandUp("h.chair") || chair.bye != "stopping" {
		t.Errorf("told before it was stored: %v, bye %q", chair.state.Hands, chair.bye)
	}
}

// Two services serve one sitting: there is one order, and nobody is lost.
func TestTwoUshers(t *testing.T) {
	here := newScene(t, sitting.Public)
	here.start()
	chair := here.enter("h.chair")
	there := &scene{
		t: t, anchors: here.anchors, service: here.service, signed: here.signed, order: here.order,
		cards: here.cards, tape: here.tape, room: newRoom(), now: opens,
	}
	there.start() // which thinks that the chair is away
	chair.until(func(s sitting.State) bool { return away(s, "h.chair") })
	here.pass(time.Second)
	chair.until(func(s sitting.State) bool { return !away(s, "h.chair") })

	martin := there.enter("a.martin")
	const hands = 20
	both := make(chan struct{})
	for _, m := range []*member{chair, martin} {
		go func() {
			defer func() { both <- struct{}{} }()
			for range hands / 2 {
				m.ask(sitting.RaiseHand{})
				m.until(func(s sitting.State) bool { return s.HandUp(m.id) })
				m.ask(sitting.LowerHand{})
				m.until(func(s sitting.State) bool { return !s.HandUp(m.id) })
			}
		}()
	}
	<-both
	<-both
	last := max(here.State().Seq, there.State().Seq)
	for _, m := range []*member{chair, martin} {
		m.until(func(s sitting.State) bool { return s.Seq >= last })
	}
	if chair.state.Head != martin.state.Head {
		t.Error("the two have seen two histories")
	}
}

// TestOrders checks what every [Order] promises, in memory and on JetStream.
func TestOrders(t *testing.T) {
	d, err := delivery.Open(delivery.Options{Dir: t.TempDir()})
	check(t, err)
	t.Cleanup(d.Close)
	for name, o := range map[string]Order{"memory": newTape(), "delivery": delivered{d}} {
		t.Run(name, func(t *testing.T) { testOrder(t, o) })
	}
}

type delivered struct{ *delivery.Delivery }

func (d delivered) Append(ctx context.Context, entry []byte, last uint64) (uint64, error) {
	return d.Delivery.Append(ctx, "budget", entry, last)
}

func (d delivered) Last(ctx context.Context) (uint64, error) { return d.Delivery.Last(ctx, "budget") }

func (d delivered) Follow(ctx context.Context, from uint64) iter.Seq2[delivery.Stored, error] {
	return d.Delivery.Follow(ctx, "budget", from)
}

func testOrder(t *testing.T, o Order) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if last, err := o.Last(ctx); last != 0 || err != nil {
		t.Errorf("Last of nothing = %d, %v", last, err)
	}
	for i := range uint64(3) {
		if seq, err := o.Append(ctx, fmt.Appendf(nil, "%d", i+1), i); seq != i+1 || err != nil {
			t.Fatalf("Append = %d, %v", seq, err)
		}
		if _, err := o.Append(ctx, []byte("late"), i); !errors.Is(err, delivery.ErrMoved) {
			t.Errorf("Append too late = %v", err)
		}
	}
	if last, err := o.Last(ctx); last != 3 || err != nil {
		t.Errorf("Last = %d, %v", last, err)
	}
	want := uint64(2)
	for s, err := range o.Follow(ctx, 2) {
		if want > 4 {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("at the end: %v", err)
			}
			continue
		}
		if err != nil || s.Seq != want || string(s.Bytes) != fmt.Sprint(want) {
			t.Fatalf("Follow yields %d %q, %v", s.Seq, s.Bytes, err)
		}
		switch want++; want {
		case 4:
			_, err := o.Append(ctx, []byte("4"), 3)
			check(t, err)
		case 5:
			cancel()
		}
	}
	if want != 5 {
		t.Errorf("Follow ended after %d", want-1)
	}
}
