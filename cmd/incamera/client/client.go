// Package client is the way of one person through the window: sign in, choose
// a sitting, check sound and picture, sit, and what comes after. It owns which
// room is on show and what work is under way; it may touch everything that a
// client is built of, and decides only what comes next.
//
// Work that waits runs on one goroutine at a time: what begins ends what was
// under way, and waits for its end, so that no device is asked for twice.
package client

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"

	"incamera/cmd/seat"
	"incamera/identity"
	"incamera/sitting"
	"incamera/ui"
	"incamera/ui/lobby"
	"incamera/ui/trouble"
)

// Options are what a client is built of.
type Options struct {
	App     fyne.App
	Window  ui.Options
	Readers identity.Readers
	Seat    seat.Options
	Rack    *Rack
	Memory  *Memory // nil: nothing outlives this start
	Hooks   seat.Hooks
	// Shared says that people come and go at this machine: who signs out ends
	// the process, see [ErrNext].
	Shared bool
	Seated func(s *seat.Seat, pin time.Time) // told of each seat; may be nil
}

// A client's methods that the rooms call are called on the UI goroutine and
// do not wait.
type client struct {
	o      Options
	window *ui.Window
	ctx    context.Context // ends with the window

	mu     sync.Mutex
	cancel context.CancelFunc // of the work under way
	done   chan struct{}      // closed when that has ended
	visits []*visit           // who is signed in; several only at a table
	table  *table             // nil: nobody sits

	next atomic.Bool // a shared machine waits for the next person
}

// A visit is from signing in to signing out.
type visit struct {
	card    identity.Card
	person  *seat.Person
	ctx     context.Context // ends when the card is pulled
	end     context.CancelFunc
	invited []seat.Invitation
	pin     time.Time // when the card was asked with the PIN
}

func newClient(ctx context.Context, o Options) *client {
	c := &client{o: o, ctx: ctx, cancel: func() {}, done: make(chan struct{})}
	close(c.done)
	o.Window.Closing, o.Window.Forget = c.closing, o.Shared
	c.window = ui.New(o.App, o.Window)
	return c
}

// ErrNext reports that somebody has signed out on a shared machine: this
// process has held the person's secrets and has to end; another may begin.
var ErrNext = errors.New("client: the next person needs a process of their own")

// Run shows the window until it is closed. It must be called on the main goroutine.
func Run(ctx context.Context, o Options) error {
	ctx, end := context.WithCancel(ctx)
	c := newClient(ctx, o)
	c.run(end)
	if c.next.Load() {
		return ErrNext
	}
	return nil
}

func (c *client) run(end context.CancelFunc) {
	var wait sync.WaitGroup
	wait.Go(func() {
		if c.o.Memory != nil {
			c.o.Rack.Remember(c.ctx, c.o.Memory)
		}
		c.o.Rack.Watch(c.ctx)
	})
	stop := context.AfterFunc(c.ctx, c.window.Close)
	c.window.ShowSignIn(c.o.Readers, c)
	c.window.Run()
	stop()
	end()
	<-c.work(func(context.Context) {})
	c.signOut()
	wait.Wait()
}

// work ends what is under way and then has do run, on a goroutine of its own.
// It returns what is closed when do has ended.
func (c *client) work(do func(context.Context)) <-chan struct{} {
	ctx, cancel := context.WithCancel(c.ctx)
	done := make(chan struct{})
	c.mu.Lock()
	before := c.done
	c.cancel()
	c.cancel, c.done = cancel, done
	c.mu.Unlock()
	go func() {
		defer close(done)
		defer cancel()
		<-before
		do(ctx)
	}()
	return done
}

// closing is called when the person closes the window: the seat is given up
// and the keys are wiped first.
func (c *client) closing() {
	c.window.Working(ui.Leaving, nil)
	done := c.work(func(context.Context) {})
	go func() {
		<-done
		c.window.Close()
	}()
}

// Cancel implements [ui.SignInDoor].
func (c *client) Cancel() { c.work(func(context.Context) {}) }

// SignIn implements [ui.SignInDoor].
func (c *client) SignIn(card identity.Card) { c.signIn(card, c.window) }

// ChangePIN implements [ui.SignInDoor].
func (c *client) ChangePIN(card identity.Card) {
	c.work(func(ctx context.Context) {
		if err := card.ChangePIN(ctx, c.window); err != nil {
			c.window.Tell(explain(err))
			return
		}
		c.window.Tell(&trouble.Trouble{Kind: trouble.PINChanged})
	})
}

func (c *client) signIn(card identity.Card, ask identity.Asker) {
	c.window.Working(ui.SigningIn, c.Cancel)
	c.work(func(ctx context.Context) {
		v, err := c.admit(ctx, card, ask)
		if err != nil {
			c.window.Tell(explain(err))
			return
		}
		c.fetch(ctx, v)
	})
}

// admit signs in whose card it is. The visit ends with the card, see cardOut.
func (c *client) admit(ctx context.Context, card identity.Card, ask identity.Asker) (*visit, error) {
	held, release := seat.Hold(c.ctx, c.o.Readers, card)
	asked := &asked{Asker: ask}
	person, err := seat.SignIn(merge(ctx, held), card, asked, c.o.Seat)
	if err != nil {
		release()
		return nil, err
	}
	v := &visit{card: card, person: person, ctx: held, end: release, pin: asked.at}
	c.mu.Lock()
	c.visits = append(c.visits, v)
	c.mu.Unlock()
	context.AfterFunc(held, func() { c.cardOut(v) })
	return v, nil
}

