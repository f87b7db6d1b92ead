package sittingtest

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/service/delivery"
	"incamera/sitting/service/ticket"
	"incamera/sitting/service/usher"
	"incamera/sitting/wire"
)

// The real usher and real sessions, joined in memory.

// A paper is an [usher.Order] in memory.
type paper struct {
	mu      sync.Mutex
	entries [][]byte
	more    chan struct{}
}

func (o *paper) Append(_ context.Context, entry []byte, last uint64) (uint64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if last != uint64(len(o.entries)) {
		return 0, delivery.ErrMoved
	}
	o.entries = append(o.entries, bytes.Clone(entry))
	close(o.more)
	o.more = make(chan struct{})
	return last + 1, nil
}

func (o *paper) Last(context.Context) (uint64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return uint64(len(o.entries)), nil
}

func (o *paper) Follow(ctx context.Context, from uint64) iter.Seq2[delivery.Stored, error] {
	return func(yield func(delivery.Stored, error) bool) {
		for seq := from; ; {
			o.mu.Lock()
			entries, more := o.entries, o.more
			o.mu.Unlock()
			for ; seq <= uint64(len(entries)); seq++ {
				if !yield(delivery.Stored{Seq: seq, Bytes: entries[seq-1]}, nil) {
					return
				}
			}
			select {
			case <-more:
			case <-ctx.Done():
				return
			}
		}
	}
}

// An emptyRoom is a relay that nobody is at.
type emptyRoom struct{}

func (emptyRoom) Present(context.Context) ([]ticket.Presence, error)       { return nil, nil }
func (emptyRoom) SetSources(context.Context, sitting.MemberID, bool) error { return nil }
func (emptyRoom) Drop(context.Context, sitting.MemberID) error             { return nil }
func (emptyRoom) Void(sitting.Hash)                                        {}

// A doorway is the real usher with what it needs around it.
type doorway struct {
	tb    *Table
	cert  []byte
	key   crypto.Signer
	paper *paper

	mu    sync.Mutex // guards all below
	usher *usher.Usher
	ctx   context.Context
	stop  context.CancelFunc
	links sync.WaitGroup
	blobs map[sitting.Hash][]byte
}

func newDoorway(t *testing.T, tb *Table) *doorway {
	d := &doorway{tb: tb, cert: tb.Hall.cert, key: tb.Hall.key, paper: &paper{more: make(chan struct{})}, blobs: map[sitting.Hash][]byte{}}
	d.start()
	t.Cleanup(d.end)
	return d
}

// start has a new usher take over the order.
func (d *doorway) start() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ctx, d.stop = context.WithCancel(context.Background())
	ticks := time.NewTicker(time.Second)
	d.usher = usher.New(usher.Options{
		Signed: d.tb.Signed, Opened: d.tb.Order, Order: d.paper, Relay: emptyRoom{}, Key: d.key, Certificate: d.cert,
		Verify: d.tb.Anchors.Verify, Grace: graceTime, Now: time.Now, Tick: ticks.C, Log: slog.New(slog.DiscardHandler),
	})
	u, ctx := d.usher, d.ctx
	d.links.Go(func() {
		defer ticks.Stop()
		if err := u.Run(ctx); err != nil {
			d.tb.t.Error(err)
		}
	})
}

// end stops the usher, and waits until it and its links have gone.
func (d *doorway) end() {
	d.mu.Lock()
	stop := d.stop
	d.mu.Unlock()
	stop()
	d.links.Wait()
}

// A caller is one person at a doorway: a [session.Service].
type caller struct {
	*doorway
	p Person
}

func (c caller) Dial(context.Context, sitting.ID) (*link.Link, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil {
		return nil, link.ErrUnreachable
	}
	a, b := net.Pipe()
	u, ctx := c.usher, c.ctx
	who := usher.Who{Member: c.p.ID, Session: wire.HashOf(c.p.Chain[0]), Chain: c.p.Chain, Expires: time.Now().Add(time.Hour)}
	c.links.Go(func() { _ = u.Serve(ctx, who, link.NewService(b)) }) // a farewell is no error here
	return link.NewClient(a, c.cert), nil
}

func (c caller) Blob(_ context.Context, _ sitting.ID, hash sitting.Hash) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b, ok := c.blobs[hash]; ok {
		return b, nil
	}
	return nil, &link.Problem{Status: http.StatusNotFound, Code: "no-blob"}
}

func (c caller) PutBlob(_ context.Context, _ sitting.ID, b []byte) (sitting.Hash, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blobs[wire.HashOf(b)] = b
	return wire.HashOf(b), nil
}

func (c caller) Ticket(context.Context, sitting.ID) (url, token string, err error) {
	return "wss://relay.test", "token", nil
}

// Members meet at the real usher, speak, come back after its restart, and go.
func TestUsher(t *testing.T) {
	bubble(t, members(4), func(t *testing.T, tb *Table) {
		d := newDoorway(t, tb)
		c := map[sitting.MemberID]*Client{}
		var all []*Client
		for _, id := range []sitting.MemberID{"chair", "m00", "m01", "m02"} {
			p := tb.SignIn(id)
			c[id] = tb.sit(p, caller{d, p})
			all = append(all, c[id])
		}
		tb.Until("all are together", 5*time.Second, func() bool { return Together(all...) })
		_ = c["m00"].RaiseHand()
		_ = c["chair"].GiveFloor("m01")
		tb.Until("hand and floor", time.Second, func() bool {
			return c["m02"].State().State.HandUp("m00") && c["m01"].Media.Now().Speak
		})
		d.end()
		time.Sleep(10 * time.Second)
		d.start()
		tb.Until("all are back", 5*time.Second, func() bool { return Together(all...) })
		if s := c["m02"].State().State; !s.HasFloor("m01") || !s.HandUp("m00") {
			t.Error("floor or hand was lost")
		}
		_ = c["chair"].Remove("m01", "noise")
		if err := c["m01"].Wait(); err == nil || errors.Is(err, errRuns) {
			t.Errorf("ended with %v", err)
		}
		tb.Until("the others are together", 2*time.Second, func() bool { return Together(c["chair"], c["m00"], c["m02"]) })
		_ = c["m00"].Leave()
		_ = c["m00"].Wait()
		tb.Until("two are left", 2*time.Second, func() bool { return Together(c["chair"], c["m02"]) })
		for id, m := range c {
			if alarms := m.State().Alarms; len(alarms) > 0 {
				t.Errorf("%s: alarms %v", id, alarms)
			}
		}
		if err := c["chair"].CloseSitting(); err != nil {
			t.Error(err)
		}
		_ = c["m02"].Wait()
	})
}
