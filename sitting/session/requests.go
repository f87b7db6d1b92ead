package session

import (
	"context"
	"errors"
	"time"

	"incamera/e2ee"
	"incamera/sitting"
	"incamera/sitting/wire"
)

// maxUnseen is how many requests may be on their way; more are refused.
const maxUnseen = 32

// requests are what was asked and has not been seen in the order. They are
// sent again on every new link, under the same counter: the service drops
// those that it has.
type requests struct {
	counter uint64
	unseen  []sent
}

type sent struct {
	counter uint64
	body    sitting.Body
	signed  []byte
}

// ask signs a request and sends it if there is a link.
func (l *loop) ask(body sitting.Body) error {
	if len(l.unseen) >= maxUnseen {
		return ErrFull
	}
	signed, err := wire.SignRequest(sitting.Request{
		Sitting: l.history.order.Sitting, Order: l.history.order.Hash, Member: l.s.o.Me,
		Counter: l.counter + 1, Seen: l.history.head(), Body: body,
	}, l.s.o.Key, l.s.o.Chain)
	if err != nil {
		return err
	}
	l.counter++
	l.unseen = append(l.unseen, sent{l.counter, body, signed})
	l.transmit(signed)
	return nil
}

// transmit sends if it can; a request that gets lost is sent on the next link.
func (l *loop) transmit(signed []byte) {
	if l.line.link == nil {
		return
	}
	if err := l.line.link.Send(wire.Request{Signed: signed}); err != nil {
		l.line.link.End("full")
	}
}

// seen forgets own requests that are in the order, and those overtaken.
func (l *loop) seen(counter uint64) {
	for len(l.unseen) > 0 && l.unseen[0].counter <= counter {
		l.unseen = l.unseen[1:]
	}
}

// asking reports whether a request of the same kind as body is on its way.
func asking[B sitting.Body](r *requests) bool {
	for _, q := range r.unseen {
		if _, ok := q.body.(B); ok {
			return true
		}
	}
	return false
}

// refuse takes the service's refusal of a request.
func (l *loop) refuse(m wire.Refused) {
	for i, q := range l.unseen {
		if q.counter != m.Counter {
			continue
		}
		if m.Code == string(sitting.RefusedReplay) {
			return // it is in the order, and will be seen
		}
		l.unseen = append(l.unseen[:i:i], l.unseen[i+1:]...)
		l.refusedBody(q.body, m.Code)
		return
	}
}

func (l *loop) refusedBody(body sitting.Body, code string) {
	l.s.o.Log.Info("request refused", "code", code)
	if code == wire.CodeSplit {
		l.split(l.history.state.Seq, "the service does not know the entries that it has shown")
		return
	}
	passing := code == wire.CodeFull || code == wire.CodeFailed
	if passing {
		l.circle.hold = l.s.o.Now().Add(ownAgain)
	}
	switch body.(type) {
	case sitting.Arrive:
		if !passing {
			l.over = &TurnedAwayError{code}
		}
	case sitting.Commit:
		l.circle.dropOwn(l.s.o.Now())
	case sitting.Confirm:
		if passing {
			l.circle.confirmed = 0
		}
	default:
		l.refused = &Refused{body, code, l.s.o.Now()}
	}
}

// A wish is what the person asks for.
type wish struct{ body sitting.Body }

func (w wish) happen(_ context.Context, l *loop) {
	if _, leave := w.body.(sitting.Leave); leave {
		l.over = errLeft
		return
	}
	if err := l.ask(w.body); err != nil {
		l.refused = &Refused{w.body, wire.CodeFull, l.s.o.Now()}
	}
}

// errLeft ends a session by its person's wish.
var errLeft = errors.New("session: left")

func (s *Session) wish(b sitting.Body) error {
	select {
	case <-s.done:
		return ErrOver
	default:
	}
	select {
	case s.box <- wish{b}:
		return nil
	default:
		return ErrFull
	}
}

// RaiseHand asks for the floor.
func (s *Session) RaiseHand() error { return s.wish(sitting.RaiseHand{}) }

// LowerHand gives the place in the queue up.
func (s *Session) LowerHand() error { return s.wish(sitting.LowerHand{}) }

// GiveFloor gives a member the floor.
func (s *Session) GiveFloor(to sitting.MemberID) error { return s.wish(sitting.GiveFloor{To: to}) }

// TakeFloor takes the floor from a member, or gives up the own.
func (s *Session) TakeFloor(from sitting.MemberID) error {
	return s.wish(sitting.TakeFloor{From: from})
}

// Admit lets a member in who waits, or forgives one who was removed.
func (s *Session) Admit(who sitting.MemberID) error { return s.wish(sitting.Admit{Who: who}) }

// Remove takes a member's seat. why is for people.
func (s *Session) Remove(who sitting.MemberID, why string) error {
	return s.wish(sitting.Remove{Who: who, Why: why})
}

// CloseSitting ends the sitting for all.
func (s *Session) CloseSitting() error { return s.wish(sitting.Close{}) }

// Leave gives the seat up and ends the session.
func (s *Session) Leave() error { return s.wish(sitting.Leave{}) }

// againEvery is how long to wait before arriving again, at first, and at most.
const (
	againAfter = 6 * time.Second
	againMost  = 48 * time.Second
)

// arrive asks for a seat when there is none, and again with a new key package
// when the group cannot be followed.
func (l *loop) arrive() {
	if l.sat || l.history.state.Seq == 0 || l.line.link == nil || asking[sitting.Arrive](&l.requests) ||
		l.s.o.Now().Before(l.circle.hold) {
		return
	}
	l.arriveAnew()
}

// arriveAnew makes a new key package and offers it.
func (l *loop) arriveAnew() {
	kp, err := e2ee.NewKeyPackage(l.history.order.Suite, e2ee.Identity{Signer: l.s.o.Key, Chain: l.s.o.Chain}, l.s.o.Now())
	if err != nil {
		l.over = err
		return
	}
	l.circle.offer(kp)
	if err := l.ask(sitting.Arrive{KeyPackage: kp.Bytes()}); err != nil {
		l.s.o.Log.Error("cannot ask for a seat", "error", err)
	}
}
