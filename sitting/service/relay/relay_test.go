package relay

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

const orphanage = "INCAMERA_RELAY_ORPHAN"

func TestMain(m *testing.M) {
	if os.Getenv(orphanage) != "" {
		parent()
		return
	}
	goleak.VerifyTestMain(m)
}

// binary finds livekit-server: INCAMERA_RELAY, else bin/ at the top of the tree.
func binary(t *testing.T) string {
	path := os.Getenv("INCAMERA_RELAY")
	if path == "" {
		path = filepath.Join("..", "..", "..", "bin", "livekit-server")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal("no relay server: run make build, or set INCAMERA_RELAY: ", err)
	}
	return path
}

const secret = "a secret of at least thirty-two bytes"

// A journal is a log that may be written and read at once.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// run runs a child until the test ends.
func run(t *testing.T, log *slog.Logger) *Child {
	t.Helper()
	c, err := New(Options{
		Binary: binary(t), Keys: "incamerad: " + secret,
		Network: Network{Loopback: true}, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { c.Run(ctx) })
	t.Cleanup(func() {
		end()
		running.Wait()
	})
	return c
}

func await(t *testing.T, c *Child) string {
	t.Helper()
	select {
	case <-c.Up():
		return c.URL()
	case <-time.After(time.Minute):
		t.Fatal("the relay did not come up")
		return ""
	}
}

func TestKilledRelayComesBack(t *testing.T) {
	var log journal
	c := run(t, log.logger())
	first := await(t, c)
	if p, err := os.FindProcess(c.PID()); err != nil || p.Kill() != nil {
		t.Fatalf("cannot kill %d", c.PID())
	}
	second := await(t, c)
	if first == "" || second == "" || first == second {
		t.Errorf("URLs were %q and %q", first, second)
	}
	if out := log.String(); strings.Contains(out, secret) {
		t.Error("the log holds the secret")
	} else if !strings.Contains(out, "starting it again") || !strings.Contains(out, "starting LiveKit server") {
		t.Error("the log does not tell: ", out)
	}
}

func TestConfig(t *testing.T) {
	gateway := netip.MustParseAddr("192.0.2.1") // RFC 5737: nobody's
	for _, n := range []Network{
		{Loopback: true},
		{Address: gateway, UDP: "7882-7885", TCP: 7881},
		{Address: netip.MustParseAddr("127.0.0.1"), UDP: "7882"},
	} {
		config, err := n.config(7880)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"stun_servers":["`, `"num_tracks":-1`, `"bind_addresses":["127.0.0.1"]`, `"use_external_ip":false`} {
			if !strings.Contains(config, want) {
				t.Errorf("%+v: no %s in %s", n, want, config)
			}
		}
		if only := strings.Contains(config, `"127.0.0.1/32"`); only != (n.Address != gateway) {
			t.Errorf("%+v: kept to one address: %v", n, only)
		}
	}
}

func TestNoBinary(t *testing.T) {
	if _, err := New(Options{Binary: filepath.Join(t.TempDir(), "livekit-server")}); err == nil {
		t.Error("New without a relay server returned no error")
	}
}

func TestLines(t *testing.T) {
	var log journal
	l := &lines{log: log.logger(), secret: secret}
	for _, part := range []string{"one\ntw", "o\n", "the " + secret + " is\n", `{"level":"error","msg":"bad"}` + "\n", strings.Repeat("x", 3*maxLine)} {
		if n, err := l.Write([]byte(part)); n != len(part) || err != nil {
			t.Errorf("Write = %d, %v", n, err)
		}
	}
	out := log.String()
	for _, want := range []string{"line=one", "line=two", "left out", "level=WARN msg=\"relay: bad\""} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	if strings.Contains(out, secret) || len(l.rest) > maxLine {
		t.Error("a secret was logged, or too much kept")
	}
}

// parent runs a relay, says where, and lives until it is killed.
func parent() {
	c, err := New(Options{
		Binary: os.Getenv(orphanage), Keys: "incamerad: " + secret,
		Network: Network{Loopback: true}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		<-c.Up()
		fmt.Println(c.URL())
	}()
	c.Run(context.Background())
}

func get(t *testing.T, url string) error {
	t.Helper()
	return healthy(t.Context(), &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, url)
}
