package usher

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"iter"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/service/delivery"
	"incamera/sitting/service/ticket"
	"incamera/sitting/wire"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// opens is when the sitting of the tests opens; it closes two hours later.
var opens = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// A tape is an [Order] in memory. It keeps the same promises as delivery's, see
// TestOrders.
type tape struct {
	// Guarded by mu.
	mu      sync.Mutex
	entries [][]byte
	more    chan struct{}
	broken  error // of the next append
}

func newTape() *tape { return &tape{more: make(chan struct{})} }

func (o *tape) Append(_ context.Context, entry []byte, last uint64) (uint64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken != nil {
		return 0, o.broken
	}
	if last != uint64(len(o.entries)) {
		return 0, delivery.ErrMoved
	}
	o.entries = append(o.entries, bytes.Clone(entry))
	close(o.more)
	o.more = make(chan struct{})
	return last + 1, nil
}

func (o *tape) Last(context.Context) (uint64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return uint64(len(o.entries)), nil
}

func (o *tape) Follow(ctx context.Context, from uint64) iter.Seq2[delivery.Stored, error] {
	return func(yield func(delivery.Stored, error) bool) {
		for seq := max(from, 1); ; {
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
				yield(delivery.Stored{}, context.Cause(ctx))
				return
			}
		}
	}
}

// A room is a [Relay] that remembers.
type room struct {
	mu      sync.Mutex
	present []ticket.Presence // guarded by mu
	void    []sitting.Hash    // guarded by mu
	down    error             // guarded by mu
	asked   chan struct{}     // a token each time somebody has looked
}

func newRoom() *room { return &room{asked: make(chan struct{}, 1)} }

func (r *room) Present(context.Context) ([]ticket.Presence, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case r.asked <- struct{}{}:
	default:
	}
	return slices.Clone(r.present), r.down
}

func (r *room) find(m sitting.MemberID) int {
	return slices.IndexFunc(r.present, func(p ticket.Presence) bool { return p.Member == m })
}

func (r *room) SetSources(_ context.Context, m sitting.MemberID, speaks bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.find(m)
	if i < 0 {
		return ticket.ErrAbsent
	}
	r.present[i].Speaks = speaks
	return nil
}

func (r *room) Drop(_ context.Context, m sitting.MemberID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.find(m)
	if i < 0 {
		return ticket.ErrAbsent
	}
	r.present = slices.Delete(r.present, i, i+1)
	return nil
}

func (r *room) Void(session sitting.Hash) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.void = append(r.void, session)
}

// A scene is a sitting with an usher whose clock the test turns.
type scene struct {
	t       *testing.T
	anchors *trust.Anchors
	service tls.Certificate
	signed  []byte
	order   *sitting.Order
	cards   map[sitting.MemberID]card

	tape Order
	room *room
	tick chan time.Time

	mu  sync.Mutex
	now time.Time // guarded by mu

	*Usher
	stop func() error
}

type card struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newScene writes the order of the day: a clerk, a chair and two members.
func newScene(t *testing.T, kind sitting.Kind) *scene {
	t.Helper()
	h, err := house.New(house.Options{At: opens.AddDate(0, -1, 0)})
	check(t, err)
	s := &scene{t: t, tape: newTape(), room: newRoom(), cards: map[sitting.MemberID]card{}, now: opens}
	s.anchors, err = trust.LoadAnchors(h.AnchorsPEM())
	check(t, err)
	s.service, err = h.ServerCertificate("127.0.0.1")
	check(t, err)
	o := &sitting.Order{
		House: sitting.Names{"": "Test House"}, Sitting: "budget", Title: map[string]string{"en": "Budget"}, Kind: kind,
		Languages: []string{"en"}, Suite: "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
		Opens: opens, Closes: opens.Add(2 * time.Hour),
	}
	for id, role := range map[sitting.MemberID]sitting.Role{
		"c.roy": sitting.RoleClerk, "h.chair": sitting.RoleChair, "a.martin": sitting.RoleMember, "b.tremblay": sitting.RoleMember,
	} {
		cert, key, err := h.IssueCard(house.Person{Common: string(id)})
		check(t, err)
		s.cards[id] = card{cert, key}
		o.Roster = append(o.Roster, sitting.Member{ID: id, Name: string(id), Role: role, Cards: trust.Names(cert)[:1]})
	}
	s.signed, err = wire.SignOrder(o, s.cards["c.roy"].key, [][]byte{s.cards["c.roy"].cert.Raw})
	check(t, err)
	s.order, _, err = wire.OpenOrder(s.signed)
	check(t, err)
	return s
}

