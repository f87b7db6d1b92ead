package usher

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"incamera/sitting"
)

// why a visit ends when its link does not come back.
const lost = "lost"

// joined says that a link is there and wants to be told.
type joined struct{ place *Place }

func (e joined) happen(ctx context.Context, u *Usher) error {
	u.makeRoom(e.place.who)
	u.joined++
	e.place.number = u.joined
	u.links[e.place] = struct{}{}
	t, ok := u.State().Session(e.place.who.Session)
	if !ok || !t.Away {
		return nil
	}
	return unrefused(u.enter(ctx, u.o.Now(), sitting.Entry{Fact: sitting.Back{Arrival: t.Arrival}}))
}

// linksEach is how many links one member may have, of different sessions: one
// that is being replaced, and a few that have not noticed their end.
const linksEach = 4

// makeRoom ends the session's earlier link, and the member's oldest if there
// are too many.
func (u *Usher) makeRoom(who Who) {
	var hers []*Place
	for p := range u.links {
		switch {
		case p.who.Session == who.Session:
			p.end(FarewellReplaced)
		case p.who.Member == who.Member:
			hers = append(hers, p)
		}
	}
	slices.SortFunc(hers, func(a, b *Place) int { return cmp.Compare(a.number, b.number) })
	for len(hers) >= linksEach {
		hers[0].end(FarewellReplaced)
		hers = hers[1:]
	}
}

// parted says that a link has ended.
type parted struct{ place *Place }

func (e parted) happen(ctx context.Context, u *Usher) error {
	delete(u.links, e.place)
	t, ok := u.State().Session(e.place.who.Session)
	if !ok || t.Away || u.linked(t.Session) {
		return nil
	}
	return unrefused(u.enter(ctx, u.o.Now(), sitting.Entry{Fact: sitting.Away{Arrival: t.Arrival}}))
}

// revoked says that a session's card has been called back.
type revoked struct{ session sitting.Hash }

func (e revoked) happen(ctx context.Context, u *Usher) error {
	t, ok := u.State().Session(e.session)
	if !ok {
		return nil
	}
	return unrefused(u.enter(ctx, u.o.Now(), sitting.Entry{Fact: sitting.Revoked{Arrival: t.Arrival}}))
}

// unrefused drops a refusal: the fact was overtaken, and is none any more.
func unrefused(err error) error {
	var refusal sitting.Refusal
	if errors.As(err, &refusal) {
		return nil
	}
	return err
}

// endExpired ends the links of sessions whose certificate has expired.
func (u *Usher) endExpired(now time.Time) {
	for p := range u.links {
		if now.After(p.who.Expires) {
			p.end(FarewellExpired)
		}
	}
}

// Revoke ends the visit of a session whose card has been called back.
func (u *Usher) Revoke(ctx context.Context, session sitting.Hash) error {
	return u.tell(ctx, revoked{session})
}

// linked reports whether a session has a link here.
func (u *Usher) linked(session sitting.Hash) bool {
	for p := range u.links {
		if p.who.Session == session {
			return true
		}
	}
	return false
}

// noteAbsent says of all who are present according to the disk that they are
// away: none of them has a link to a service that has just started.
func (u *Usher) noteAbsent(ctx context.Context, at time.Time) error {
	state := u.State()
	if state.Closed {
		return nil
	}
	for _, t := range seats(state) {
		if t.Away {
			u.away[t.Arrival] = at // the clock begins anew
			continue
		}
		if err := unrefused(u.enter(ctx, at, sitting.Entry{Fact: sitting.Away{Arrival: t.Arrival}})); err != nil {
			return err
		}
	}
	return nil
}

// noteLinked says of those who are away that they are back, if they have a link
// here: another service of the same sitting does not know.
func (u *Usher) noteLinked(ctx context.Context, now time.Time) error {
	for _, t := range seats(u.State()) {
		if !t.Away || !u.linked(t.Session) {
			continue
		}
		if err := unrefused(u.enter(ctx, now, sitting.Entry{Fact: sitting.Back{Arrival: t.Arrival}})); err != nil {
			return err
		}
	}
	return nil
}

// leaveAfterGrace ends the visits of those whose link has been lost too long.
func (u *Usher) leaveAfterGrace(ctx context.Context, now time.Time) error {
	for arrival, since := range u.away {
		if now.Sub(since) < u.o.Grace {
			continue
		}
		fact := sitting.Left{Arrival: arrival, Why: lost}
		if err := unrefused(u.enter(ctx, now, sitting.Entry{Fact: fact})); err != nil {
			return err
		}
		delete(u.away, arrival)
	}
	return nil
}

// closeInTime closes the sitting when its time is over.
func (u *Usher) closeInTime(ctx context.Context, now time.Time) error {
	state := u.State()
	if state.Closed || !now.After(state.Order.Closes) {
		return nil
	}
	return unrefused(u.enter(ctx, now, sitting.Entry{Fact: sitting.Closed{}}))
}

// notePresence draws the consequences of an entry for links and relay: who is
// away, and which sessions have nothing to look for here any more.
func (u *Usher) notePresence(before, after sitting.State) {
	stays, absent := map[sitting.Hash]bool{}, map[uint64]bool{}
	for _, t := range seats(after) {
		stays[t.Session], absent[t.Arrival] = !after.Closed, t.Away
		if _, known := u.away[t.Arrival]; t.Away && !known {
			u.away[t.Arrival] = after.At
		}
	}
	maps.DeleteFunc(u.away, func(arrival uint64, _ time.Time) bool { return !absent[arrival] })
	for _, t := range seats(before) {
		if !stays[t.Session] {
			u.dismiss(t.Session, after.Seq)
		}
	}
}

// dismiss ends a session's links, once they have told the entry at the place
// seq, and what it holds of the relay.
func (u *Usher) dismiss(session sitting.Hash, seq uint64) {
	u.change()
	u.o.Relay.Void(session)
	for p := range u.links {
		if p.who.Session == session {
			p.until.Store(seq)
		}
	}
}

// seats are all who are present and who wait.
func seats(s sitting.State) []sitting.Seat {
	return append(s.Seats[:len(s.Seats):len(s.Seats)], s.Waiting...)
}
