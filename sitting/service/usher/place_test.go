package usher

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"incamera/sitting"
	"incamera/sitting/wire"
)

// A stuck link has said hello, or has not, and takes so many messages.
type stuck struct {
	in    chan wire.Message
	room  chan wire.Message
	ended string
}

func (l *stuck) Messages() <-chan wire.Message { return l.in }

func (l *stuck) Feed(ctx context.Context, m wire.Message) error {
	select {
	case l.room <- m:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *stuck) End(code string) { l.ended = code }
func (l *stuck) Close()          {}

// A link that takes nothing is dropped; the others do not notice.
func TestSlowLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, sitting.Public)
		s.start()
		slow := &stuck{in: make(chan wire.Message, 1)}
		slow.in <- wire.Hello{}
		began := time.Now()
		served := make(chan error, 1)
		go func() { served <- s.Serve(t.Context(), Who{Member: "b.tremblay", Expires: opens.Add(time.Hour)}, slow) }()
		synctest.Wait()
		chair := s.enter("h.chair")
		if time.Since(began) > 0 {
			t.Error("the slow link held up another")
		}
		if err := <-served; !errors.Is(err, FarewellSlow) || slow.ended != "slow" {
			t.Errorf("Serve = %v, bye %q", err, slow.ended)
		}
		chair.link.Close()
		<-chair.served
		check(t, s.stop())
	})
}

// Answers wait in a box of a stated size, and no longer.
func TestFullBox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, sitting.Public)
		s.start()
		slow := &stuck{in: make(chan wire.Message, 1), room: make(chan wire.Message, 1)} // takes one entry
		slow.in <- wire.Hello{}
		served := make(chan error, 1)
		go func() { served <- s.Serve(t.Context(), Who{Member: "b.tremblay", Expires: opens.Add(time.Hour)}, slow) }()
		synctest.Wait()
		for range boxSize + 3 {
			slow.in <- wire.Request{Signed: []byte("garbage")}
			synctest.Wait()
		}
		if err := <-served; !errors.Is(err, FarewellSlow) {
			t.Errorf("Serve = %v", err)
		}
		check(t, s.stop())
	})
}

// An over link takes nothing more, and has requests that nobody has read.
type over struct{ stuck }

func (l *over) Feed(context.Context, wire.Message) error { return errors.New("the link is over") }

// What was asked for before the link ended counts, though nothing can be told
// on it any more: who leaves asks and goes.
func TestLastWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, sitting.Public)
		s.start()
		m := s.enter("b.tremblay")
		m.counter++
		signed, err := wire.SignRequest(sitting.Request{
			Sitting: "budget", Order: m.order.Hash, Member: m.id, Counter: m.counter,
			Seen: sitting.Head{Seq: m.state.Seq, Hash: m.state.Head}, Body: sitting.Leave{},
		}, m.key, m.chain)
		check(t, err)
		m.link.Close()
		<-m.served
		l := &over{stuck{in: make(chan wire.Message, 1)}}
		who := Who{Member: m.id, Session: wire.HashOf(m.chain[0]), Chain: m.chain, Expires: opens.Add(3 * time.Hour)}
		served := make(chan error, 1)
		go func() { served <- s.Serve(context.Background(), who, l) }()
		l.in <- wire.Hello{}
		synctest.Wait() // nothing could be told
		l.in <- wire.Request{Signed: signed}
		close(l.in)
		if err := <-served; err != nil {
			t.Errorf("Serve = %v", err)
		}
		synctest.Wait()
		if !gone(s.State(), m.id) {
			t.Error("the seat was not given up")
		}
		check(t, s.stop())
	})
}

func TestNoHello(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, sitting.Public)
		s.start()
		mute := &stuck{in: make(chan wire.Message)}
		began := time.Now()
		if err := s.Serve(t.Context(), Who{}, mute); !errors.Is(err, FarewellOutOfOrder) || time.Since(began) != helloLimit {
			t.Errorf("Serve = %v after %v", err, time.Since(began))
		}
		ahead := &stuck{in: make(chan wire.Message, 1)}
		ahead.in <- wire.Hello{Last: 100}
		if err := s.Serve(t.Context(), Who{}, ahead); !errors.Is(err, FarewellSplit) {
			t.Errorf("Serve of one who is ahead = %v", err)
		}
		check(t, s.stop())
		late := &stuck{in: make(chan wire.Message, 1)}
		late.in <- wire.Hello{}
		if err := s.Serve(t.Context(), Who{}, late); !errors.Is(err, FarewellStopping) && !errors.Is(err, FarewellSplit) {
			t.Errorf("Serve after the end = %v", err)
		}
	})
}

// Requests are taken at a bearable rate, however often the member comes back
// and whatever sessions there are; another member does not wait for that.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, sitting.Public)
		s.start()
		flood := func(member sitting.MemberID, session byte, n, size int) time.Duration {
			l := &stuck{in: make(chan wire.Message), room: make(chan wire.Message, 1000)}
			who := Who{Member: member, Session: sitting.Hash{session}, Expires: opens.Add(time.Hour)}
			served := make(chan error, 1)
			began := time.Now()
			go func() { served <- s.Serve(t.Context(), who, l) }()
			l.in <- wire.Hello{}
			for range n {
				l.in <- wire.Request{Signed: make([]byte, size)}
				synctest.Wait() // the answer is told
			}
			took := time.Since(began)
			close(l.in)
			if err := <-served; err != nil {
				t.Errorf("Serve = %v", err)
			}
			return took
		}
		if took := flood("b.tremblay", 1, requestBurst+10*requestsRate, 7); took < 9*time.Second {
			t.Errorf("took all in %v", took)
		}
		if took := flood("b.tremblay", 2, 10*requestsRate, 7); took < 9*time.Second {
			t.Errorf("who came back began anew: took all in %v", took)
		}
		if took := flood("a.martin", 3, 10*requestsRate, 7); took > 0 {
			t.Errorf("another waited for %v", took)
		}
		if took := flood("a.martin", 4, 20, wire.MaxRequest); took < 150*time.Second {
			t.Errorf("took %d bytes in %v", 20*wire.MaxRequest, took)
		}
		check(t, s.stop())
	})
}