func (s *scene) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// pass turns the clock on and lets the usher know.
func (s *scene) pass(d time.Duration) {
	s.mu.Lock()
	s.now = s.now.Add(d)
	now := s.now
	s.mu.Unlock()
	s.tick <- now
}

// start runs an usher on the scene's order.
func (s *scene) start() {
	s.t.Helper()
	s.tick = make(chan time.Time)
	s.Usher = New(Options{
		Signed: s.signed, Opened: s.order, Order: s.tape, Relay: s.room,
		Key: s.service.PrivateKey.(crypto.Signer), Certificate: s.service.Certificate[0],
		Verify: s.anchors.Verify, Grace: 20 * time.Second, Now: s.clock, Tick: s.tick,
		Log: slog.New(slog.NewTextHandler(s.t.Output(), nil)),
	})
	u := s.Usher
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- u.Run(ctx) }()
	s.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	stop := s.stop
	s.t.Cleanup(func() { _ = stop() }) // the test looks at the error if it matters
	select {
	case <-u.Ready():
	case <-u.Done():
	}
}

// A member is the client's end of a link.
type member struct {
	*scene
	id      sitting.MemberID
	key     *ecdsa.PrivateKey
	chain   [][]byte
	link    *link.Link
	served  chan error
	state   sitting.State
	counter uint64
	heads   []wire.Head
	refused []string
	bye     string
}

func (s *scene) signIn(id sitting.MemberID) *member {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(s.t, err)
	c := s.cards[id]
	der, err := trust.Issue(c.cert, c.key, &key.PublicKey, opens.Add(-time.Hour), opens.Add(3*time.Hour))
	check(s.t, err)
	return &member{scene: s, id: id, key: key, chain: [][]byte{der, c.cert.Raw}}
}

// dial has the usher serve a link to m.
func (m *member) dial() {
	m.t.Helper()
	near, far := net.Pipe()
	m.link = link.NewClient(near, m.service.Certificate[0])
	served := make(chan error, 1)
	m.served = served
	who := Who{Member: m.id, Session: wire.HashOf(m.chain[0]), Chain: m.chain, Expires: opens.Add(3 * time.Hour)}
	u, l := m.Usher, link.NewService(far)
	go func() { served <- u.Serve(context.Background(), who, l) }()
	check(m.t, m.link.Send(wire.Hello{Last: m.state.Seq}))
	m.t.Cleanup(m.link.Close)
}

// enter dials and arrives.
func (s *scene) enter(id sitting.MemberID) *member {
	s.t.Helper()
	m := s.signIn(id)
	m.dial()
	m.until(func(s sitting.State) bool { return s.Order != nil })
	m.ask(sitting.Arrive{KeyPackage: []byte("key package")})
	m.until(func(s sitting.State) bool { return m.here() })
	return m
}

func (m *member) here() bool {
	_, here := m.state.Session(wire.HashOf(m.chain[0]))
	return here
}

func (m *member) ask(b sitting.Body) {
	m.t.Helper()
	m.counter++
	signed, err := wire.SignRequest(sitting.Request{
		Sitting: m.order.Sitting, Order: m.order.Hash, Member: m.id, Counter: m.counter,
		Seen: sitting.Head{Seq: m.state.Seq, Hash: m.state.Head}, Body: b,
	}, m.key, m.chain)
	check(m.t, err)
	check(m.t, m.link.Send(wire.Request{Signed: signed}))
}

// take applies the next message; false means that the link has ended.
func (m *member) take() bool {
	m.t.Helper()
	msg, ok := <-m.link.Messages()
	if !ok {
		if bye, said := errors.AsType[*link.ByeError](m.link.Err()); said {
			m.bye = bye.Code
		}
		return false
	}
	switch msg := msg.(type) {
	case wire.Entry:
		e, err := wire.ReadEntry(msg.Bytes)
		check(m.t, err)
		check(m.t, sitting.Judge(m.state, e))
		m.state = m.state.Apply(e)
	case wire.SignedHead:
		h, err := wire.OpenHead(msg.Signed, m.link.Service())
		check(m.t, err)
		m.heads = append(m.heads, h)
	case wire.Refused:
		m.refused = append(m.refused, msg.Code)
	}
	return true
}

func (m *member) until(wish func(sitting.State) bool) {
	m.t.Helper()
	for !wish(m.state) {
		if !m.take() {
			m.t.Fatalf("%s: the link ended: %v", m.id, m.link.Err())
		}
	}
}

func (m *member) end() {
	m.t.Helper()
	for m.take() {
	}
	<-m.served
}
