package link

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"incamera/sitting"
	"incamera/sitting/wire"
)

// serve starts a service and returns a client that knows it.
func serve(t *testing.T, h http.Handler) (*Client, *httptest.Server) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c := NewHTTP(s.URL, &tls.Config{RootCAs: roots})
	t.Cleanup(c.Close)
	return c, s
}

func TestDial(t *testing.T) {
	accepted := make(chan *Link, 1)
	c, s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/sittings/budget/link" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		l, err := Accept(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		accepted <- l
	}))
	ctx, cancel := context.WithCancel(t.Context())
	client, err := c.Dial(ctx, "budget")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	cancel() // the link outlives it
	service := <-accepted
	defer service.Close()
	if !s.Certificate().Equal(mustParse(t, client.Service())) {
		t.Error("not the service's certificate")
	}
	send(t, client, wire.Hello{Last: 3})
	if m := <-service.Messages(); m != (wire.Hello{Last: 3}) {
		t.Errorf("got %v", m)
	}
	large := make([]byte, wire.MaxMessage-100)
	send(t, service, wire.Entry{Bytes: large})
	if m, ok := (<-client.Messages()).(wire.Entry); !ok || len(m.Bytes) != len(large) {
		t.Errorf("a large message got lost: %v", client.Err())
	}
	service.End(ByeReplaced)
	if bye, ok := errors.AsType[*ByeError](ends(client)); !ok || bye.Code != ByeReplaced {
		t.Errorf("ended with %v", client.Err())
	}
}

func mustParse(t *testing.T, der []byte) *x509.Certificate {
	t.Helper()
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestAsk(t *testing.T) {
	blobs := map[string][]byte{}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, b []byte, err error) {
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(b)
	}
	mux.HandleFunc("GET /v1/sittings", func(w http.ResponseWriter, _ *http.Request) {
		b, err := wire.EncodeOrders([][]byte{[]byte("order")})
		answer(w, b, err)
	})
	mux.HandleFunc("PUT /v1/sittings/budget/blobs/{hash}", func(w http.ResponseWriter, r *http.Request) {
		blobs[r.PathValue("hash")], _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /v1/sittings/budget/blobs/{hash}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(blobs[r.PathValue("hash")])
	})
	mux.HandleFunc("POST /v1/sittings/budget/ticket", func(w http.ResponseWriter, _ *http.Request) {
		b, err := wire.EncodeTicket("wss://relay", "token")
		answer(w, b, err)
	})
	mux.HandleFunc("POST /v1/sittings/audit/ticket", func(w http.ResponseWriter, _ *http.Request) {
		b, err := wire.EncodeProblem("not-seated", "arrive first")
		w.WriteHeader(http.StatusForbidden)
		answer(w, b, err)
	})
	c, _ := serve(t, mux)
	ctx := t.Context()
	if list, err := c.Sittings(ctx); err != nil || len(list) != 1 || string(list[0]) != "order" {
		t.Errorf("Sittings = %q, %v", list, err)
	}
	hash, err := c.PutBlob(ctx, "budget", []byte("welcome"))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := c.Blob(ctx, "budget", hash); err != nil || string(b) != "welcome" {
		t.Errorf("Blob = %q, %v", b, err)
	}
	if _, err := c.Blob(ctx, "budget", sitting.Hash{1}); !errors.Is(err, ErrGarbage) {
		t.Errorf("a blob that is another: %v", err)
	}
	if u, token, err := c.Ticket(ctx, "budget"); u != "wss://relay" || token != "token" || err != nil {
		t.Errorf("Ticket = %q, %q, %v", u, token, err)
	}
	_, _, err = c.Ticket(ctx, "audit")
	if p, ok := errors.AsType[*Problem](err); !ok || p.Code != "not-seated" || p.Status != http.StatusForbidden {
		t.Errorf("a refused ticket: %v", err)
	}
	_, err = c.Dial(ctx, "nowhere")
	if p, ok := errors.AsType[*Problem](err); !ok || p.Status != http.StatusNotFound || p.Code != "" {
		t.Errorf("Dial to nowhere = %v", err)
	}
}

// Each way of not being answered has its own error.
func TestUnanswered(t *testing.T) {
	c, s := serve(t, http.NotFoundHandler())
	stranger := NewHTTP(s.URL, &tls.Config{})
	defer stranger.Close()
	if _, err := stranger.Dial(t.Context(), "budget"); !errors.Is(err, ErrWrongService) {
		t.Errorf("unknown certificate: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	out := errors.New("card out")
	cancel(out)
	if _, err := c.Dial(ctx, "budget"); !errors.Is(err, out) {
		t.Errorf("a context that has ended: %v", err)
	}
	s.Close()
	if _, err := c.Sittings(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("a service that has gone: %v", err)
	}
}

func TestTurnedAway(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13}
	s.StartTLS()
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c := NewHTTP(s.URL, &tls.Config{RootCAs: roots})
	defer c.Close()
	if _, err := c.Sittings(t.Context()); !errors.Is(err, ErrTurnedAway) {
		t.Errorf("without a certificate: %v", err)
	}
}

// TestTheRequestOutlivesTheClient: who serves a link for as long as its request
// lasts hears all that the client has said.
func TestTheRequestOutlivesTheClient(t *testing.T) {
	left := make(chan error, 1)
	c, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l, err := Accept(w, r)
		if err != nil {
			left <- err
			return
		}
		defer l.Close()
		for range l.Messages() {
		}
		<-l.heard
		left <- r.Context().Err()
	}))
	client, err := c.Dial(t.Context(), "budget")
	if err != nil {
		t.Fatal(err)
	}
	send(t, client, wire.Hello{})
	client.Close()
	if err := <-left; err != nil {
		t.Errorf("once all is heard: %v", err)
	}
}

func TestAcceptRefuses(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"no upgrade":     func(r *http.Request) { r.Header.Del("Upgrade") },
		"another":        func(r *http.Request) { r.Header.Set("Upgrade", "websocket") },
		"no connection":  func(r *http.Request) { r.Header.Del("Connection") },
		"another method": func(r *http.Request) { r.Method = http.MethodPost },
	} {
		r := httptest.NewRequest(http.MethodGet, "/v1/sittings/budget/link", nil)
		r.Header.Set("Upgrade", Protocol)
		r.Header.Set("Connection", "Upgrade")
		change(r)
		w := httptest.NewRecorder()
		if _, err := Accept(w, r); err == nil || w.Code != http.StatusUpgradeRequired {
			t.Errorf("%s: %v, status %d", name, err, w.Code)
		}
	}
}
