package client

import (
	"context"
	"slices"
	"sync"
	"time"

	"incamera/cmd/seat"
	"incamera/identity"
	"incamera/media"
	"incamera/sitting"
	"incamera/ui"
	"incamera/ui/chamber"
)

// A table is who sits at this machine, and whom of them the window shows. On a
// personal machine that is one member; on a shared one, others join with their
// cards. The window speaks for whom it shows: when it turns to another, the
// microphone is off. Who is not shown keeps seat, hand and picture.
type table struct {
	c       *client
	sitting sitting.ID
	room    *seat.Table
	ctx     context.Context // ends with the table

	news   chan *place // has something else to show
	over   chan gone   // has no seat any more
	kept   time.Time   // owned by run: when the place in the order was kept
	joined chan *place // has signed in, and is to sit
	turns  chan *place // is to be shown

	mu      sync.Mutex
	wait    sync.WaitGroup // guarded by mu while the table is open
	closed  bool           // guarded by mu, as all below
	places  []*place
	cards   []identity.Card // in the readers
	shown   *place          // nil: nobody yet
	changed chan struct{}   // one token; of the chamber on show
}

// A place is one member's.
type place struct {
	v    *visit
	i    seat.Invitation
	seat *seat.Seat
	view *follower
}

// gone is a place whose seat has ended, and why.
type gone struct {
	place *place
	err   error
}

func newTable(ctx context.Context, c *client, id sitting.ID) *table {
	return &table{
		c: c, sitting: id, ctx: ctx, room: seat.NewTable(c.o.Rack.open(), c.o.Shared),
		news: make(chan *place), over: make(chan gone), joined: make(chan *place), turns: make(chan *place),
	}
}

// run has v sit down, and whoever joins, and returns when the last has left:
// who that was, and whether a chamber was shown.
func (t *table) run(v *visit, i seat.Invitation) (last gone, shown bool) {
	t.room.Camera(t.c.o.Rack.hasCamera())
	t.sit(&place{v: v, i: i})
	if t.c.o.Shared {
		t.work(t.watch)
	}
	for {
		select {
		case p := <-t.news:
			t.freshen(p)
		case p := <-t.joined:
			t.sit(p)
		case p := <-t.turns:
			t.show(p)
		case last = <-t.over:
			if t.leave(last) {
				return last, t.shown != nil
			}
		}
	}
}

// close waits for all that the table has begun. Its context has ended.
func (t *table) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.wait.Wait()
}

// work has do run on a goroutine of its own, if the table is open.
func (t *table) work(do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.wait.Go(do)
	}
}

// sit takes p's seat, knowing what this machine saw of the sitting before.
func (t *table) sit(p *place) {
	p.i.Seen = t.c.o.Memory.head(t.ctx, t.sitting)
	p.seat = t.room.Take(p.v.person, p.i, t.c.o.Hooks)
	p.view = &follower{seat: p.seat, verify: t.c.o.Seat.Anchors.Verify, known: map[string]identity.Person{}}
	t.mu.Lock()
	t.places = append(t.places, p)
	t.mu.Unlock()
	if t.c.o.Seated != nil {
		t.c.o.Seated(p.seat, p.v.pin)
	}
	done := make(chan struct{})
	t.work(func() { t.follow(p, done) })
	t.work(func() {
		err := p.seat.Run(merge(t.ctx, p.v.ctx))
		close(done)
		t.over <- gone{p, err}
	})
}

// follow passes on that p has changed, until done.
func (t *table) follow(p *place, done <-chan struct{}) {
	for {
		select {
		case <-p.seat.Session.Changed():
		case <-done:
			return
		}
		select {
		case t.news <- p:
		case <-done:
			return
		}
	}
}

// rememberEvery is how often the place in the order is kept for the next start.
const rememberEvery = 10 * time.Second

func (t *table) remember(p *place) {
	s := p.seat.Session.State().State
	t.c.o.Memory.keepHead(t.sitting, sitting.Head{Seq: s.Seq, Hash: s.Head})
	t.kept = time.Now()
}

// freshen shows the first who has a place, and then what has changed at the table.
func (t *table) freshen(p *place) {
	if time.Since(t.kept) > rememberEvery {
		t.remember(p)
	}
	if t.shown == nil && p.present() {
		t.show(p)
		return
	}
	t.poke()
}

// present reports whether the member has a seat or waits for one.
func (p *place) present() bool {
	v := p.seat.Session.State()
	return v.State.Order != nil && present(v.State, v.Me)
}

func (t *table) poke() {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case t.changed <- struct{}{}:
	default: // there is one, or nobody looks
	}
}

