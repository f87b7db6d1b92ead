package sittingtest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/wire"
)

// graceTime is how long a seat is kept for a lost link.
const graceTime = 20 * time.Second

// A Hall is a service for one sitting, in memory. It is honest unless told
// otherwise. Its methods may be called from any goroutine.
type Hall struct {
	// Constant.
	t    testing.TB
	id   sitting.ID
	cert []byte
	key  crypto.Signer

	mu      sync.Mutex // guards all below
	state   sitting.State
	entries [][]byte
	hashes  []sitting.Hash
	more    chan struct{} // closed when there is another entry
	blobs   map[sitting.Hash][]byte
	links   map[sitting.Hash]*link.Link // by session
	shut    bool                        // nobody is let in
	lenient bool                        // orders what the rules refuse
	lie     func(*wire.Head)            // changes heads before they are signed
	forge   bool                        // signs heads with a key that is not the service's
	ignore  func(sitting.Request) bool  // requests that are never answered
	garble  int                         // so many entries to come are garbage on the link
	fail    int                         // so many requests to come are answered with a failure
	running sync.WaitGroup
}

func newHall(t testing.TB, tb *Table) *Hall {
	cert, err := tb.house.ServerCertificate("service.test")
	must(t, err)
	h := &Hall{
		t: t, id: tb.Order.Sitting, cert: cert.Certificate[0], key: cert.PrivateKey.(crypto.Signer),
		more: make(chan struct{}), blobs: map[sitting.Hash][]byte{}, links: map[sitting.Hash]*link.Link{},
	}
	h.order(sitting.Entry{Fact: sitting.Opened{Order: tb.Order}, Signed: tb.Signed})
	t.Cleanup(h.close)
	return h
}

// close ends all links and waits for them.
func (h *Hall) close() {
	h.Shut(true)
	h.running.Wait()
}

// Shut cuts all links and lets nobody in, or opens again.
func (h *Hall) Shut(shut bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shut = shut
	for _, k := range h.links {
		if shut {
			k.End("stopping")
		}
	}
}

// Lenient has the hall order whatever is asked for.
func (h *Hall) Lenient(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lenient = on
}

// Lie has the hall sign other heads.
func (h *Hall) Lie(lie func(*wire.Head)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lie = lie
}

// Forge has the hall sign heads with another key.
func (h *Hall) Forge(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forge = on
}

// Ignore has the hall never answer certain requests.
func (h *Hall) Ignore(which func(sitting.Request) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ignore = which
}

// Garble has the next n entries be garbage.
func (h *Hall) Garble(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.garble = n
}

// Fail has the next n requests fail.
func (h *Hall) Fail(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fail = n
}

// State is the sitting as the hall has it.
func (h *Hall) State() sitting.State {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state
}

// Entries are all entries, as bytes.
func (h *Hall) Entries() [][]byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.entries)
}

// Fork returns a hall with the same history, which goes on by itself.
func (h *Hall) Fork() *Hall {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := &Hall{
		t: h.t, id: h.id, cert: h.cert, key: h.key, state: h.state, entries: slices.Clone(h.entries),
		hashes: slices.Clone(h.hashes), more: make(chan struct{}), blobs: h.blobs, links: map[sitting.Hash]*link.Link{},
	}
	h.t.Cleanup(f.close)
	return f
}

// Fact puts a fact in the order.
func (h *Hall) Fact(f sitting.Fact) { h.order(sitting.Entry{Fact: f}) }

// Force puts a signed request in the order, whatever the rules say.
func (h *Hall) Force(signed []byte) {
	r, err := wire.ReadRequest(signed)
	must(h.t, err)
	h.order(sitting.Entry{Request: &r, Signed: signed})
}

func (h *Hall) order(e sitting.Entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.place(e); err != nil {
		h.t.Errorf("hall: %v", err)
	}
}

// place gives e the next place. The lock is held.
func (h *Hall) place(e sitting.Entry) error {
	e.Seq, e.Prev, e.At = h.state.Seq+1, h.state.Head, time.Now()
	b, err := wire.EncodeEntry(e)
	if err != nil {
		return err
	}
	if e, err = wire.ReadEntry(b); err != nil {
		return err
	}
	h.state = h.state.Apply(e)
	h.entries, h.hashes = append(h.entries, b), append(h.hashes, e.Hash)
	close(h.more)
	h.more = make(chan struct{})
	return nil
}

