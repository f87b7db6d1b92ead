package service

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
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/service/delivery"
	"incamera/sitting/service/relay"
	"incamera/sitting/service/ticket"
	"incamera/sitting/wire"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The client of NATS leaves one behind where a blob is put faster than it begins.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect"))
}

// patience is how long a test waits for a real process before it fails.
const patience = time.Minute

// A world is a House with a service, and the folders that outlive the service.
type world struct {
	t       *testing.T
	house   *house.House
	anchors *trust.Anchors
	cert    tls.Certificate
	data    string
	orders  string
	grace   time.Duration
	roster  []sitting.Member
	clerk   *card

	*Service
	base  string // https://…, changes with each start
	stop  func()
	ended chan error // why Serve has ended
}

// A card is a person's, outside of any reader.
type card struct {
	cert *x509.Certificate
	key  crypto.Signer
	id   sitting.MemberID
}

func newWorld(t *testing.T) *world {
	t.Helper()
	h, err := house.New(house.Options{At: time.Now().AddDate(0, 0, -1)})
	check(t, err)
	w := &world{t: t, house: h, data: t.TempDir(), orders: t.TempDir(), grace: time.Hour}
	w.anchors, err = trust.LoadAnchors(h.AnchorsPEM())
	check(t, err)
	w.cert, err = h.ServerCertificate("127.0.0.1")
	check(t, err)
	w.clerk = w.card("c.roy", sitting.RoleClerk)
	return w
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// card issues a card and puts its holder on the roster, if there is a role.
func (w *world) card(id sitting.MemberID, role sitting.Role) *card {
	w.t.Helper()
	cert, key, err := w.house.IssueCard(house.Person{Common: string(id)})
	check(w.t, err)
	if role != "" {
		w.roster = append(w.roster, sitting.Member{ID: id, Name: string(id), Role: role, Cards: trust.Names(cert)[:1]})
	}
	return &card{cert, key, id}
}

// order writes a signed order of the day for all who are on the roster.
func (w *world) order(id sitting.ID, kind sitting.Kind) []byte {
	w.t.Helper()
	return w.orderAt(id, kind, time.Now())
}

func (w *world) orderAt(id sitting.ID, kind sitting.Kind, opens time.Time) []byte {
	w.t.Helper()
	o := &sitting.Order{
		House: sitting.Names{"": "Test House"}, Sitting: id, Title: map[string]string{"en": "A sitting"}, Kind: kind,
		Languages: []string{"en"}, Suite: "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
		Opens: opens, Closes: opens.Add(2 * time.Hour), Roster: w.roster,
	}
	signed, err := wire.SignOrder(o, w.clerk.key, [][]byte{w.clerk.cert.Raw})
	check(w.t, err)
	check(w.t, os.WriteFile(filepath.Join(w.orders, string(id)+".order"), signed, 0o600))
	return signed
}

// relayBinary finds livekit-server: INCAMERA_RELAY, else bin/ at the top of the tree.
func relayBinary(t *testing.T) string {
	path := os.Getenv("INCAMERA_RELAY")
	if path == "" {
		path = filepath.Join("..", "..", "bin", "livekit-server")
	}
	path, err := filepath.Abs(path)
	check(t, err)
	if _, err := os.Stat(path); err != nil {
		t.Fatal("no relay server: run make build, or set INCAMERA_RELAY: ", err)
	}
	return path
}

// logger logs to the test all that there is, and sees to it that no token is
// ever in it.
func (w *world) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(secretless{w.t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type secretless struct{ t *testing.T }

func (l secretless) Write(p []byte) (int, error) {
	for _, secret := range []string{"eyJ", "Bearer", "access_token", "/relay/"} {
		if bytes.Contains(p, []byte(secret)) {
			l.t.Errorf("the log holds %q: %s", secret, p)
		}
	}
	return l.t.Output().Write(p)
}

// start starts the service, with a relay of its own or without any.
func (w *world) start(withRelay bool) {
	w.t.Helper()
	c := Config{
		Certificate: w.cert, Anchors: w.anchors, Orders: w.orders, Grace: w.grace, Now: time.Now,
		Delivery: delivery.Options{Dir: w.data}, Log: w.logger(),
		Relay: Relay{URL: "http://127.0.0.1:1", Keys: ticket.Set("id", "secret")}, // where nobody listens
	}
	if withRelay {
		c.Relay = Relay{Binary: relayBinary(w.t), Network: relay.Network{Loopback: true}}
	}
	s, err := Open(w.t.Context(), c)
	check(w.t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(w.t, err)
	ready := make(chan struct{})
	s.Ready = func() { close(ready) }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	w.ended = ended
	go func() { ended <- s.Serve(ctx, l) }()
	w.Service, w.base = s, "https://"+l.Addr().String()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(w.stop)
	select {
	case <-ready:
	case <-time.After(patience):
		w.t.Fatal("the service is not ready")
	}
}

// A member is a person who has signed in.
type member struct {
	*world
	id      sitting.MemberID
	session *trust.Session
	client  *link.Client
	link    *link.Link
	state   sitting.State
	counter uint64
	refused []wire.Refused
	bye     string
}

// signIn makes a session of a card, as trust.NewSession does with a card in a
// reader.
func (w *world) signIn(c *card) *member {
	w.t.Helper()
	return w.signInUntil(c, time.Now().Add(time.Hour))
}

func (w *world) signInUntil(c *card, until time.Time) *member {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(w.t, err)
	der, err := trust.Issue(c.cert, c.key, &key.PublicKey, until.Add(-time.Hour), until)
	check(w.t, err)
	m := &member{world: w, id: c.id, session: &trust.Session{Key: key, Chain: [][]byte{der, c.cert.Raw}}}
	m.reach()
	return m
}

// reach makes the member know where the service is now.
func (m *member) reach() {
	m.client = link.NewHTTP(m.base, trust.ClientTLS(m.session, m.anchors))
	m.t.Cleanup(m.client.Close)
}

// dial opens a link and takes it up where the last one ended.
func (m *member) dial(id sitting.ID) error {
	l, err := m.client.Dial(m.t.Context(), id)
	if err != nil {
		return err
	}
	m.link = l
	m.t.Cleanup(l.Close)
	return l.Send(wire.Hello{Last: m.state.Seq})
}

// enter dials, waits for the first entry and arrives.
func (w *world) enter(c *card, id sitting.ID) *member {
	w.t.Helper()
	m := w.signIn(c)
	check(w.t, m.dial(id))
	m.until(func(s sitting.State) bool { return s.Order != nil })
	m.ask(sitting.Arrive{KeyPackage: []byte("key package")})
	m.until(func(s sitting.State) bool {
		_, here := s.Session(wire.HashOf(m.session.Chain[0]))
		return here
	})
	return m
}

// ask sends a request.
func (m *member) ask(b sitting.Body) {
	m.t.Helper()
	check(m.t, m.link.Send(wire.Request{Signed: m.sign(b)}))
}

func (m *member) sign(b sitting.Body) []byte {
	m.t.Helper()
	m.counter++
	signed, err := wire.SignRequest(sitting.Request{
		Sitting: m.state.Order.Sitting, Order: m.state.Order.Hash, Member: m.id, Counter: m.counter,
		Seen: sitting.Head{Seq: m.state.Seq, Hash: m.state.Head}, Body: b,
	}, m.session.Key, m.session.Chain)
	check(m.t, err)
	return signed
}

var errTooLong = errors.New("it took too long")

// take waits for the next message and applies it. It returns false when the
// link has ended.
func (m *member) take() (bool, error) {
	select {
	case msg, ok := <-m.link.Messages():
		if !ok {
			if bye, said := errors.AsType[*link.ByeError](m.link.Err()); said {
				m.bye = bye.Code
			}
			return false, nil
		}
		return true, m.apply(msg)
	case <-time.After(patience):
		return false, errTooLong
	}
}

func (m *member) apply(msg wire.Message) error {
	switch msg := msg.(type) {
	case wire.Entry:
		e, err := wire.ReadEntry(msg.Bytes)
		if err != nil {
			return err
		}
		if err := sitting.Judge(m.state, e); err != nil {
			return err
		}
		m.state = m.state.Apply(e)
	case wire.Refused:
		m.refused = append(m.refused, msg)
	case wire.SignedHead:
		h, err := wire.OpenHead(msg.Signed, m.link.Service())
		if err != nil {
			return err
		}
		if h.Head.Seq == m.state.Seq && h.Head.Hash != m.state.Head {
			return errors.New("the head is of another history")
		}
	}
	return nil
}

// until takes messages until the state is as wished.
func (m *member) until(wish func(sitting.State) bool) {
	m.t.Helper()
	for !wish(m.state) {
		more, err := m.take()
		check(m.t, err)
		if !more {
			m.t.Fatalf("%s: the link ended: %v", m.id, m.link.Err())
		}
	}
}

// refusal waits until the last request is refused, and says why.
func (m *member) refusal() string {
	m.t.Helper()
	for {
		for _, r := range m.refused {
			if r.Counter == m.counter || r.Counter == 0 {
				return r.Code
			}
		}
		more, err := m.take()
		check(m.t, err)
		if !more {
			m.t.Fatalf("%s: the link ended: %v", m.id, m.link.Err())
		}
	}
}

// end takes messages until the link has ended.
func (m *member) end() {
	m.t.Helper()
	for {
		more, err := m.take()
		check(m.t, err)
		if !more {
			return
		}
	}
}

// eventually asks again and again until it is so: other processes have no channel.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); !so(); {
		if time.Now().After(late) {
			t.Fatal("not so in time: ", what)
		}
		select {
		case <-t.Context().Done():
			t.Fatal(what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
