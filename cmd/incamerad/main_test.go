package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/wire"
)

// asProgram has the test binary be incamerad.
const asProgram = "INCAMERAD_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// patience is how long a test waits for a process.
const patience = time.Minute

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// relayBinary finds livekit-server: INCAMERA_RELAY, else bin/ at the top of the tree.
func relayBinary(t *testing.T) string {
	path := os.Getenv("INCAMERA_RELAY")
	if path == "" {
		path = filepath.Join("..", "..", "bin", "livekit-server")
	}
	path, err := filepath.Abs(path)
	check(t, err)
	return path
}

// A site is a folder with all that incamerad is given, and one clerk.
type site struct {
	t       *testing.T
	dir     string
	house   *house.House
	anchors *trust.Anchors
	session *trust.Session
	out     bytes.Buffer // of the process; read when it has ended
}

func newSite(t *testing.T) *site {
	t.Helper()
	h, err := house.New(house.Options{At: time.Now().AddDate(0, 0, -1)})
	check(t, err)
	s := &site{t: t, dir: t.TempDir(), house: h}
	s.anchors, err = trust.LoadAnchors(h.AnchorsPEM())
	check(t, err)
	s.write("anchors.pem", h.AnchorsPEM())
	cert, err := h.ServerCertificate("127.0.0.1")
	check(t, err)
	var chain []byte
	for _, der := range cert.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	s.write("service.pem", chain)
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	check(t, err)
	s.write("service.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	check(t, os.Mkdir(filepath.Join(s.dir, "orders"), 0o700))
	s.order()
	return s
}

func (s *site) write(name string, b []byte) {
	s.t.Helper()
	check(s.t, os.WriteFile(filepath.Join(s.dir, name), b, 0o600))
}

// order has a clerk sign an order, and sign in.
func (s *site) order() {
	s.t.Helper()
	card, cardKey, err := s.house.IssueCard(house.Person{Common: "C. Roy"})
	check(s.t, err)
	now := time.Now()
	o := &sitting.Order{
		House: sitting.Names{"": "Test House"}, Sitting: "budget", Title: map[string]string{"en": "Budget"}, Kind: sitting.Public,
		Languages: []string{"en"}, Suite: "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
		Opens: now, Closes: now.Add(time.Hour), Roster: []sitting.Member{
			{ID: "c.roy", Name: "C. Roy", Role: sitting.RoleClerk, Cards: trust.Names(card)[:1]},
			{ID: "h.chair", Name: "H. Chair", Role: sitting.RoleChair, Cards: []string{"spki:00"}},
		},
	}
	signed, err := wire.SignOrder(o, cardKey, [][]byte{card.Raw})
	check(s.t, err)
	s.write("orders/budget.order", signed)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(s.t, err)
	der, err := trust.Issue(card, cardKey, &key.PublicKey, now.Add(-time.Minute), now.Add(time.Hour))
	check(s.t, err)
	s.session = &trust.Session{Key: key, Chain: [][]byte{der, card.Raw}}
}

func (s *site) args(more ...string) []string {
	return append([]string{
		"-listen", "127.0.0.1:0", "-data", filepath.Join(s.dir, "data"), "-orders", filepath.Join(s.dir, "orders"),
		"-anchors", filepath.Join(s.dir, "anchors.pem"), "-certificate", filepath.Join(s.dir, "service.pem"),
		"-key", filepath.Join(s.dir, "service.key"), "-relay", relayBinary(s.t), "-loopback", "-verbose",
		"-revocation", "off", "-ready-file", filepath.Join(s.dir, "ready"),
	}, more...)
}

// start starts the program and returns it and its address.
func (s *site) start() (*exec.Cmd, string) {
	s.t.Helper()
	ready := filepath.Join(s.dir, "ready")
	_ = os.Remove(ready) // there is none before the first start
	cmd := exec.CommandContext(s.t.Context(), os.Args[0], s.args()...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stderr = io.MultiWriter(&s.out, s.t.Output())
	check(s.t, cmd.Start())
	var told struct{ Address string }
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for late := time.Now().Add(patience); ; <-look.C {
		if b, err := os.ReadFile(ready); err == nil {
			check(s.t, json.Unmarshal(b, &told))
			return cmd, "https://" + told.Address
		}
		if time.Now().After(late) {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			s.t.Fatal("incamerad is not ready: ", s.out.String())
		}
	}
}

// follow dials, says what it has seen, and takes entries until it is so.
func (s *site) follow(base string, state sitting.State, so func(sitting.State) bool) (*link.Link, sitting.State) {
	s.t.Helper()
	c := link.NewHTTP(base, trust.ClientTLS(s.session, s.anchors))
	s.t.Cleanup(c.Close)
	l, err := c.Dial(s.t.Context(), "budget")
	check(s.t, err)
	s.t.Cleanup(l.Close)
	check(s.t, l.Send(wire.Hello{Last: state.Seq}))
	return l, s.until(l, state, so)
}

func (s *site) until(l *link.Link, state sitting.State, so func(sitting.State) bool) sitting.State {
	s.t.Helper()
	late := time.After(patience)
	for !so(state) {
		select {
		case m, ok := <-l.Messages():
			if !ok {
				s.t.Fatal(l.Err())
			}
			b, ok := m.(wire.Entry)
			if !ok {
				continue
			}
			e, err := wire.ReadEntry(b.Bytes)
			check(s.t, err)
			check(s.t, sitting.Judge(state, e))
			state = state.Apply(e)
		case <-late:
			s.t.Fatal("not so in time")
		}
	}
	return state
}

func (s *site) ask(l *link.Link, state sitting.State, counter uint64, b sitting.Body) {
	s.t.Helper()
	signed, err := wire.SignRequest(sitting.Request{
		Sitting: "budget", Order: state.Order.Hash, Member: "c.roy", Counter: counter,
		Seen: sitting.Head{Seq: state.Seq, Hash: state.Head}, Body: b,
	}, s.session.Key, s.session.Chain)
	check(s.t, err)
	check(s.t, l.Send(wire.Request{Signed: signed}))
}

// A service that was killed goes on with what it had told; its relay does not
// outlive it; nothing secret is in its log.
func TestKilled(t *testing.T) {
	s := newSite(t)
	cmd, base := s.start()
	l, state := s.follow(base, sitting.State{}, func(s sitting.State) bool { return s.Order != nil })
	s.ask(l, state, 1, sitting.Arrive{KeyPackage: []byte("key package")})
	state = s.until(l, state, func(s sitting.State) bool { return len(s.Seats) == 1 })
	s.ask(l, state, 2, sitting.RaiseHand{})
	state = s.until(l, state, func(s sitting.State) bool { return s.HandUp("c.roy") })
	check(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed

	cmd, base = s.start()
	l, state = s.follow(base, state, func(s sitting.State) bool { return s.Seq == 5 && !s.Seats[0].Away })
	if !state.HandUp("c.roy") {
		t.Error("the hand was lost")
	}
	s.ask(l, state, 3, sitting.LowerHand{})
	s.until(l, state, func(s sitting.State) bool { return !s.HandUp("c.roy") })
	check(t, cmd.Process.Signal(syscall.SIGTERM))
	if err := cmd.Wait(); err != nil {
		t.Errorf("asked to end, it ended with %v", err)
	}
	out := s.out.String()
	if strings.Count(out, "incamerad: ready on 127.0.0.1:") != 2 {
		t.Error("it did not say that it was ready: ", out)
	}
	for _, secret := range []string{"Bearer", "eyJ", "access_token", "PRIVATE"} {
		if strings.Contains(out, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestCannotStart(t *testing.T) {
	s := newSite(t)
	s.write("garbage", []byte("garbage"))
	s.write("keys", []byte("no colon"))
	strangers, err := house.New(house.Options{At: time.Now()})
	check(t, err)
	s.write("strangers.pem", strangers.AnchorsPEM())
	path := func(name string) string { return filepath.Join(s.dir, name) }
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "-data is required"},
		{[]string{"-data", "x"}, "-orders is required"},
		{s.args("extra"), `what is "extra"?`},
		{s.args("-anchors", path("garbage")), "anchors"},
		{s.args("-anchors", path("none")), "no such file"},
		{s.args("-key", path("garbage")), "certificate"},
		{s.args("-anchors", path("strangers.pem")), "no member would take it"},
		{s.args("-grace", "1h"), "-grace"},
		{s.args("-orders", path("none")), "no such file"},
		{s.args("-relay", path("none")), "no relay server"},
		{s.args("-relay-url", "http://127.0.0.1:1"), "needs -relay-keys"},
		{s.args("-relay-url", "http://127.0.0.1:1", "-relay-keys", path("keys")), `"id: secret"`},
		{s.args("-loopback=false"), "-media-address"},
		{s.args("-media-tcp", "70000"), "-media-tcp"},
		{s.args("-revocation", "maybe"), "-revocation"},
		{s.args("-policies", "x"), "object identifier"},
		{s.args("-listen", "127.0.0.1:-1"), "invalid port"},
		{s.args("-config", path("none")), "no such file"},
		{s.args("-config", path("garbage")), "line 1"},
	} {
		var out bytes.Buffer
		err := run(ctx, c.args, &out)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.args, err, c.want)
		}
	}
}

// The configuration that a House starts from is one.
func TestPackagedConfig(t *testing.T) {
	s, err := read([]string{"-config", filepath.Join("..", "..", "packaging", "service", "incamerad.conf")}, io.Discard)
	check(t, err)
	if s.revocation != "soft" || s.loopback || s.orders == s.data {
		t.Errorf("settings %+v", *s)
	}
}

func TestConfigFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "incamerad.conf")
	check(t, os.WriteFile(path, []byte("# a comment\n\ndata = /srv/a b\norders=/o\n anchors = a\ncertificate=c\nkey=k\nloopback = true\ngrace = 5s\n"), 0o600))
	s, err := read([]string{"-config", path, "-orders", "/mine"}, os.Stderr)
	check(t, err)
	if s.data != "/srv/a b" || s.orders != "/mine" || !s.loopback || s.grace != 5*time.Second {
		t.Errorf("settings %s", fmt.Sprintf("%+v", *s))
	}
	for _, bad := range []string{"nothing = 1", "grace = soon", "config = x.conf\nnothing", "data"} {
		check(t, os.WriteFile(path, []byte(bad), 0o600))
		if _, err := read([]string{"-config", path}, os.Stderr); err == nil || !strings.Contains(err.Error(), "line") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
