package session

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"incamera/e2ee"
	"incamera/sitting"
	"incamera/sitting/wire"
)

// Times of committing.
const (
	turn     = 2 * time.Second        // of silence, before the next member commits
	ownLimit = 5 * time.Second        // after which an own commit counts as lost
	ownAgain = 500 * time.Millisecond // after one that has failed
	maxAdds  = 64                     // members added by one commit
)

// An offered commit is one with its place in the order.
type offered struct {
	seq       uint64
	at        time.Time
	by        sitting.Seat
	commit    sitting.Commit
	before    sitting.State
	plausible bool // as far as one outside the group can see
	first     bool // plausible, and the first for its epoch
}

// look judges a commit as one outside the group can.
func (c *circle) look(s step, b sitting.Commit) offered {
	by, _ := s.before.Session(s.entry.Request.Session)
	f := offered{seq: s.entry.Seq, at: s.entry.At, by: by, commit: b, before: s.before}
	f.plausible = true
	for _, a := range b.Adds {
		t, ok := s.before.Arrival(a)
		if _, seated := s.before.Seat(t.Member); !ok || !seated || t.Group == b.Founding {
			f.plausible = false
		}
	}
	key := sitting.Head{Seq: b.Epoch}
	binary.BigEndian.PutUint64(key.Hash[:], b.Founding)
	f.first = f.plausible && !c.first[key]
	if f.plausible {
		c.first[key] = true
	}
	return f
}

// facts are what a staged commit does.
type facts struct {
	committer     e2ee.Leaf
	adds, removes []e2ee.Leaf
	aad           []byte
}

// errWasAllowed reports a commit that was right when it was made, and came too
// late: it is nobody's fault.
var errWasAllowed = errors.New("session: a commit overtaken by the order")

// admissible reports why nobody may admit a commit: everyone judges alike,
// from the commit, the group and the order before it.
func admissible(s facts, f offered, leaves []e2ee.Leaf, h *history) error {
	if sessionOf(s.committer) != f.by.Session {
		return errors.New("session: another member's commit")
	}
	seen, err := sawOurs(s.aad, f, h)
	if err != nil {
		return err
	}
	added, err := matchAdds(s.adds, f)
	if err != nil {
		return err
	}
	removed := map[uint32]bool{}
	for _, leaf := range s.removes {
		session := sessionOf(leaf)
		t, here := f.before.Session(session)
		_, seated := f.before.Seat(t.Member)
		if here && seated && !added[session] && t.Arrival > seen {
			return errWasAllowed
		}
		if here && seated && !added[session] {
			return fmt.Errorf("session: commit removes %s, who has a seat", leaf.Member)
		}
		removed[leaf.Index] = true
	}
	for _, leaf := range leaves {
		if added[sessionOf(leaf)] && !removed[leaf.Index] {
			return fmt.Errorf("session: commit adds %s twice", leaf.Member)
		}
	}
	return nil
}

// matchAdds checks that the commit adds those whom it says, by what they
// offered, and returns their sessions.
func matchAdds(adds []e2ee.Leaf, f offered) (map[sitting.Hash]bool, error) {
	added := map[sitting.Hash]bool{}
	if len(adds) != len(f.commit.Adds) {
		return nil, errors.New("session: commit adds others than it says")
	}
	for _, a := range f.commit.Adds {
		t, _ := f.before.Arrival(a) // plausible: it is there
		key, err := e2ee.KeyOf(t.KeyPackage)
		same := func(leaf e2ee.Leaf) bool {
			return sessionOf(leaf) == t.Session && leaf.Member == string(t.Member) && leaf.Key == key
		}
		if err != nil || added[t.Session] || !slices.ContainsFunc(adds, same) {
			return nil, errors.New("session: commit adds others than it says")
		}
		added[t.Session] = true
	}
	return added, nil
}

// aadLen is the length of a head in a commit's authenticated data.
const aadLen = 8 + 32

func appendAAD(b []byte, h sitting.Head) []byte {
	return append(binary.BigEndian.AppendUint64(b, h.Seq), h.Hash[:]...)
}

// sawOurs checks that the committer has seen the history that we see, and
// returns how much of it.
func sawOurs(aad []byte, f offered, h *history) (uint64, error) {
	if len(aad) != aadLen {
		return 0, errors.New("session: commit names no head")
	}
	head := sitting.Head{Seq: binary.BigEndian.Uint64(aad), Hash: sitting.Hash(aad[8:])}
	if head.Seq >= f.seq || h.compare(head) != nil {
		return 0, errors.New("session: commit names another head")
	}
	return head.Seq, nil
}

// change is what a commit has to do.
type change struct {
	adds    []sitting.Seat
	removes []e2ee.Leaf
}

