package sittingtest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"incamera/e2ee"
	"incamera/media"
	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/session"
	"incamera/sitting/wire"
)

// A Door is one person's way to a hall. It is a [session.Service].
type Door struct {
	session sitting.Hash
	hall    atomic.Pointer[Hall]
	blind   atomic.Bool

	mu     sync.Mutex
	wobble *Wobble      // guarded by mu
	links  []*link.Link // guarded by mu
	dials  int          // guarded by mu
}

// Use leads to another hall from the next link on.
func (d *Door) Use(h *Hall) { d.hall.Store(h) }

// Blind has all blobs be missing for this person.
func (d *Door) Blind(on bool) { d.blind.Store(on) }

// Steady ends the wobble, from the next link on.
func (d *Door) Steady() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wobble = nil
}

// Cut ends the present link, as if it were lost.
func (d *Door) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, k := range d.links {
		k.End("cut")
	}
	d.links = nil
}

// Dials is how often the door was used.
func (d *Door) Dials() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dials
}

// Dial opens a link.
func (d *Door) Dial(_ context.Context, _ sitting.ID) (*link.Link, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dials++
	k, err := d.hall.Load().dial(d.session, d.wobble)
	if err == nil {
		d.links = append(d.links, k)
	}
	return k, err
}

// Blob fetches a blob.
func (d *Door) Blob(_ context.Context, _ sitting.ID, hash sitting.Hash) ([]byte, error) {
	if d.blind.Load() {
		return nil, &link.Problem{Status: http.StatusNotFound, Code: "no-blob"}
	}
	return d.hall.Load().blob(hash)
}

// PutBlob stores a blob.
func (d *Door) PutBlob(_ context.Context, _ sitting.ID, b []byte) (sitting.Hash, error) {
	return d.hall.Load().putBlob(b), nil
}

// Ticket hands out a ticket to nowhere.
func (d *Door) Ticket(context.Context, sitting.ID) (url, token string, err error) {
	return "wss://relay.test", "token", nil
}

// A Media notes what it is permitted.
type Media struct {
	now atomic.Pointer[media.Permission]
}

// Permit implements [session.Media].
func (m *Media) Permit(p media.Permission) { m.now.Store(&p) }

// Now is what is permitted now.
func (m *Media) Now() media.Permission {
	if p := m.now.Load(); p != nil {
		return *p
	}
	return media.Permission{}
}

// A Client is a person with a real session that runs.
type Client struct {
	*session.Session
	Person
	Door    *Door // nil if the service is not a [Hall]
	Media   *Media
	Keyring *e2ee.Keyring

	cancel context.CancelCauseFunc
	ended  chan struct{}
	err    error // written before ended is closed
}

// Enter has a person sign in and take a seat. With w, the link wobbles.
func (tb *Table) Enter(id sitting.MemberID, w *Wobble) *Client {
	tb.t.Helper()
	return tb.Sit(tb.SignIn(id), w)
}

// Sit starts the session of a person. It ends with the test.
func (tb *Table) Sit(p Person, w *Wobble) *Client {
	door := &Door{session: wire.HashOf(p.Chain[0]), wobble: w}
	door.Use(tb.Hall)
	c := tb.sit(p, door)
	c.Door = door
	return c
}

// sit starts the session of a person at any service.
func (tb *Table) sit(p Person, service session.Service) *Client {
	c := &Client{Person: p, Media: &Media{}, ended: make(chan struct{})}
	c.Keyring = e2ee.NewKeyring(e2ee.KeyringOptions{
		Now: time.Now, Signer: p.Key, OnHead: func(m string, h e2ee.Head) { c.Heard(m, h) },
	})
	c.Session = session.New(session.Options{
		Order: tb.Signed, Me: p.ID, Key: p.Key, Chain: p.Chain, Verify: tb.Anchors.Verify, Service: service,
		Media: c.Media, Keyring: c.Keyring, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancelCause(context.Background())
	c.cancel = cancel
	go func() {
		defer close(c.ended)
		c.err = c.Run(ctx)
	}()
	tb.t.Cleanup(func() { _ = c.End(errors.New("end of test")) })
	return c
}

// End ends the client's context for a reason, and returns why it has ended.
func (c *Client) End(why error) error {
	c.cancel(why)
	return c.Wait()
}

// errRuns reports a session that does not end.
var errRuns = errors.New("sittingtest: the session still runs")

// Wait waits until the session has ended, a minute at most, and returns why.
func (c *Client) Wait() error {
	select {
	case <-c.ended:
		return c.err
	case <-time.After(time.Minute):
		return errRuns
	}
}

// Over reports whether the session has ended.
func (c *Client) Over() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// Until waits until cond holds, at most for limit; it belongs in a bubble.
func (tb *Table) Until(what string, limit time.Duration, cond func() bool) {
	tb.t.Helper()
	const step = 10 * time.Millisecond
	for waited := time.Duration(0); !cond(); waited += step {
		if waited > limit {
			tb.t.Fatalf("after %v, still not: %s", limit, what)
		}
		time.Sleep(step)
	}
}

// Together reports whether all clients are in one epoch with each other and
// with nobody else, have one state, and know that all have confirmed.
func Together(clients ...*Client) bool {
	first := clients[0].State()
	for _, c := range clients {
		v := c.State()
		if !v.Line.Up || v.Epoch == nil || first.Epoch == nil || string(v.Epoch.Authenticator) != string(first.Epoch.Authenticator) ||
			len(v.Epoch.Leaves) != len(clients) || v.Confirmed != len(clients) || v.Of != len(clients) ||
			v.State.Head != first.State.Head {
			return false
		}
	}
	return true
}
