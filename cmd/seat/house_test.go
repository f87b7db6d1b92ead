package seat_test

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"incamera/cmd/seat"
	"incamera/identity/identitytest"
	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/service"
	"incamera/sitting/service/delivery"
	"incamera/sitting/service/relay"
	"incamera/sitting/wire"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The client of NATS leaves one behind where a blob is put faster than it begins.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect"))
}

// patience is how long a test waits for what real processes do.
const patience = 30 * time.Second

const budget sitting.ID = "budget"

// A world is a House with a service, its relay, and the folders that outlive
// the service.
type world struct {
	t       *testing.T
	house   *house.House
	anchors *trust.Anchors
	cert    tls.Certificate
	data    string
	orders  string
	relay   string // the relay's program
	address string // the service's, the same after a restart
	roster  []sitting.Member
	clerk   *card
	stop    func()

	revocation *trust.Revocation // the service's; nil: it asks nobody
	lookUp     time.Duration
}

// A card is a person's, in a reader of its own.
type card struct {
	*identitytest.Card
	id   sitting.MemberID
	cert *x509.Certificate
	key  crypto.Signer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, data: t.TempDir(), orders: t.TempDir(), relay: relayBinary(t), address: "127.0.0.1:0"}
	w.house, w.anchors = found(t, "Test House")
	var err error
	w.cert, err = w.house.ServerCertificate("127.0.0.1")
	check(t, err)
	w.clerk = w.card("c.roy", sitting.RoleClerk)
	return w
}

// found makes a House.
func found(t *testing.T, name string) (*house.House, *trust.Anchors) {
	t.Helper()
	h, err := house.New(house.Options{Name: name, At: time.Now().AddDate(0, 0, -1)})
	check(t, err)
	anchors, err := trust.LoadAnchors(h.AnchorsPEM())
	check(t, err)
	return h, anchors
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until asks again and again whether it is so: what other processes do has no
// channel.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	late := time.After(patience)
	for !so() {
		select {
		case <-late:
			t.Fatal("not in time: ", what)
		case <-time.After(10 * time.Millisecond):
		}
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
	return newCard(id, cert, key)
}

func newCard(id sitting.MemberID, cert *x509.Certificate, key crypto.Signer) *card {
	return &card{identitytest.NewCard(identitytest.Config{Key: key, Certificate: cert}), id, cert, key}
}

// order is an order of the day for all who are on the roster, open now.
func (w *world) order(id sitting.ID) *sitting.Order {
	now := time.Now()
	return &sitting.Order{
		House: sitting.Names{"": w.house.Name()}, Sitting: id, Title: map[string]string{"en": "A sitting"}, Kind: sitting.Public,
		Languages: []string{"en"}, Suite: "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
		Opens: now.Add(-time.Minute), Closes: now.Add(2 * time.Hour), Roster: w.roster,
	}
}

// sign has somebody sign an order.
func (w *world) sign(o *sitting.Order, by *card) []byte {
	w.t.Helper()
	signed, err := wire.SignOrder(o, by.key, [][]byte{by.cert.Raw})
	check(w.t, err)
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

func (w *world) log(who string) *slog.Logger {
	return slog.New(slog.NewTextHandler(w.t.Output(), nil)).With("who", who)
}

// open writes the order of the day and starts the service.
func (w *world) open() {
	w.t.Helper()
	check(w.t, os.WriteFile(filepath.Join(w.orders, "budget.order"), w.sign(w.order(budget), w.clerk), 0o600))
	w.start()
}

// start starts the service where it was, if it was before.
func (w *world) start() {
	w.t.Helper()
	s, err := service.Open(w.t.Context(), service.Config{
		Certificate: w.cert, Anchors: w.anchors, Orders: w.orders, Grace: time.Minute, Now: time.Now,
		Delivery: delivery.Options{Dir: w.data}, Log: w.log("service"),
		Revocation: w.revocation, LookUp: w.lookUp,
		Relay: service.Relay{Binary: w.relay, Network: relay.Network{Loopback: true}},
	})
	check(w.t, err)
	l, err := net.Listen("tcp", w.address)
	check(w.t, err)
	w.address = l.Addr().String()
	ready := make(chan struct{})
	s.Ready = func() { close(ready) }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
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

// options are how members find the service.
func (w *world) options(who sitting.MemberID) seat.Options {
	return seat.Options{Service: w.address, Anchors: w.anchors, Loopback: true, Log: w.log(string(who))}
}