func (c change) none() bool { return len(c.adds) == 0 && len(c.removes) == 0 }

// owing is what separates the group from the seats.
func owing(s sitting.State, leaves []e2ee.Leaf, placed map[sitting.Hash]uint64, unusable map[uint64]bool) change {
	var c change
	added := map[sitting.Hash]bool{}
	for _, t := range s.Seats {
		if placed[t.Session] != t.Arrival && t.Group != s.Founding && !unusable[t.Arrival] && len(c.adds) < maxAdds {
			c.adds = append(c.adds, t)
			added[t.Session] = true
		}
	}
	for _, leaf := range leaves {
		session := sessionOf(leaf)
		t, here := s.Session(session)
		_, seated := s.Seat(t.Member)
		if !here || !seated || added[session] {
			c.removes = append(c.removes, leaf)
		}
	}
	return c
}

// myTurn reports whether it is for the member at session to commit: the first
// in leaf order who is present and has the group's keys, then after each
// [turn] of silence the next one.
func myTurn(s sitting.State, leaves []e2ee.Leaf, session sitting.Hash, silence time.Duration) bool {
	before := 0
	for _, leaf := range leaves {
		t, here := s.Session(sessionOf(leaf))
		if !here || t.Away || t.Group != s.Founding {
			continue
		}
		if t.Session == session {
			return silence >= time.Duration(before)*turn
		}
		before++
	}
	return false
}

// An ownCommit is on its way into the order.
type ownCommit struct {
	message sitting.Hash
	since   time.Time
}

// dropOwn forgets the own commit; another will be made.
func (c *circle) dropOwn(now time.Time) {
	if c.own != nil {
		delete(c.blobs, c.own.message)
		c.own, c.due, c.hold = nil, now, now.Add(ownAgain)
	}
}

// commit makes a commit if there is something to commit and it is our turn.
func (c *circle) commit(ctx context.Context, l *loop) {
	now := c.o.Now()
	if c.group == nil || len(c.backlog) > 0 || l.line.link == nil || now.Before(c.hold) {
		return
	}
	if c.own != nil {
		if now.Sub(c.own.since) > ownLimit {
			c.dropOwn(now)
		}
		return
	}
	state := c.history.state
	what := owing(state, c.epoch.Leaves, c.placed, c.unusable)
	if what.none() {
		c.due = time.Time{}
		return
	}
	if c.due.IsZero() {
		c.due = now
	}
	if myTurn(state, c.epoch.Leaves, c.session, now.Sub(c.due)) {
		c.make(ctx, l, what)
	}
}

// make makes a commit, has its blobs stored, and then asks for its place.
func (c *circle) make(ctx context.Context, l *loop, what change) {
	now := c.o.Now()
	var adds [][]byte
	body := sitting.Commit{Founding: c.founding, Epoch: c.epoch.Number}
	for _, t := range what.adds {
		adds = append(adds, t.KeyPackage)
		body.Adds = append(body.Adds, t.Arrival)
	}
	for _, leaf := range what.removes {
		body.Removes = append(body.Removes, c.placed[sessionOf(leaf)])
	}
	p, err := c.group.Commit(adds, what.removes, appendAAD(nil, c.history.head()), now)
	if err != nil {
		c.o.Log.Warn("no commit could be made", "adds", len(adds), "removes", len(what.removes), "error", err)
		c.sift(what)
		return
	}
	c.o.Log.Debug("a commit is made", "epoch", body.Epoch, "adds", body.Adds, "removes", body.Removes)
	body.Message = wire.HashOf(p.Message)
	c.own = &ownCommit{message: body.Message, since: now}
	c.blobs[body.Message] = &blob{bytes: p.Message}
	blobs := [][]byte{p.Message}
	if len(p.Welcome) > 0 {
		body.Welcome, body.Tree = wire.HashOf(p.Welcome), wire.HashOf(p.Tree)
		blobs = append(blobs, p.Welcome, p.Tree)
	}
	c.store(ctx, l, body, blobs)
}

// sift finds out whose key packages cannot be added, and passes them over.
func (c *circle) sift(what change) {
	for _, t := range what.adds {
		var removes []e2ee.Leaf
		for _, leaf := range what.removes {
			if sessionOf(leaf) == t.Session {
				removes = append(removes, leaf)
			}
		}
		if _, err := c.group.Commit([][]byte{t.KeyPackage}, removes, nil, c.o.Now()); err != nil {
			c.o.Log.Warn("a key package cannot be used", "member", t.Member, "error", err)
			c.unusable[t.Arrival] = true
		}
	}
	c.hold = c.o.Now().Add(ownAgain)
}
