package session

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"incamera/e2ee"
	"incamera/sitting"
	"incamera/sitting/wire"
)

// arrivalGrace is how long own frames are still sealed with the old keys after
// somebody was added, so that all can open the new ones. After a removal there
// is no grace.
const arrivalGrace = 250 * time.Millisecond

// A circle is the member's part in the group.
//
//	             founding is own arrival
//	outside ───────────────────────────────► inside ──┐ commit: Stage, Admit,
//	   ▲  └────────────────────────────────►   │  ▲   │ Merge, Confirm
//	   │      welcome in the first commit      │  └───┘
//	   └───────────────────────────────────────┘
//	     another group, or own state not the others': arrive again
type circle struct {
	// Constant.
	o       *Options
	history *history
	session sitting.Hash // of the own session certificate

	kp       *e2ee.KeyPackage // offered; nil before the first arrival
	group    *e2ee.Group      // nil: outside
	epoch    *e2ee.Epoch
	founding uint64                  // of group
	placed   map[sitting.Hash]uint64 // arrivals of the sessions in the group

	backlog   []offered
	first     map[sitting.Head]bool // epochs for which a commit was offered: {epoch, founding}
	blobs     map[sitting.Hash]*blob
	own       *ownCommit
	unusable  map[uint64]bool // arrivals whose key packages cannot be added
	due       time.Time       // since when there is something to commit; zero: there is not
	hold      time.Time       // before which nothing is asked for the group, because something has failed
	confirmed uint64          // the newest epoch that was confirmed
	said      time.Time       // when that was asked for
	confirmAt time.Time       // before which a newer one need not be confirmed
	votes     votes
	outside   time.Time // since when there is a seat and no group; zero: not so
	tries     int       // to arrive again
	astray    time.Time // since when others are ahead; zero: they are not
}

func newCircle(o *Options, h *history) *circle {
	return &circle{
		o: o, history: h, session: wire.HashOf(o.Chain[0]), placed: map[sitting.Hash]uint64{},
		first: map[sitting.Head]bool{}, blobs: map[sitting.Hash]*blob{}, unusable: map[uint64]bool{},
	}
}

// note keeps what an entry says about groups.
func (c *circle) note(s step) {
	if !s.effect || s.entry.Request == nil {
		return
	}
	switch b := s.entry.Request.Body.(type) {
	case sitting.Commit:
		c.backlog = append(c.backlog, c.look(s, b))
	case sitting.Confirm:
		c.votes.cast(b, s.entry.Request.Session)
	}
}

// follow brings the group up to what the order says.
func (c *circle) follow(ctx context.Context, l *loop) {
	state := c.history.state
	if c.group != nil && c.founding != state.Founding {
		c.forget()
	}
	t, seated := state.Seat(c.o.Me)
	if !seated || t.Session != c.session {
		c.forget()
		c.backlog, c.outside = nil, time.Time{}
		return
	}
	if c.group == nil && state.Founding == t.Arrival {
		c.found(l, t)
	}
	for len(c.backlog) > 0 && c.judge(ctx, l, c.backlog[0], t) {
		c.backlog = c.backlog[1:]
	}
	c.confirm(l)
	c.commit(ctx, l)
	c.doubt(l, t)
}

func (c *circle) config(founding uint64) e2ee.Config {
	order := c.history.order
	return e2ee.Config{
		Suite: order.Suite, Me: e2ee.Identity{Signer: c.o.Key, Chain: c.o.Chain},
		Judge: c.history.people.judge, GroupID: groupID(order.Sitting, founding), OrderHash: order.Hash,
	}
}

func groupID(id sitting.ID, founding uint64) []byte { return fmt.Appendf(nil, "%s/%d", id, founding) }

// found makes the group of which the own arrival is the first.
func (c *circle) found(l *loop, t sitting.Seat) {
	g, err := e2ee.Found(c.config(t.Arrival), c.o.Now())
	if err != nil {
		l.over = err
		return
	}
	c.enter(g, t.Arrival)
	c.placed[c.session] = t.Arrival
}

// enter goes inside.
func (c *circle) enter(g *e2ee.Group, founding uint64) {
	c.group, c.epoch, c.founding = g, g.Epoch(), founding
	c.outside, c.tries, c.due, c.confirmAt = time.Time{}, 0, time.Time{}, time.Time{}
	c.o.Keyring.Advance(c.epoch, 0)
	c.o.Log.Info("in the group", "founding", founding, "epoch", c.epoch.Number, "members", len(c.epoch.Leaves))
}

// judge looks at the oldest commit, and reports whether it is done with it.
func (c *circle) judge(ctx context.Context, l *loop, f offered, t sitting.Seat) bool {
	switch {
	case f.commit.Founding != c.history.state.Founding || !f.plausible:
		c.drop(f)
		return true
	case c.group == nil:
		return !f.first || !slices.Contains(f.commit.Adds, t.Arrival) || c.join(ctx, l, f)
	case f.commit.Epoch != c.epoch.Number:
		c.drop(f)
		return true
	}
	message, err := c.blob(ctx, l, f.commit.Message)
	if message == nil && err == nil {
		return false // it is being fetched
	}
	if err == nil {
		err = c.merge(f, message)
	}
	if err != nil {
		c.o.Log.Warn("a commit is not admitted", "entry", f.seq, "member", f.by.Member, "error", err)
		if err != errWasAllowed {
			l.alarm(Alarm{Kind: AlarmCommit, Member: f.by.Member, Seq: f.seq, Detail: err.Error()})
		}
	}
	c.drop(f)
	return true
}

