package service

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"incamera/sitting"
	"incamera/sitting/service/delivery"
	"incamera/sitting/service/relay"
	"incamera/sitting/service/roster"
	"incamera/sitting/service/ticket"
	"incamera/sitting/service/usher"
	"incamera/sitting/wire"
)

// Halls are where sittings are held: one usher each, started when the first
// member comes, and again if it has failed.
type halls struct {
	started *sync.WaitGroup // what Serve waits for
	guests  sync.WaitGroup  // requests under way, also upgraded ones, for which the server does not wait

	// Guarded by mu.
	mu     sync.Mutex
	ctx    context.Context // the service's life; nil before
	each   map[sitting.ID]*usher.Usher
	over   map[sitting.ID]bool // those that were closed
	closed bool                // nobody comes in any more
}

func (h *halls) open(ctx context.Context, started *sync.WaitGroup) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ctx, h.started = ctx, started
	h.each, h.over = map[sitting.ID]*usher.Usher{}, map[sitting.ID]bool{}
}

// admit counts a guest in, if anybody may come in.
func (h *halls) admit() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.guests.Add(1)
	}
	return !h.closed
}

// empty lets nobody in any more and waits for all to leave.
func (h *halls) empty() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.guests.Wait()
}

// find returns the usher of a sitting that is being served.
func (h *halls) find(id sitting.ID) (*usher.Usher, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u, ok := h.each[id]
	return u, ok
}

// isOver reports whether a sitting was closed.
func (h *halls) isOver(id sitting.ID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	u, ok := h.each[id]
	return h.over[id] || ok && u.State().Closed
}

// all returns the ushers of all sittings being served.
func (h *halls) all() []*usher.Usher {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*usher.Usher, 0, len(h.each))
	for _, u := range h.each {
		list = append(list, u)
	}
	return list
}

// errStopping reports a service that is going down.
var errStopping = errors.New("service: stopping")

// hall returns the usher of l's sitting once it has read its order.
func (s *Service) hall(ctx context.Context, l *roster.Listed) (*usher.Usher, error) {
	u, err := s.usher(l)
	if err != nil {
		return nil, err
	}
	select {
	case <-u.Ready():
		return u, nil
	case <-u.Done():
		return nil, usher.ErrEnded
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// usher finds or starts the usher of l's sitting.
func (s *Service) usher(l *roster.Listed) (*usher.Usher, error) {
	h, id := &s.halls, l.Order.Sitting
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx == nil || h.ctx.Err() != nil {
		return nil, errStopping
	}
	if u, ok := h.each[id]; ok {
		return u, nil
	}
	clock := time.NewTicker(time.Second)
	u := usher.New(usher.Options{
		Signed: l.Signed, Opened: l.Order, Order: orderOf{s.delivery, id},
		Relay: roomOf{s.desk, s.proxy, id}, Key: s.key, Certificate: s.c.Certificate.Certificate[0],
		Verify: s.c.Anchors.Verify, Grace: s.c.Grace, Now: s.c.Now, Tick: clock.C,
		Log: s.c.Log.With("sitting", id),
	})
	h.each[id] = u
	s.book.Begin(l)
	ctx := h.ctx
	h.started.Go(func() {
		defer clock.Stop()
		err := u.Run(ctx)
		if err != nil {
			s.c.Log.Error("a sitting failed, it starts again when a member comes", "sitting", id, "error", err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.each, id)
		h.over[id] = u.State().Closed
	})
	return u, nil
}

// resume starts the ushers of the sittings that were under way when the
// service ended, so that those who do not come back are seen to have left.
func (s *Service) resume(ctx context.Context) error {
	ids, err := s.delivery.Sittings(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		l, err := s.book.Find(id, s.c.Now())
		if err != nil {
			continue // its order is over, or has been taken away
		}
		if first, err := s.first(ctx, id); err != nil {
			s.c.Log.Warn("the order that a sitting began with is not good any more", "sitting", id, "error", err)
		} else {
			l = first
		}
		if _, err := s.usher(l); err != nil {
			return err
		}
	}
	return nil
}

// first is the order that a sitting began with: its file may have changed since.
func (s *Service) first(ctx context.Context, id sitting.ID) (*roster.Listed, error) {
	for b, err := range s.delivery.Follow(ctx, id, 1) {
		if err != nil {
			return nil, err
		}
		e, err := wire.ReadEntry(b.Bytes)
		if err != nil {
			return nil, err
		}
		return roster.Judge(e.Signed, wire.OpenOrder, s.c.Anchors.Verify, s.c.Now())
	}
	return nil, usher.ErrEnded
}

// orderOf is the order of one sitting, for its usher.
type orderOf struct {
	d  *delivery.Delivery
	id sitting.ID
}

func (o orderOf) Append(ctx context.Context, entry []byte, last uint64) (uint64, error) {
	return o.d.Append(ctx, o.id, entry, last)
}

func (o orderOf) Last(ctx context.Context) (uint64, error) { return o.d.Last(ctx, o.id) }

func (o orderOf) Follow(ctx context.Context, from uint64) iter.Seq2[delivery.Stored, error] {
	return o.d.Follow(ctx, o.id, from)
}

// roomOf is the relay's room of one sitting, for its usher.
type roomOf struct {
	desk  *ticket.Desk
	proxy *relay.Proxy
	id    sitting.ID
}

func (r roomOf) Present(ctx context.Context) ([]ticket.Presence, error) {
	return r.desk.Present(ctx, r.id)
}

func (r roomOf) SetSources(ctx context.Context, m sitting.MemberID, speaks bool) error {
	return r.desk.SetSources(ctx, r.id, m, speaks)
}

func (r roomOf) Drop(ctx context.Context, m sitting.MemberID) error {
	return r.desk.Drop(ctx, r.id, m)
}

func (r roomOf) Void(session sitting.Hash) { r.proxy.Void(r.id, session) }
