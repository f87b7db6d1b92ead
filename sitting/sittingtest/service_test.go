package sittingtest

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/service"
	"incamera/sitting/service/delivery"
	"incamera/sitting/service/ticket"
)

// patience is how long a test waits for the real service before it fails.
const patience = time.Minute

// serve starts the real service on loopback, with its order on the disk and no
// relay, and returns its address and what stops it.
func serve(t *testing.T, tb *Table, dir, address string) (string, func()) {
	t.Helper()
	cert, err := tb.house.ServerCertificate("127.0.0.1")
	must(t, err)
	orders := filepath.Join(dir, "orders")
	must(t, os.MkdirAll(orders, 0o700))
	must(t, os.WriteFile(filepath.Join(orders, "budget.order"), tb.Signed, 0o600))
	ctx, cancel := context.WithCancel(context.Background())
	s, err := service.Open(ctx, service.Config{
		Certificate: cert, Anchors: tb.Anchors, Orders: orders,
		Delivery: delivery.Options{Dir: filepath.Join(dir, "data")},
		Relay:    service.Relay{URL: "http://127.0.0.1:1", Keys: ticket.NewKeys()},
		Now:      time.Now, Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	l, err := net.Listen("tcp", address)
	must(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := s.Serve(ctx, l); err != nil {
			t.Errorf("Serve = %v", err)
		}
	})
	return l.Addr().String(), sync.OnceFunc(func() {
		cancel()
		serving.Wait()
	})
}

// visit has a person meet at the real service.
func visit(t *testing.T, tb *Table, address string, id sitting.MemberID) *Client {
	t.Helper()
	p := tb.SignIn(id)
	person, err := tb.Anchors.Verify(p.Chain, time.Now())
	must(t, err)
	c := link.NewHTTP("https://"+address, trust.ClientTLS(&trust.Session{Key: p.Key, Chain: p.Chain, Person: person}, tb.Anchors))
	t.Cleanup(c.Close)
	return tb.sit(p, c)
}

// await waits for changes until cond holds.
func await(t *testing.T, what string, cond func() bool, clients ...*Client) {
	t.Helper()
	late := time.After(patience)
	changed := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	for _, c := range clients {
		watching.Go(func() {
			for {
				select {
				case <-c.Changed():
				case <-ctx.Done():
					return
				}
				select {
				case changed <- struct{}{}:
				default:
				}
			}
		})
	}
	for !cond() {
		select {
		case <-changed:
		case <-late:
			for _, c := range clients {
				v := c.State()
				t.Logf("%s: %+v, entry %d, seats %d, epoch %v", c.ID, v.Line, v.State.Seq, len(v.State.Seats), v.Epoch)
			}
			t.Fatalf("still not: %s", what)
		}
	}
}

// Real sessions meet at the real service over TLS; it is stopped and started,
// and the sitting goes on from the disk.
func TestService(t *testing.T) {
	tb := New(t, members(4))
	dir := t.TempDir()
	address, stop := serve(t, tb, dir, "127.0.0.1:0")
	defer func() { stop() }()
	c := map[sitting.MemberID]*Client{}
	var all []*Client
	began := time.Now()
	for _, id := range []sitting.MemberID{"chair", "m00", "m01", "m02", "m03"} {
		c[id] = visit(t, tb, address, id)
		all = append(all, c[id])
	}
	await(t, "all are together", func() bool { return Together(all...) }, all...)
	t.Logf("together after %v", time.Since(began))
	_ = c["m00"].RaiseHand()
	_ = c["chair"].GiveFloor("m01")
	await(t, "hand and floor", func() bool {
		return c["m02"].State().State.HandUp("m00") && c["m01"].Media.Now().Speak
	}, all...)
	stop()
	await(t, "the loss is seen", func() bool { return !c["m02"].State().Line.Up }, all...)
	_, stop = serve(t, tb, dir, address)
	began = time.Now()
	await(t, "all are back", func() bool { return Together(all...) }, all...)
	t.Logf("back after %v", time.Since(began))
	if s := c["m02"].State().State; !s.HasFloor("m01") || !s.HandUp("m00") {
		t.Error("floor or hand was lost")
	}
	began = time.Now()
	_ = c["chair"].Remove("m01", "noise")
	left := []*Client{c["chair"], c["m00"], c["m02"], c["m03"]}
	await(t, "the others are together", func() bool { return Together(left...) }, left...)
	t.Logf("new keys after %v", time.Since(began))
	if err := c["m01"].Wait(); err == nil || errors.Is(err, errRuns) {
		t.Errorf("ended with %v", err)
	}
	for _, m := range all {
		if alarms := m.State().Alarms; len(alarms) > 0 {
			t.Errorf("%s: alarms %v", m.ID, alarms)
		}
	}
	out := errors.New("card out")
	began = time.Now()
	if err := c["m03"].End(out); !errors.Is(err, out) {
		t.Errorf("ended with %v", err)
	}
	await(t, "the seat is given up", func() bool { return len(c["chair"].State().State.Seats) == 3 }, c["chair"])
	t.Logf("card out: left after %v", time.Since(began))
}
