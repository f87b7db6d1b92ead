package delivery

import (
	"crypto/sha256"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// serve runs a NATS server of its own on loopback, as a House's would run.
func serve(t *testing.T, dir string, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the NATS server did not start")
	}
	return s
}

func end(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// Order and blobs on a server elsewhere; two services share it, and its
// restart is lived through.
func TestElsewhere(t *testing.T) {
	ctx, dir := within(t), t.TempDir()
	s := serve(t, dir, server.RANDOM_PORT)
	defer func() { end(s) }()
	one, err := Open(Options{URL: s.ClientURL()})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	other, err := Open(Options{URL: s.ClientURL()})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := one.Append(ctx, "budget", []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Append(ctx, "budget", []byte("2"), 0); !errors.Is(err, ErrMoved) {
		t.Errorf("Append too late = %v", err)
	}
	if _, err := other.Append(ctx, "budget", []byte("2"), 1); err != nil {
		t.Fatal(err)
	}
	blob := []byte("a tree")
	if err := other.PutBlob(ctx, "budget", sha256.Sum256(blob), blob); err != nil {
		t.Fatal(err)
	}
	port := s.Addr().(*net.TCPAddr).Port
	end(s)
	s = serve(t, dir, port)
	for one.Ready(ctx) != nil {
		if ctx.Err() != nil {
			t.Fatal("no way back to the server")
		}
	}
	if got := entries(ctx, t, one, 1, 2); got[1] != "2" {
		t.Errorf("entries = %q", got)
	}
	if got, err := one.GetBlob(ctx, "budget", sha256.Sum256(blob)); err != nil || string(got) != "a tree" {
		t.Errorf("GetBlob = %q, %v", got, err)
	}
}

func TestNowhere(t *testing.T) {
	if _, err := Open(Options{URL: "nats://127.0.0.1:1"}); err == nil {
		t.Error("Open of nothing returned no error")
	}
	if _, err := Open(Options{URL: "nats://127.0.0.1:1", Credentials: "/none"}); err == nil {
		t.Error("Open without the credentials returned no error")
	}
	if _, err := Open(Options{Dir: "/dev/null/x"}); err == nil {
		t.Error("Open where nothing can be written returned no error")
	}
}
