package session

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/wire"
)

// Times between two tries to dial. The keys for the sound that is to be back
// within 3 s of a lost network come over the link.
const (
	backoffFirst = 100 * time.Millisecond
	backoffMost  = time.Second
	dialLimit    = 10 * time.Second
	// soundAfter is how long a link has to last before tries are quick again.
	soundAfter = 5 * time.Second
)

// byeExpired is the service's word for a session certificate that has ended.
const byeExpired = "expired"

// A line is the link, or what is known while there is none.
type line struct {
	link    *link.Link // nil: none
	since   time.Time
	err     error // why there is none
	dialing bool
	tries   int
	next    time.Time // when to try again
}

// messages is nil, and so never ready, while there is no link.
func (l *line) messages() <-chan wire.Message {
	if l.link == nil {
		return nil
	}
	return l.link.Messages()
}

func (l *line) view() Line { return Line{Up: l.link != nil, Since: l.since, Err: l.err} }

// backoff is how long to wait before the try after so many; spread, of 0 to 1,
// keeps a sitting from dialling in step.
func backoff(tries int, spread float64) time.Duration {
	d := min(backoffFirst<<min(tries, 10), backoffMost)
	return d - time.Duration(spread*float64(d)/2)
}

// dial tries for a link if it is time to.
func (l *loop) dial(ctx context.Context) {
	if l.line.link != nil || l.line.dialing || l.s.o.Now().Before(l.line.next) {
		return
	}
	l.line.dialing = true
	id, service := l.history.order.Sitting, l.s.o.Service
	l.work(ctx, func(ctx context.Context) event {
		ctx, cancel := context.WithTimeout(ctx, dialLimit)
		defer cancel()
		k, err := service.Dial(ctx, id)
		return dialed{k, err}
	})
}

// dialed is how a try has ended.
type dialed struct {
	link *link.Link
	err  error
}

func (d dialed) happen(_ context.Context, l *loop) {
	l.line.dialing = false
	if d.err != nil {
		l.lost(d.err)
		return
	}
	l.line.link, l.line.err, l.line.since = d.link, nil, l.s.o.Now()
	if err := d.link.Send(wire.Hello{Last: l.history.state.Seq}); err != nil {
		return // its end will be noticed
	}
	for _, q := range l.unseen {
		l.transmit(q.signed)
	}
}

// lost notes that there is no link, and when to try again.
func (l *loop) lost(err error) {
	now := l.s.o.Now()
	if k := l.line.link; k != nil {
		l.workers.Go(k.Close)
		if now.Sub(l.line.since) > soundAfter {
			l.line.tries = 0
		}
		l.line.link, l.line.since = nil, now
	}
	l.line.err = err
	l.line.next = now.Add(backoff(l.line.tries, rand.Float64()))
	l.line.tries++
	if l.over = final(err); l.over == ErrSplit {
		l.split(l.history.state.Seq, "the service does not know the entries that it has shown")
	}
}

// final returns why there is no use in trying again; nil if there is.
func final(err error) error {
	if p, ok := errors.AsType[*link.Problem](err); ok {
		if p.Status >= http.StatusInternalServerError || p.Status == http.StatusTooManyRequests || p.Code == "" {
			return nil
		}
		return &TurnedAwayError{p.Code}
	}
	if bye, ok := errors.AsType[*link.ByeError](err); ok {
		switch bye.Code {
		case link.ByeReplaced:
			return ErrElsewhere
		case byeExpired:
			return ErrExpired
		case wire.CodeSplit:
			return ErrSplit
		}
	}
	if errors.Is(err, link.ErrTurnedAway) || errors.Is(err, link.ErrWrongService) {
		return err
	}
	return nil
}

// burst is how many messages are taken before the consequences are drawn.
const burst = 256

// receive takes m and what else has come.
func (l *loop) receive(m wire.Message, ok bool) {
	for n := 0; ; n++ {
		if !ok {
			l.lost(l.line.link.Err())
			return
		}
		l.message(m)
		if l.over != nil || l.line.link == nil || n == burst {
			return
		}
		select {
		case m, ok = <-l.line.messages():
		default:
			return
		}
	}
}

func (l *loop) message(m wire.Message) {
	switch m := m.(type) {
	case wire.Entry:
		l.entry(m.Bytes)
	case wire.SignedHead:
		l.signedHead(m.Signed)
	case wire.Refused:
		l.refuse(m)
	}
}

// entry takes the next entry of the order.
func (l *loop) entry(b []byte) {
	s, err := l.history.take(b)
	switch {
	case errors.Is(err, errSeen):
		return
	case errors.Is(err, ErrSplit):
		l.split(l.history.state.Seq+1, "an entry does not fit what was shown before")
		return
	case errors.Is(err, ErrChanged):
		l.over = err
		return
	case err != nil:
		l.s.o.Log.Warn("the service sent what does not follow", "error", err)
		l.line.link.End(link.ByeOutOfOrder)
		return
	}
	if s.alarm != nil {
		l.alarm(*s.alarm)
	}
	if r := s.entry.Request; r != nil && r.Session == l.circle.session {
		l.seen(r.Counter)
	}
	l.circle.note(s)
	l.notice(s)
}

// notice looks whether the member still has a place, and why not.
func (l *loop) notice(s step) {
	_, here := l.history.state.Session(l.circle.session)
	had := l.sat
	l.sat = here
	if l.history.state.Closed {
		l.over = ErrClosed
		return
	}
	if had && !here {
		l.over = why(s.entry, l.s.o.Me)
	}
}

// why is the reason why an entry has ended a member's visit; nil if the member
// may come again at once.
func why(e sitting.Entry, me sitting.MemberID) error {
	if _, revoked := e.Fact.(sitting.Revoked); revoked {
		return ErrRevoked
	}
	if e.Request == nil {
		return nil
	}
	switch b := e.Request.Body.(type) {
	case sitting.Remove:
		return &RemovedError{By: e.Request.Member, Why: b.Why}
	case sitting.Arrive:
		return ErrElsewhere
	}
	return nil
}