// show turns the window to p, who is at the table.
func (t *table) show(p *place) {
	t.mu.Lock()
	if p == t.shown || !slices.Contains(t.places, p) {
		t.mu.Unlock()
		return
	}
	t.shown, t.changed = p, make(chan struct{}, 1)
	changed := t.changed
	t.mu.Unlock()
	o := chamber.Options{
		Hand: p.seat.Session, Set: set{p.seat, t.room}, Pictures: p.seat.Media, Floor: p.seat.Session, Door: p.seat.Session,
		Leave: t.c.leave(p.seat), Camera: t.room.Shows(), Rack: t.c.o.Rack,
	}
	if t.c.o.Shared {
		o.Table = t
	}
	t.c.window.ShowChamber(ui.Chamber{Options: o, Scene: func() ui.Scene { return t.scene(p) }, Changed: changed})
}

// scene is what the chamber shows of p, and of who sits beside.
func (t *table) scene(p *place) ui.Scene {
	s := p.view.scene()
	if !t.c.o.Shared {
		return s
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	used := map[identity.Card]bool{}
	for _, o := range t.places {
		used[o.v.card] = true
		s.Table = append(s.Table, o.i.Me.ID)
	}
	for _, card := range t.cards {
		if !used[card] {
			s.Cards = append(s.Cards, card)
		}
	}
	return s
}

// leave takes a place away that has ended. It reports whether it was the last;
// else the member is signed out, and if the window showed the member, it turns
// to the one who has sat there longest.
func (t *table) leave(g gone) bool {
	t.room.Leave(g.place.seat)
	t.remember(g.place)
	t.mu.Lock()
	t.places = slices.DeleteFunc(t.places, func(p *place) bool { return p == g.place })
	rest := slices.Clone(t.places)
	t.mu.Unlock()
	if len(rest) == 0 {
		return true
	}
	t.c.dismiss(g.place.v)
	if t.shown == g.place {
		t.show(rest[0])
	}
	if !seat.Gone(g.err) && g.place.v.ctx.Err() == nil {
		t.c.window.Tell(explain(g.err))
	}
	t.poke()
	return false
}

// watch keeps the cards in the readers up to date.
func (t *table) watch() {
	_ = t.c.o.Readers.Watch(t.ctx, func(all []identity.Reader) { // without readers there is nobody to join
		var cards []identity.Card
		for _, r := range all {
			if r.Card != nil {
				cards = append(cards, r.Card)
			}
		}
		t.mu.Lock()
		t.cards = cards
		t.mu.Unlock()
		t.poke()
	})
}

// Turn implements [chamber.Table].
func (t *table) Turn(to sitting.MemberID) {
	t.mu.Lock()
	at := slices.IndexFunc(t.places, func(p *place) bool { return p.i.Me.ID == to })
	var p *place
	if at >= 0 {
		p = t.places[at]
	}
	t.mu.Unlock()
	if p == nil {
		return
	}
	t.work(func() {
		select {
		case t.turns <- p:
		case <-t.ctx.Done():
		}
	})
}

// Join implements [chamber.Table]: whose card it is signs in, and sits down in
// the sitting that is on show.
func (t *table) Join(card identity.Card) { t.join(card, t.c.window) }

func (t *table) join(card identity.Card, ask identity.Asker) {
	ctx, cancel := context.WithCancel(t.ctx)
	t.c.window.Working(ui.SigningIn, cancel)
	t.work(func() {
		defer cancel()
		p, err := t.admit(ctx, card, ask)
		t.c.window.Tell(explain(err))
		if err != nil {
			return
		}
		select {
		case t.joined <- p:
		case <-t.ctx.Done():
			t.c.dismiss(p.v)
		}
	})
}

// admit signs somebody in and finds the invitation.
func (t *table) admit(ctx context.Context, card identity.Card, ask identity.Asker) (*place, error) {
	v, err := t.c.admit(ctx, card, ask)
	if err != nil {
		return nil, err
	}
	invited, err := v.person.Sittings(merge(ctx, v.ctx))
	for _, i := range invited {
		if i.Sitting == t.sitting {
			return &place{v: v, i: i}, nil
		}
	}
	t.c.dismiss(v)
	if err == nil {
		err = sitting.RefusedRoster
	}
	return nil, err
}

// A set is a member's own microphone, and the camera of the room.
type set struct {
	*seat.Seat
	room *seat.Table
}

// Microphone implements [chamber.Set].
func (s set) Microphone(on bool) { s.Media.Microphone(on) }

// Camera implements [chamber.Set].
func (s set) Camera(on bool) { s.room.Camera(on) }

// Meter implements [chamber.Set].
func (s set) Meter() media.Meter { return s.Media.Meter() }
