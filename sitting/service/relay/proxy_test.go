package relay

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// session makes a certificate of one session.
func session(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)},
		&x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A stage is a proxy on TLS before a relay that echoes.
type stage struct {
	*Proxy
	front *httptest.Server
	seen  chan *http.Request // what the relay was asked
	up    atomic.Bool
	at    atomic.Int64 // the proxy's clock
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{seen: make(chan *http.Request, 8)}
	s.up.Store(true)
	relay := httptest.NewServer(http.HandlerFunc(s.echo))
	t.Cleanup(relay.Close)
	s.Proxy = NewProxy(func() string {
		if !s.up.Load() {
			return ""
		}
		return relay.URL
	}, func(p Pass) (string, error) {
		if p.Member == "gone" {
			return "", ErrTicket
		}
		return "hers", nil
	}, func() time.Time { return time.Unix(0, s.at.Load()) },
		func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusForbidden)
		},
		slog.New(slog.DiscardHandler))
	mux := http.NewServeMux()
	mux.Handle("/relay/{once}/{rest...}", s.Proxy)
	s.front = httptest.NewUnstartedServer(mux)
	s.front.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13}
	s.front.StartTLS()
	t.Cleanup(s.front.Close)
	return s
}

// echo takes the upgrade and gives back what comes, until it is hung up on.
func (s *stage) echo(w http.ResponseWriter, r *http.Request) {
	s.seen <- r
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
	_, _ = io.Copy(conn, rw)
}

// enter asks for a websocket with a ticket and returns the connection if there
// is one.
func (s *stage) enter(t *testing.T, who tls.Certificate, path string) (int, *tls.Conn) {
	t.Helper()
	d := tls.Dialer{Config: &tls.Config{
		Certificates: []tls.Certificate{who}, RootCAs: s.front.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
		ServerName: "example.com", MinVersion: tls.VersionTLS13,
	}}
	conn, err := d.DialContext(t.Context(), "tcp", s.front.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: https://x\r\nAuthorization: Bearer other\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, conn.(*tls.Conn)
}

func pass(who tls.Certificate) Pass {
	return Pass{Sitting: "budget", Member: "a.martin", Session: sha256.Sum256(who.Certificate[0])}
}

func TestTicketWorksOnceAndForItsSession(t *testing.T) {
	s := newStage(t)
	her, him := session(t), session(t)
	path := "/relay/" + s.Issue(pass(her)) + "/rtc?access_token=other&auto_subscribe=0"
	if got, _ := s.enter(t, him, path); got != http.StatusForbidden {
		t.Errorf("another's session: %d", got)
	}
	got, conn := s.enter(t, her, path)
	if got != http.StatusSwitchingProtocols {
		t.Fatalf("her session: %d", got)
	}
	if _, err := io.WriteString(conn, "hello"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 5)
	if _, err := io.ReadFull(conn, b); err != nil || string(b) != "hello" {
		t.Errorf("echo = %q, %v", b, err)
	}
	r := <-s.seen
	if r.URL.Path != "/rtc" || r.URL.RawQuery != "auto_subscribe=0" {
		t.Errorf("the relay was asked for %s", r.URL)
	}
	if r.Header.Get("Authorization") != "Bearer hers" || r.Header.Get("Origin") != "" {
		t.Errorf("the relay was told %v", r.Header)
	}
	if got, _ := s.enter(t, her, path); got != http.StatusForbidden {
		t.Errorf("twice: %d", got)
	}
}

func TestTicketEnds(t *testing.T) {
	s, her := newStage(t), session(t)
	late := s.Issue(pass(her))
	s.at.Add(int64(Life + 1))
	if got, _ := s.enter(t, her, "/relay/"+late+"/rtc"); got != http.StatusForbidden {
		t.Errorf("after its life: %d", got)
	}
	first := s.Issue(pass(her))
	gone := pass(her)
	gone.Member = "gone"
	if got, _ := s.enter(t, her, "/relay/"+s.Issue(gone)+"/rtc"); got != http.StatusForbidden {
		t.Errorf("one who has gone since: %d", got)
	}
	for range most {
		s.Issue(pass(her))
	}
	if got, _ := s.enter(t, her, "/relay/"+first+"/rtc"); got != http.StatusForbidden {
		t.Errorf("the oldest of too many: %d", got)
	}
	if len(s.tickets) != most {
		t.Errorf("%d tickets are held", len(s.tickets))
	}
}

func TestOnlySignallingPasses(t *testing.T) {
	s, her := newStage(t), session(t)
	once := s.Issue(pass(her))
	for _, rest := range []string{"", "twirp/livekit.RoomService/ListRooms", "rtcx", "rtc/validate", "debug/rooms", "..%2frtc", "rtc%2f..%2ftwirp%2flivekit.RoomService%2fListRooms"} {
		if got, _ := s.enter(t, her, "/relay/"+once+"/"+rest); got != http.StatusNotFound {
			t.Errorf("/%s: %d", rest, got)
		}
	}
	s.up.Store(false)
	if got, _ := s.enter(t, her, "/relay/"+once+"/rtc"); got != http.StatusForbidden {
		t.Errorf("while the relay is down: %d", got)
	}
	s.up.Store(true)
	if got, _ := s.enter(t, her, "/relay/"+once+"/rtc/v1"); got != http.StatusSwitchingProtocols {
		t.Errorf("the ticket after all that: %d", got)
	}
}

func TestVoid(t *testing.T) {
	s, her := newStage(t), session(t)
	_, conn := s.enter(t, her, "/relay/"+s.Issue(pass(her))+"/rtc")
	waiting := s.Issue(pass(her))
	s.Void("another", pass(her).Session)
	if _, err := io.WriteString(conn, "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Fatalf("another sitting's void ended hers: %v", err)
	}
	s.Void("budget", pass(her).Session)
	if _, err := io.ReadFull(conn, make([]byte, 1)); err == nil {
		t.Error("the connection lives on")
	}
	if got, _ := s.enter(t, her, "/relay/"+waiting+"/rtc"); got != http.StatusForbidden {
		t.Errorf("a void ticket: %d", got)
	}
}

func TestForwardNeedsACertificate(t *testing.T) {
	s := newStage(t)
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/relay/x/rtc", http.NoBody)
	r.SetPathValue("once", s.Issue(Pass{}))
	r.SetPathValue("rest", "rtc")
	r.Header.Set("Upgrade", "websocket")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "ticket") {
		t.Errorf("without TLS: %d", w.Code)
	}
}
