package usher

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/wire"
)

// A Link is one connection of a member, [link.Link]: it pings, and it ends when
// nothing is heard or taken for some seconds.
type Link interface {
	// Messages are what comes; the channel closes when the link has ended.
	Messages() <-chan wire.Message
	// Feed sends a message, waiting for room until ctx ends.
	Feed(ctx context.Context, m wire.Message) error
	// End ends the link, telling the client why in a word. It does not wait.
	End(code string)
	// Close waits until nothing of the link is left.
	Close()
}

// Who has a link: what the door has found out.
type Who struct {
	Member  sitting.MemberID
	Session sitting.Hash // of the session certificate
	Chain   [][]byte     // session certificate, card certificate, …: DER
	Expires time.Time    // of the first certificate of Chain
}

// A Farewell is why the service ends a link: one word, for the client.
type Farewell string

// The farewells.
const (
	FarewellReplaced   Farewell = link.ByeReplaced
	FarewellSlow       Farewell = link.ByeSlow
	FarewellOutOfOrder Farewell = link.ByeOutOfOrder
	FarewellGone       Farewell = "gone"     // the visit has ended, see the last entry
	FarewellExpired    Farewell = "expired"  // the session certificate has
	FarewellStopping   Farewell = "stopping" // the service is going down, or starting again
	FarewellSplit      Farewell = "split"    // the client has entries that the service has not
)

func (f Farewell) Error() string { return "usher: the link was ended: " + string(f) }

// Limits of a link.
const (
	boxSize    = 64               // answers waiting, twice what a client asks for at once; full: the link is too slow
	slowLimit  = 10 * time.Second // for one message to find room
	helloLimit = 10 * time.Second // for the first message to come
)

// A Place is where one link stands in its sitting.
type Place struct {
	// Constant.
	who Who
	box chan wire.Message // answers to this link alone
	end context.CancelCauseFunc

	// Owned by the usher's loop.
	number uint64 // links are numbered as they come

	// Set by the usher's loop, read by the writer.
	until atomic.Uint64 // the last entry to tell; 0: go on
}

// refuse answers a request; 0 is the counter of one that cannot be read.
func (p *Place) refuse(counter uint64, code string) {
	select {
	case p.box <- wire.Refused{Counter: counter, Code: code}:
	default:
		p.end(FarewellSlow)
	}
}

// Serve tells l the sitting, from the entry after the one that its Hello
// names, and takes its requests, until the link or the usher or ctx ends. It
// closes l, and says why the service ended it: a [Farewell], or nil if it did not.
func (u *Usher) Serve(ctx context.Context, who Who, l Link) error {
	defer l.Close()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	p := &Place{who: who, box: make(chan wire.Message, boxSize), end: end}
	why := u.attend(ctx, p, l)
	if errors.Is(why, ErrEnded) || errors.Is(why, context.Canceled) {
		why = FarewellStopping // the context is the service's: nothing else cancels
	}
	var f Farewell
	if !errors.As(why, &f) {
		return nil
	}
	l.End(string(f))
	return f
}

// attend has one goroutine write and reads itself. It returns why it ended.
func (u *Usher) attend(ctx context.Context, p *Place, l Link) error {
	last, err := u.hello(ctx, l)
	if err != nil {
		return err
	}
	if err := u.paces.of(p.who.Member).wait(ctx, linkCost, 0); err != nil {
		return err
	}
	if err := u.tell(ctx, joined{p}); err != nil {
		return err
	}
	var writer sync.WaitGroup
	writer.Go(func() {
		// A link that is over is still read to its end: what a client asks for
		// last is that its seat be given up.
		if why := u.write(ctx, p, l, last); !errors.Is(why, errOver) {
			p.end(why)
		}
	})
	p.end(u.read(ctx, p, l))
	writer.Wait()
	_ = u.tell(context.WithoutCancel(ctx), parted{p}) // an usher that has ended need not know
	return context.Cause(ctx)
}

// hello waits for the first message: the last entry that the client has.
func (u *Usher) hello(ctx context.Context, l Link) (uint64, error) {
	late := time.NewTimer(helloLimit)
	defer late.Stop()
	select {
	case m := <-l.Messages():
		hello, ok := m.(wire.Hello)
		if !ok {
			return 0, errOver
		}
		if hello.Last > u.State().Seq {
			return 0, FarewellSplit
		}
		return hello.Last, nil
	case <-late.C:
		return 0, FarewellOutOfOrder
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case <-u.done:
		return 0, FarewellStopping
	}
}

// errOver reports a link that has ended by itself.
var errOver = errors.New("usher: the link is over")

// read takes what comes, at a bearable rate.
func (u *Usher) read(ctx context.Context, p *Place, l Link) error {
	pace := u.paces.of(p.who.Member)
	for {
		select {
		case m, ok := <-l.Messages():
			if !ok {
				return errOver
			}
			r, ok := m.(wire.Request)
			if !ok {
				return FarewellOutOfOrder
			}
			if err := pace.wait(ctx, 1, len(r.Signed)); err != nil {
				return err
			}
			if err := u.take(ctx, p, r.Signed); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-u.done:
			return FarewellStopping
		}
	}
}

// take checks a request's signature here, and leaves the rest to the loop.
func (u *Usher) take(ctx context.Context, p *Place, signed []byte) error {
	r, err := wire.ReadRequest(signed)
	if err != nil {
		p.refuse(0, wire.CodeMalformed)
		return nil
	}
	if r.Session != p.who.Session || wire.VerifyRequest(signed, p.who.Chain) != nil {
		p.refuse(r.Counter, wire.CodeSignature)
		return nil
	}
	return u.tell(ctx, asked{p, r, signed})
}

// write tells entries, heads and answers as fast as the link takes them.
func (u *Usher) write(ctx context.Context, p *Place, l Link, last uint64) error {
	var told []byte // the head
	for {
		entries, head, more := u.journal.after(last)
		for _, b := range entries {
			if err := feed(ctx, l, wire.Entry{Bytes: b}); err != nil {
				return err
			}
			last++
			if until := p.until.Load(); until > 0 && last >= until {
				return FarewellGone
			}
		}
		if len(head) > 0 && !same(head, told) {
			if err := feed(ctx, l, wire.SignedHead{Signed: head}); err != nil {
				return err
			}
			told = head
		}
		if err := p.answer(ctx, l, more); err != nil {
			return err
		}
	}
}

// same reports whether two heads are one: each is signed once.
func same(a, b []byte) bool { return len(b) > 0 && &a[0] == &b[0] }

// answer sends what is in the box until there is more in the journal.
func (p *Place) answer(ctx context.Context, l Link, more <-chan struct{}) error {
	for {
		select {
		case <-more:
			return nil
		case m := <-p.box:
			if err := feed(ctx, l, m); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// feed sends m, or finds the link too slow, or over.
func feed(ctx context.Context, l Link, m wire.Message) error {
	ctx, end := context.WithTimeoutCause(ctx, slowLimit, FarewellSlow)
	defer end()
	err := l.Feed(ctx, m)
	if err != nil && ctx.Err() == nil {
		return errOver
	}
	return err
}