// drop forgets what was kept for a commit that has been judged.
func (c *circle) drop(f offered) {
	delete(c.blobs, f.commit.Message)
	if c.own != nil && c.own.message == f.commit.Message {
		c.own = nil
	}
}

// join enters the group by the welcome of f, and reports whether that is
// decided.
func (c *circle) join(ctx context.Context, l *loop, f offered) bool {
	welcome, err := c.blob(ctx, l, f.commit.Welcome)
	tree, err2 := c.blob(ctx, l, f.commit.Tree)
	if err == nil {
		err = err2
	}
	if err == nil && (welcome == nil || tree == nil) {
		return false
	}
	if err == nil && c.kp != nil {
		err = c.welcomed(f, welcome, tree)
	}
	delete(c.blobs, f.commit.Welcome)
	delete(c.blobs, f.commit.Tree)
	if err != nil {
		c.o.Log.Warn("a welcome cannot be used", "entry", f.seq, "error", err)
	}
	return true
}

func (c *circle) welcomed(f offered, welcome, tree []byte) error {
	g, err := e2ee.Join(c.config(f.commit.Founding), c.kp, welcome, tree, f.at)
	if err != nil {
		return err
	}
	if n := g.Epoch().Number; n != f.commit.Epoch+1 {
		g.Wipe()
		return fmt.Errorf("session: welcome to epoch %d, not %d", n, f.commit.Epoch+1)
	}
	c.enter(g, f.commit.Founding)
	for _, leaf := range c.epoch.Leaves {
		if t, ok := f.before.Session(sessionOf(leaf)); ok {
			c.placed[t.Session] = t.Arrival
		}
	}
	return nil
}

// merge goes to the next epoch by a commit that is admissible.
func (c *circle) merge(f offered, message []byte) error {
	staged, err := c.group.Stage(message, f.at)
	if err != nil {
		return err
	}
	admitted, err := staged.Admit(func(s *e2ee.Staged) error {
		return admissible(facts{s.Committer(), s.Adds(), s.Removes(), s.AAD()}, f, c.epoch.Leaves, c.history)
	})
	if err != nil {
		return err
	}
	removes := len(staged.Removes()) > 0
	next, err := c.group.Merge(admitted)
	if err != nil {
		c.forget()
		return err
	}
	c.epoch, c.own = next, nil
	c.resettle(f)
	grace := arrivalGrace
	c.confirmAt = c.said.Add(confirmEvery(len(next.Leaves), rand.Float64()))
	if removes {
		grace, c.confirmAt = 0, time.Time{}
	}
	c.o.Keyring.Advance(next, grace)
	c.o.Log.Debug("a commit is merged", "entry", f.seq, "by", f.by.Member, "epoch", next.Number, "members", len(next.Leaves))
	return nil
}

// resettle notes who is in the group now.
func (c *circle) resettle(f offered) {
	c.due = time.Time{}
	for _, a := range f.commit.Adds {
		if t, ok := f.before.Arrival(a); ok {
			c.placed[t.Session] = a
		}
	}
	in := map[sitting.Hash]bool{}
	for _, leaf := range c.epoch.Leaves {
		in[sessionOf(leaf)] = true
	}
	for session := range c.placed {
		if !in[session] {
			delete(c.placed, session)
		}
	}
	c.votes.forget(c.epoch.Number)
}

// confirmAgain is after how long a confirmation that is not in the order is
// taken for lost: one that was overtaken by a later request never counts.
const confirmAgain = 2 * time.Second

// Confirmations in a group beyond so many members take turns: were each member
// to confirm each arrival at once, the record of a House would hold the square
// of its members.
const (
	confirmFree = 32
	confirmEach = 30 * time.Millisecond // for each member more
)

// confirmEvery is how often a member of a group of that size confirms epochs
// by which nobody was removed; spread, of 0 to 1, keeps them from doing so in step.
func confirmEvery(members int, spread float64) time.Duration {
	d := time.Duration(max(members-confirmFree, 0)) * confirmEach
	return d - time.Duration(spread*float64(d)/2)
}

// confirm says that the member has the keys of the epoch, until the order says
// so too.
func (c *circle) confirm(l *loop) {
	now := c.o.Now()
	if c.group == nil || now.Before(c.hold) || now.Before(c.confirmAt) || asking[sitting.Confirm](&l.requests) {
		return
	}
	t, seated := l.history.state.Seat(c.o.Me)
	known := seated && t.Group == c.founding && t.Confirmed >= c.epoch.Number
	if c.epoch.Number <= c.confirmed && (known || !seated || now.Before(c.said.Add(confirmAgain))) {
		return
	}
	err := l.ask(sitting.Confirm{
		Founding: c.founding, Epoch: c.epoch.Number, Authenticator: c.epoch.Authenticator,
	})
	if err == nil {
		c.confirmed, c.said = c.epoch.Number, now
	}
}

// sessionOf is the hash of a leaf's session certificate.
func sessionOf(leaf e2ee.Leaf) sitting.Hash {
	if len(leaf.Chain) == 0 {
		return sitting.Hash{}
	}
	return sha256.Sum256(leaf.Chain[0])
}
