package sitting

import (
	"slices"
	"time"
)

// DoorsOpen is how long before a sitting's time one may arrive.
const DoorsOpen = time.Hour

// Doors is from when on one may arrive.
func (o *Order) Doors() time.Time { return o.Opens.Add(-DoorsOpen) }

// Judge reports whether e has an effect on s, as nil or a [Refusal]. It judges
// all but what needs keys: the service has it judge an entry before it puts it
// in the order, and clients judge again. e.Hash does not matter.
func Judge(s State, e Entry) error {
	if e.Seq != s.Seq+1 || e.Prev != s.Head || e.At.Before(s.At) {
		return RefusedPlace
	}
	if (e.Request == nil) == (e.Fact == nil) {
		return RefusedBody
	}
	if o, ok := e.Fact.(Opened); ok {
		if s.Seq != 0 || o.Order == nil {
			return RefusedPlace
		}
		return nil
	}
	if s.Order == nil {
		return RefusedPlace
	}
	if s.Closed {
		return RefusedClosed
	}
	if e.Fact != nil {
		return judgeFact(s, e.Fact)
	}
	return judgeRequest(s, *e.Request, e.At)
}

func judgeFact(s State, f Fact) error {
	known := func(arrival uint64) (Seat, error) {
		t, ok := s.Arrival(arrival)
		if !ok {
			return t, RefusedTarget
		}
		return t, nil
	}
	switch f := f.(type) {
	case Away:
		if t, err := known(f.Arrival); err != nil || t.Away {
			return RefusedTarget
		}
	case Back:
		if t, err := known(f.Arrival); err != nil || !t.Away {
			return RefusedTarget
		}
	case Left:
		_, err := known(f.Arrival)
		return err
	case Revoked:
		_, err := known(f.Arrival)
		return err
	case Closed:
	default:
		return RefusedBody
	}
	return nil
}

func judgeRequest(s State, r Request, at time.Time) error {
	if r.Sitting != s.Order.Sitting || r.Order != s.Order.Hash {
		return RefusedOrder
	}
	if r.Seen.Seq > s.Seq || r.Seen.Seq == s.Seq && r.Seen.Hash != s.Head {
		return RefusedFuture
	}
	if at.After(s.Order.Closes) {
		return RefusedClosed
	}
	if err := judgeSession(s, r, at); err != nil {
		return err
	}
	return Allows(s, r)
}

// judgeSession checks that the session speaks for the member here and now,
// and that it has not said this before.
func judgeSession(s State, r Request, at time.Time) error {
	_, arrives := r.Body.(Arrive)
	if arrives && at.Before(s.Order.Doors()) {
		return RefusedEarly
	}
	if r.Counter == 0 {
		return RefusedReplay
	}
	if t, ok := s.Session(r.Session); ok {
		if t.Member != r.Member {
			return RefusedSession
		}
		if r.Counter <= t.Counter {
			return RefusedReplay
		}
		return nil
	}
	if !arrives {
		if allowsLeave(s, r.Member) == nil {
			return RefusedSession
		}
		return RefusedAbsent
	}
	gone := func(v Visit) bool { return v.Session == r.Session && r.Counter <= v.Counter }
	if slices.ContainsFunc(s.Past, gone) {
		return RefusedReplay
	}
	return nil
}
