package session

import (
	"time"

	"incamera/sitting"
)

// Doubts: when the own group state is not what the others have, the member
// arrives again and is added anew.

// How long others may be ahead before we believe that we are lost; the longer
// one while there still are commits to fetch.
const (
	straying = 2 * time.Second
	fetching = 10 * time.Second
)

// keptVotes is for how many epochs to come votes are kept.
const keptVotes = 64

// votes are the authenticators that sessions have confirmed, by epoch of one
// group.
type votes struct {
	founding uint64
	said     map[uint64]map[sitting.Hash]string
}

func (v *votes) cast(b sitting.Confirm, by sitting.Hash) {
	if v.founding != b.Founding || v.said == nil {
		*v = votes{b.Founding, map[uint64]map[sitting.Hash]string{}}
	}
	if v.said[b.Epoch] == nil {
		v.said[b.Epoch] = map[sitting.Hash]string{}
	}
	v.said[b.Epoch][by] = string(b.Authenticator)
}

// of are the votes on an epoch.
func (v *votes) of(founding, epoch uint64) map[sitting.Hash]string {
	if v.founding != founding {
		return nil
	}
	return v.said[epoch]
}

// forget drops what was said of epochs long before.
func (v *votes) forget(epoch uint64) {
	for e := range v.said {
		if e < epoch || e > epoch+keptVotes {
			delete(v.said, e)
		}
	}
}

// outvoted reports whether more of those who are seated have confirmed another
// authenticator of the epoch than have confirmed mine, mine among them. In a
// tie the camp of the longest seated is right.
func outvoted(s sitting.State, said map[sitting.Hash]string, me sitting.Hash, mine string) bool {
	camps := map[string]int{mine: 1}
	eldest := ""
	for _, t := range s.Seats {
		a, voted := said[t.Session]
		if t.Session == me {
			a, voted = mine, true
		}
		if !voted || t.Group != s.Founding {
			continue
		}
		if eldest == "" {
			eldest = a
		}
		if t.Session != me {
			camps[a]++
		}
	}
	for a, n := range camps {
		if a != mine && (n > camps[mine] || n == camps[mine] && eldest == a) {
			return true
		}
	}
	return false
}

// behind reports whether at least as many of those in the group have
// confirmed a later epoch than mine as have not.
func behind(s sitting.State, epoch uint64) bool {
	ahead, here := 0, 0
	for _, t := range s.Seats {
		switch {
		case t.Group != s.Founding:
		case t.Confirmed > epoch:
			ahead++
		default:
			here++
		}
	}
	return ahead > 0 && ahead >= here
}

// doubt arrives again if the group cannot be followed, or was never entered
// though there is a seat.
func (c *circle) doubt(l *loop, t sitting.Seat) {
	now := c.o.Now()
	if c.group == nil {
		c.waitOutside(l, now)
		return
	}
	mine := string(c.epoch.Authenticator)
	if outvoted(c.history.state, c.votes.of(c.founding, c.epoch.Number), c.session, mine) {
		l.alarm(Alarm{Kind: AlarmDivergence, Member: t.Member, Detail: "the others have other keys for this epoch"})
		c.again(l, now)
		return
	}
	if !behind(c.history.state, c.epoch.Number) || l.line.link == nil {
		c.astray = time.Time{}
		return
	}
	if c.astray.IsZero() {
		c.astray = now
	}
	limit := straying
	if len(c.backlog) > 0 {
		limit = fetching
	}
	if now.Sub(c.astray) > limit {
		l.alarm(Alarm{Kind: AlarmDivergence, Member: t.Member, Detail: "the others have gone on"})
		c.again(l, now)
	}
}

// waitOutside waits to be added, longer each time.
func (c *circle) waitOutside(l *loop, now time.Time) {
	if c.outside.IsZero() || l.line.link == nil {
		c.outside = now
		return
	}
	limit := min(againAfter<<min(c.tries, 6), againMost)
	if len(c.backlog) > 0 {
		limit += blobLimit
	}
	if now.Sub(c.outside) > limit {
		c.again(l, now)
	}
}

// again arrives with a new key package.
func (c *circle) again(l *loop, now time.Time) {
	if asking[sitting.Arrive](&l.requests) {
		return
	}
	c.forget()
	c.astray, c.outside = time.Time{}, now
	c.tries++
	l.arriveAnew()
}