// take judges a request and gives it its place.
func (h *Hall) take(signed []byte) *wire.Refused {
	r, err := wire.ReadRequest(signed)
	if err != nil {
		return &wire.Refused{Code: wire.CodeMalformed}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ignore != nil && h.ignore(r) {
		return nil
	}
	if h.fail > 0 {
		h.fail--
		return &wire.Refused{Counter: r.Counter, Code: wire.CodeFailed}
	}
	e := sitting.Entry{
		Seq: h.state.Seq + 1, Prev: h.state.Head, At: time.Now().Truncate(time.Millisecond), Request: &r, Signed: signed,
	}
	err = sitting.Judge(h.state, e)
	if n := r.Seen.Seq; err == nil && n > 0 && h.hashes[n-1] != r.Seen.Hash {
		return &wire.Refused{Counter: r.Counter, Code: wire.CodeSplit}
	}
	var refusal sitting.Refusal
	if errors.As(err, &refusal) && (!h.lenient || refusal == sitting.RefusedReplay) {
		return &wire.Refused{Counter: r.Counter, Code: string(refusal)}
	}
	if err := h.place(e); err != nil {
		return &wire.Refused{Counter: r.Counter, Code: wire.CodeFailed}
	}
	return nil
}

// after returns the entries from seq on, a signed head, and what closes when
// there are more.
func (h *Hall) after(seq uint64) (entries [][]byte, head []byte, more <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := wire.Head{Sitting: h.id, Head: sitting.Head{Seq: h.state.Seq, Hash: h.state.Head}, At: time.Now()}
	if h.lie != nil {
		h.lie(&w)
	}
	key := h.key
	if h.forge {
		key = other
	}
	head, err := wire.SignHead(w, key, h.cert)
	if err != nil {
		h.t.Error(err)
	}
	entries = h.entries[min(seq, uint64(len(h.entries))):]
	if n := min(h.garble, len(entries)); n > 0 {
		h.garble -= n
		entries = slices.Clone(entries)
		for i := range n {
			entries[i] = []byte("garbage")
		}
	}
	return entries, head, h.more
}

// other is a key that is not the service's.
var other, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)

// dial joins the two ends of a pipe, with wobble between them.
func (h *Hall) dial(session sitting.Hash, w *Wobble) (*link.Link, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.shut {
		return nil, link.ErrUnreachable
	}
	if old := h.links[session]; old != nil {
		old.End("elsewhere-by-the-same") // the newer link of a session is the one
	}
	a, b := net.Pipe()
	k := link.NewService(b)
	h.links[session] = k
	h.running.Go(func() { h.serve(session, k, w) })
	return link.NewClient(a, h.cert), nil
}

// serve is the life of one link.
func (h *Hall) serve(session sitting.Hash, k *link.Link, w *Wobble) {
	defer h.parted(session, k)
	m, ok := <-k.Messages()
	hello, isHello := m.(wire.Hello)
	if !ok || !isHello {
		return
	}
	h.mark(session, true)
	ctx, cancel := context.WithCancel(context.Background())
	var feeding sync.WaitGroup
	feeding.Go(func() { h.feed(ctx, k, hello.Last, w) })
	for m := range k.Messages() {
		r, ok := m.(wire.Request)
		if !ok {
			continue
		}
		for range w.copies() {
			if refused := h.take(r.Signed); refused != nil {
				_ = k.Send(*refused)
			}
		}
	}
	cancel()
	feeding.Wait()
}

// feed tells entries as they come.
func (h *Hall) feed(ctx context.Context, k *link.Link, last uint64, w *Wobble) {
	for {
		entries, head, more := h.after(last)
		last += uint64(len(entries))
		for _, b := range w.disturb(entries) {
			if k.Feed(ctx, wire.Entry{Bytes: b}) != nil {
				return
			}
		}
		if k.Feed(ctx, wire.SignedHead{Signed: head}) != nil {
			return
		}
		select {
		case <-more:
			w.delay()
		case <-ctx.Done():
			return
		}
	}
}

// parted notes the end of a link, and ends the visit if it does not come back.
func (h *Hall) parted(session sitting.Hash, k *link.Link) {
	k.Close()
	h.mu.Lock()
	current := h.links[session] == k
	if current {
		delete(h.links, session)
	}
	h.mu.Unlock()
	if !current {
		return
	}
	h.mark(session, false)
	h.running.Go(func() {
		time.Sleep(graceTime)
		h.mu.Lock()
		defer h.mu.Unlock()
		if t, ok := h.state.Session(session); ok && t.Away && h.links[session] == nil && !h.shut {
			if err := h.place(sitting.Entry{Fact: sitting.Left{Arrival: t.Arrival, Why: "lost"}}); err != nil {
				h.t.Error(err)
			}
		}
	})
}

// mark says that a session's link is there, or away.
func (h *Hall) mark(session sitting.Hash, here bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t, ok := h.state.Session(session)
	if !ok || t.Away != here || h.state.Closed {
		return
	}
	var f sitting.Fact = sitting.Away{Arrival: t.Arrival}
	if here {
		f = sitting.Back{Arrival: t.Arrival}
	}
	if err := h.place(sitting.Entry{Fact: f}); err != nil {
		h.t.Error(err)
	}
}

func (h *Hall) blob(hash sitting.Hash) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b, ok := h.blobs[hash]
	if !ok {
		return nil, &link.Problem{Status: http.StatusNotFound, Code: "no-blob"}
	}
	return b, nil
}

func (h *Hall) putBlob(b []byte) sitting.Hash {
	h.mu.Lock()
	defer h.mu.Unlock()
	hash := wire.HashOf(b)
	h.blobs[hash] = slices.Clone(b)
	return hash
}
