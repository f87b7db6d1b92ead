package trust_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
)

// served starts a real TLS 1.3 server on loopback that answers with the name of
// who asks.
func served(t *testing.T, h *house.House, anchors *trust.Anchors) string {
	t.Helper()
	cert, err := h.ServerCertificate("127.0.0.1", "sittings.house.example")
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return noon }
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		person, err := anchors.Peer(r.TLS, now())
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		if _, err := io.WriteString(w, person.Common); err != nil {
			t.Error(err)
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = trust.ServerTLS(cert, anchors, now)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// ask dials url as s and returns the answer.
func ask(t *testing.T, url string, config *tls.Config) (string, error) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// session signs p in without a card reader.
func session(t *testing.T, h *house.House, p house.Person, from, until time.Time) *trust.Session {
	t.Helper()
	card, cardKey, err := h.IssueCard(p)
	if err != nil {
		t.Fatal(err)
	}
	key := sessionKey(t)
	der, err := trust.Issue(card, cardKey, &key.PublicKey, from, until)
	if err != nil {
		t.Fatal(err)
	}
	return &trust.Session{Key: key, Chain: [][]byte{der, card.Raw}}
}

func clientTLS(s *trust.Session, anchors *trust.Anchors) *tls.Config {
	config := trust.ClientTLS(s, anchors)
	config.Time = func() time.Time { return noon }
	return config
}

func TestTLS(t *testing.T) {
	h, anchors := founded(t, house.Options{})
	url := served(t, h, anchors)
	for _, algorithm := range []string{"P-256", "P-384", "RSA-2048"} {
		p := tremblay
		p.Algorithm = algorithm
		s := session(t, h, p, noon, noon.Add(time.Hour))
		for range 2 {
			name, err := ask(t, url, clientTLS(s, anchors))
			if err != nil || name != "Alice Tremblay" {
				t.Errorf("%s: %q, %v", algorithm, name, err)
			}
		}
	}
}

func TestTLSRefuses(t *testing.T) {
	h, anchors := founded(t, house.Options{})
	other, otherAnchors := founded(t, house.Options{Name: "Elsewhere"})
	url := served(t, h, anchors)
	earlier := tremblay
	earlier.NotBefore = noon.Add(-2 * time.Hour)
	good := session(t, h, tremblay, noon, noon.Add(time.Hour))
	stolen := *good
	stolen.Key = sessionKey(t)
	cardAlone := *good
	cardAlone.Chain = good.Chain[:1]
	cases := map[string]struct {
		config *tls.Config
		says   string
	}{
		"session over":      {clientTLS(session(t, h, earlier, noon.Add(-time.Hour), noon.Add(-time.Minute)), anchors), "bad certificate"},
		"another House":     {clientTLS(session(t, other, tremblay, noon, noon.Add(time.Hour)), anchors), "bad certificate"},
		"another's key":     {clientTLS(&stolen, anchors), ""},
		"no card":           {clientTLS(&cardAlone, anchors), "bad certificate"},
		"no certificate":    {&tls.Config{RootCAs: poolOf(h), Time: func() time.Time { return noon }}, "certificate required"},
		"TLS 1.2":           {older(clientTLS(good, anchors)), "protocol version"},
		"another service":   {clientTLS(good, otherAnchors), "unknown authority"},
		"another host":      {named(clientTLS(good, anchors), "elsewhere.example"), "not elsewhere.example"},
		"service's is over": {at(clientTLS(good, anchors), noon.AddDate(2, 0, 0)), "expired"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			answer, err := ask(t, url, c.config)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("answer %q, %v; want %q", answer, err, c.says)
			}
		})
	}
}

func poolOf(h *house.House) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(h.Root())
	return pool
}

func older(config *tls.Config) *tls.Config {
	config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	return config
}

func named(config *tls.Config, name string) *tls.Config {
	config.ServerName = name
	return config
}

func at(config *tls.Config, now time.Time) *tls.Config {
	config.Time = func() time.Time { return now }
	return config
}

// The keys are agreed on in a way that a recorder with a quantum computer does
// not get behind.
func TestTLSIsHybrid(t *testing.T) {
	h, anchors := founded(t, house.Options{})
	url := served(t, h, anchors)
	s := session(t, h, tremblay, noon, noon.Add(time.Hour))
	dialer := &tls.Dialer{Config: clientTLS(s, anchors)}
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}()
	state := conn.(*tls.Conn).ConnectionState()
	if state.CurveID != tls.X25519MLKEM768 {
		t.Errorf("key agreement %v", state.CurveID)
	}
	if state.Version != tls.VersionTLS13 {
		t.Errorf("version %x", state.Version)
	}
}

func TestPeerWithoutTLS(t *testing.T) {
	_, anchors := founded(t, house.Options{})
	if _, err := anchors.Peer(nil, noon); err == nil {
		t.Error("a connection without TLS has a peer")
	}
	if _, err := anchors.Peer(&tls.ConnectionState{}, noon); err == nil {
		t.Error("nobody is somebody")
	}
}
