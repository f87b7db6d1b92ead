package session

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"incamera/sitting"
	"incamera/sitting/wire"
)

// maxPromised is how many heads wait for their entries; the farthest goes.
const maxPromised = 16

// A history is the order as this member has been shown it, and the state that
// follows from it. Nothing gets into it unverified.
type history struct {
	order    *sitting.Order
	people   *people
	state    sitting.State
	hashes   []sitting.Hash // of all entries
	promised []sitting.Head // by the service or a member, for entries that are to come
}

// newHistory judges the order of the day by which the session goes: a clerk
// on its roster has signed it, with a card that is good.
func newHistory(o *Options) (*history, error) {
	order, chain, err := wire.OpenOrder(o.Order)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOrder, err)
	}
	h := &history{order: order, people: &people{order: order, verify: o.Verify, known: map[[32]byte]known{}}}
	clerk, err := h.people.who(chain, o.Now())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOrder, err)
	}
	if clerk.Role != sitting.RoleClerk {
		return nil, ErrOrder
	}
	me, err := h.people.who(o.Chain, o.Now())
	if err != nil {
		return nil, err
	}
	if me.ID != o.Me {
		return nil, ErrNotListed
	}
	return h, h.promise(o.Seen)
}

// What an entry can be, besides a step of the history.
var (
	errSeen = errors.New("session: an entry seen before")
	errGap  = errors.New("session: an entry that does not follow the last one")
)

// A step is an entry and what came of it.
type step struct {
	entry  sitting.Entry
	before sitting.State
	effect bool
	alarm  *Alarm
}

// take adds an entry. It returns errSeen, errGap, [ErrSplit], [ErrChanged], or
// that the bytes are no entry; then nothing is added.
func (h *history) take(b []byte) (step, error) {
	e, err := wire.ReadEntry(b)
	if err != nil {
		return step{}, err
	}
	switch next := h.state.Seq + 1; {
	case e.Seq > next:
		return step{}, errGap
	case e.Seq < next:
		if err := h.compare(e.Head()); err != nil {
			return step{}, err
		}
		return step{}, errSeen
	case e.Prev != h.state.Head:
		return step{}, ErrSplit
	}
	if o, ok := e.Fact.(sitting.Opened); ok && o.Order.Hash != h.order.Hash {
		return step{}, ErrChanged
	}
	return h.add(e)
}

// add verifies e and applies it, or its empty place.
func (h *history) add(e sitting.Entry) (step, error) {
	s := step{entry: e, before: h.state, effect: true}
	err := sitting.Judge(h.state, e)
	kind := AlarmRefused
	if e.Request != nil {
		if forged := h.genuine(e); errors.Is(forged, ErrSplit) {
			return step{}, forged
		} else if forged != nil {
			err, kind = forged, AlarmForged
		}
	}
	if err != nil {
		s.effect = false
		s.alarm = &Alarm{Kind: kind, Seq: e.Seq, At: e.At, Detail: err.Error()}
		if e.Request != nil {
			s.alarm.Member = e.Request.Member
		}
		e = e.Void()
	}
	h.state = h.state.Apply(e)
	h.hashes = append(h.hashes, e.Hash)
	return s, h.kept()
}

// genuine checks that the member has signed the request, with certificates
// that are good at the entry's time, and has seen the history that we see. A
// request of a session without a seat is left to the rules, which refuse it.
func (h *history) genuine(e sitting.Entry) error {
	r := e.Request
	var chain [][]byte
	if a, arrives := r.Body.(sitting.Arrive); arrives {
		chain = a.Chain
	} else if t, seated := h.state.Session(r.Session); seated {
		chain = t.Chain
	} else {
		return nil
	}
	if err := wire.VerifyRequest(e.Signed, chain); err != nil {
		return err
	}
	m, err := h.people.who(chain, e.At)
	if err != nil {
		return err
	}
	if m.ID != r.Member {
		return sitting.RefusedRoster
	}
	if r.Sitting != h.order.Sitting || r.Order != h.order.Hash {
		return nil // the rules refuse it; its heads are of another order
	}
	return h.promise(r.Seen)
}

// compare reports [ErrSplit] if somebody has seen another entry in that place.
func (h *history) compare(seen sitting.Head) error {
	if n := uint64(len(h.hashes)); seen.Seq > n {
		return nil
	}
	if seen.Seq == 0 && seen.Hash == (sitting.Hash{}) || seen.Seq > 0 && h.hashes[seen.Seq-1] == seen.Hash {
		return nil
	}
	return ErrSplit
}

// promise compares a head, or keeps it until its entry comes.
func (h *history) promise(p sitting.Head) error {
	if p.Seq <= h.state.Seq {
		return h.compare(p)
	}
	for _, q := range h.promised {
		if q.Seq == p.Seq && q.Hash != p.Hash {
			return ErrSplit
		}
		if q == p {
			return nil
		}
	}
	h.promised = append(h.promised, p)
	if len(h.promised) > maxPromised {
		slices.SortFunc(h.promised, func(a, b sitting.Head) int { return cmp.Compare(a.Seq, b.Seq) })
		h.promised = h.promised[:maxPromised]
	}
	return nil
}

// kept compares the heads whose entries have come.
func (h *history) kept() error {
	for _, p := range h.promised {
		if h.compare(p) != nil {
			return ErrSplit
		}
	}
	h.promised = slices.DeleteFunc(h.promised, func(p sitting.Head) bool { return p.Seq <= h.state.Seq })
	return nil
}

// head is the last entry's.
func (h *history) head() sitting.Head { return sitting.Head{Seq: h.state.Seq, Hash: h.state.Head} }