// asked remembers when the last PIN was given.
type asked struct {
	identity.Asker
	at time.Time
}

func (a *asked) PIN(ctx context.Context, q identity.PINQuestion) ([]byte, error) {
	pin, err := a.Asker.PIN(ctx, q)
	a.at = time.Now()
	return pin, err
}

// merge returns ctx, ending also when and as other does.
func merge(ctx, other context.Context) context.Context {
	both, cancel := context.WithCancelCause(ctx)
	context.AfterFunc(other, func() { cancel(context.Cause(other)) })
	return both
}

// cardOut shows the room to sign in, once what was under way has ended. Whose
// card is pulled at a table leaves it, and the table sees to the rest.
func (c *client) cardOut(v *visit) {
	c.mu.Lock()
	current := c.table == nil && slices.Contains(c.visits, v)
	c.mu.Unlock()
	if current && c.ctx.Err() == nil {
		c.work(func(context.Context) { c.greet(explain(context.Cause(v.ctx))) })
	}
}

// greet waits for somebody to sign in, after what news there is of the last.
func (c *client) greet(news error) {
	c.signOut()
	if c.o.Shared {
		c.next.Store(true)
		c.window.Close()
		return
	}
	c.window.ShowSignIn(c.o.Readers, c)
	c.window.Tell(news)
}

// signOut forgets who was signed in.
func (c *client) signOut() {
	c.mu.Lock()
	all := c.visits
	c.visits = nil
	c.mu.Unlock()
	for _, v := range all {
		v.close()
	}
}

// dismiss forgets one of those who are signed in.
func (c *client) dismiss(v *visit) {
	c.mu.Lock()
	c.visits = slices.DeleteFunc(c.visits, func(o *visit) bool { return o == v })
	c.mu.Unlock()
	v.close()
}

func (v *visit) close() {
	v.end()
	v.person.Close()
}

// fetch shows the sittings that the person may enter.
func (c *client) fetch(ctx context.Context, v *visit) {
	c.window.Working(ui.Fetching, c.Cancel)
	invited, err := v.person.Sittings(ctx)
	if ctx.Err() != nil {
		return
	}
	v.invited = invited
	var lines []ui.Sitting
	for _, i := range invited {
		lines = append(lines, ui.Sitting{Order: i.Order, Me: i.Me.ID, Trouble: unusable(v.person, i.Order)})
	}
	c.window.ShowLobby(v.person.Name(), lines, door{c, v})
	if err != nil {
		c.window.Tell(explain(err))
	}
}

// A door is the lobby's.
type door struct {
	c *client
	v *visit
}

var _ lobby.Door = door{}

// Enter implements [ui.LobbyDoor]: sound and picture are checked first.
func (d door) Enter(id sitting.ID) {
	for _, i := range d.v.invited {
		if i.Sitting == id {
			d.c.check(d.v, i)
		}
	}
}

// Refresh implements [ui.LobbyDoor].
func (d door) Refresh() { d.c.work(func(ctx context.Context) { d.c.fetch(ctx, d.v) }) }

// SignOut implements [ui.LobbyDoor].
func (d door) SignOut() {
	d.c.work(func(context.Context) { d.c.greet(nil) })
}

// check shows the check of sound and picture.
func (c *client) check(v *visit, i seat.Invitation) {
	c.window.Working(ui.OpeningDevices, c.Cancel)
	c.work(func(ctx context.Context) {
		c.window.ShowDevices(ui.Devices{
			Rack: c.o.Rack, Signals: c.o.Rack, Trial: c.o.Rack,
			Enter: func() { c.sit(v, i) },
			Back:  door{c, v}.Refresh,
		})
		c.o.Rack.Check(ctx)
	})
}

// sit takes the seat, shows the chamber, and afterwards says how it ended.
func (c *client) sit(v *visit, i seat.Invitation) {
	c.window.Working(ui.Entering, c.Cancel)
	c.work(func(ctx context.Context) {
		last, shown := c.attend(ctx, v, i)
		switch {
		case c.ctx.Err() != nil: // the window was closed
		case last.place.v.ctx.Err() != nil:
			c.greet(explain(context.Cause(last.place.v.ctx)))
		case !shown:
			c.window.Tell(explain(last.err))
		default:
			c.window.ShowTrouble(explain(ended(last.err)), door{c, last.place.v}.Refresh)
		}
	})
}

// attend has v sit at the table of this machine, until the last there has left.
func (c *client) attend(ctx context.Context, v *visit, i seat.Invitation) (last gone, shown bool) {
	ctx, end := context.WithCancel(ctx)
	t := newTable(ctx, c, i.Sitting)
	c.seat(t)
	c.o.Rack.lend(t.room)
	last, shown = t.run(v, i)
	c.o.Rack.lend(nil)
	end()
	t.close()
	c.seat(nil)
	return last, shown
}

func (c *client) seat(t *table) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.table = t
}

// present reports whether the member has a seat or waits for one.
func present(s sitting.State, me sitting.MemberID) bool {
	_, seated := s.Seat(me)
	_, waits := s.Waits(me)
	return seated || waits
}

// leave is what the button in the chamber does.
func (c *client) leave(s *seat.Seat) func() {
	return func() {
		c.window.Working(ui.Leaving, nil)
		if err := s.Session.Leave(); err != nil && !errors.Is(err, context.Canceled) {
			c.window.Tell(explain(err))
		}
	}
}
