// Package relaytest runs the real relay server on this machine's loopback for
// tests: tickets without a service, and the relay's own API where a test must
// play the service's part. Only tests import it.
package relaytest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"incamera/media"
)

const (
	key    = "rehearsal"
	secret = "a secret for tests of at least thirty-two characters"
)

// A Node is a relay server on loopback. Its ports stay the same when it is
// killed and started again.
type Node struct {
	tb      testing.TB
	port    int
	udp     int
	tcp     int
	command *exec.Cmd
	client  *http.Client
}

// Start runs a node until the test ends.
func Start(tb testing.TB) *Node {
	tb.Helper()
	n := &Node{tb: tb, port: freeTCP(tb), udp: freeUDP(tb), tcp: freeTCP(tb)}
	n.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	n.Run()
	tb.Cleanup(n.Kill)
	return n
}

// Run starts the server, and waits until it answers.
func (n *Node) Run() {
	n.tb.Helper()
	n.command = exec.Command(binary(n.tb), "--config-body", n.config())
	if err := n.command.Start(); err != nil {
		n.tb.Fatalf("cannot start the relay server: %v", err)
	}
	deadline := time.After(30 * time.Second)
	for !n.answers() {
		select {
		case <-deadline:
			n.tb.Fatal("the relay server does not answer")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Kill ends the server at once.
func (n *Node) Kill() {
	if n.command == nil {
		return
	}
	_ = n.command.Process.Kill()
	_ = n.command.Wait()
	n.command = nil
}

func (n *Node) answers() bool {
	r, err := n.client.Get(n.url("http"))
	if err != nil {
		return false
	}
	defer r.Body.Close()
	return r.StatusCode == http.StatusOK
}

func (n *Node) url(scheme string) string { return fmt.Sprintf("%s://127.0.0.1:%d", scheme, n.port) }

// binary finds the server: INCAMERA_RELAY, bin/livekit-server of this
// repository, or the path.
func binary(tb testing.TB) string {
	tb.Helper()
	if at := os.Getenv("INCAMERA_RELAY"); at != "" {
		return at
	}
	_, here, _, _ := runtime.Caller(0)
	built := filepath.Join(filepath.Dir(here), "..", "..", "..", "bin", "livekit-server")
	if _, err := os.Stat(built); err == nil {
		return built
	}
	at, err := exec.LookPath("livekit-server")
	if err != nil {
		tb.Fatal("no relay server: run make build, or set INCAMERA_RELAY")
	}
	return at
}

// config keeps everything on loopback, and asks no public server for anything.
func (n *Node) config() string {
	return fmt.Sprintf(`port: %d
bind_addresses: ["127.0.0.1"]
rtc:
  tcp_port: %d
  udp_port: %d
  use_external_ip: false
  node_ip: 127.0.0.1
  enable_loopback_candidate: true
  stun_servers: ["127.0.0.1:9"]
  interfaces: {includes: [lo]}
  ips: {includes: [127.0.0.1/32]}
limit: {num_tracks: -1}
video: {dynacast_pause_delay: 250ms}
logging: {level: error}
keys: {%s: %q}
`, n.port, n.tcp, n.udp, key, secret)
}

func freeTCP(tb testing.TB) int {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func freeUDP(tb testing.TB) int {
	tb.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).Port
}

// Ticket admits member to room, to send from sources ("microphone", "camera").
func (n *Node) Ticket(room, member string, sources ...string) media.Ticket {
	return media.Ticket{URL: n.url("ws"), Token: token(member, map[string]any{
		"roomJoin": true, "room": room, "canSubscribe": true, "canPublishData": false,
		"canPublish": len(sources) > 0, "canPublishSources": sources,
	})}
}

// SetSources changes what member may send from.
func (n *Node) SetSources(ctx context.Context, room, member string, sources ...string) error {
	names := map[string]string{"microphone": "MICROPHONE", "camera": "CAMERA"}
	may := make([]string, len(sources))
	for i, s := range sources {
		may[i] = names[s]
	}
	return n.call(ctx, room, "UpdateParticipant", map[string]any{
		"room": room, "identity": member,
		"permission": map[string]any{
			"can_subscribe": true, "can_publish": len(may) > 0, "can_publish_sources": may,
		},
	})
}

// Drop removes member from room.
func (n *Node) Drop(ctx context.Context, room, member string) error {
	return n.call(ctx, room, "RemoveParticipant", map[string]any{"room": room, "identity": member})
}

// call asks the server's room service for one thing.
func (n *Node) call(ctx context.Context, room, method string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("relaytest: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, n.url("http")+"/twirp/livekit.RoomService/"+method, bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("relaytest: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token("", map[string]any{"roomAdmin": true, "room": room}))
	answer, err := n.client.Do(r)
	if err != nil {
		return fmt.Errorf("relaytest: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("relaytest: %s: %s", answer.Status, text)
	}
	return nil
}

// token is a JSON Web Token (RFC 7519) signed with HMAC-SHA256.
func token(member string, grant map[string]any) string {
	claims := map[string]any{
		"iss": key, "sub": member, "nbf": time.Now().Add(-time.Minute).Unix(),
		"exp": time.Now().Add(time.Hour).Unix(), "video": grant,
	}
	text := part(map[string]any{"alg": "HS256", "typ": "JWT"}) + "." + part(claims)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func part(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings and numbers do marshal
	}
	return base64.RawURLEncoding.EncodeToString(data)
}
