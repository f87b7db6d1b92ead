package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"incamera/media"

	"github.com/coder/websocket"
	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"
)

// The signalling of LiveKit: protobuf messages over a web socket, protocol 16.
const (
	protocol       = 16
	maxMessage     = 8 << 20         // bytes; a join lists every member
	connectTimeout = time.Second     // for the connection alone
	writeTimeout   = 2 * time.Second // for one message
	pingEvery      = time.Second
	silenceAllowed = 4 * time.Second // without any message from the relay
)

// A RefusedError says that the relay's door answered with an HTTP status that
// lets nobody in: the ticket is used, too old, or not for this member.
type RefusedError struct{ Status int }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("relay: ticket refused: %s", http.StatusText(e.Status))
}

// A signal is one open signalling connection.
type signal struct{ conn *websocket.Conn }

// dialSignal opens the signalling that t leads to.
func dialSignal(ctx context.Context, t media.Ticket) (*signal, error) {
	where, err := signalURL(t.URL)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: overHTTP1(t.TLS)}
	conn, answer, err := websocket.Dial(ctx, where, &websocket.DialOptions{
		HTTPClient: client,
		HTTPHeader: http.Header{"Authorization": {"Bearer " + t.Token}},
	})
	if err != nil {
		if answer != nil && answer.StatusCode >= 400 && answer.StatusCode < 500 {
			return nil, &RefusedError{Status: answer.StatusCode}
		}
		return nil, fmt.Errorf("relay: cannot reach the relay: %w", withoutURL(err))
	}
	conn.SetReadLimit(maxMessage)
	return &signal{conn: conn}, nil
}

// overHTTP1 makes connections that speak HTTP/1.1, as a web socket needs. On a
// network that has just come back, a new attempt to connect is sooner than the
// system's own repetition.
func overHTTP1(c *tls.Config) *http.Transport {
	if c != nil {
		c = c.Clone()
		c.NextProtos = []string{"http/1.1"}
	}
	dialer := &net.Dialer{Timeout: connectTimeout}
	return &http.Transport{TLSClientConfig: c, DialContext: dialer.DialContext, DisableKeepAlives: true}
}

// withoutURL is the cause of err without the ticket's address, which is a secret.
func withoutURL(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

// signalURL is where LiveKit's signalling is, below base. Nothing is
// subscribed to unless asked for.
func signalURL(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", fmt.Errorf("relay: bad ticket: %w", err)
	}
	u.Path = strings.TrimSuffix(u.Path, "/") + "/rtc"
	q := url.Values{
		"protocol":       {strconv.Itoa(protocol)},
		"sdk":            {"go"},
		"auto_subscribe": {"0"},
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// read waits for the next message.
func (s *signal) read(ctx context.Context) (*livekit.SignalResponse, error) {
	for {
		kind, data, err := s.conn.Read(ctx)
		if err != nil {
			return nil, fmt.Errorf("relay: signalling lost: %w", err)
		}
		if kind != websocket.MessageBinary {
			continue
		}
		m := new(livekit.SignalResponse)
		if err := proto.Unmarshal(data, m); err != nil {
			return nil, fmt.Errorf("relay: bad message: %w", err)
		}
		return m, nil
	}
}

// write sends m, waiting for no longer than [writeTimeout].
func (s *signal) write(m *livekit.SignalRequest) error {
	data, err := proto.Marshal(m)
	if err != nil {
		return fmt.Errorf("relay: cannot write message: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageBinary, data); err != nil {
		return fmt.Errorf("relay: signalling lost: %w", err)
	}
	return nil
}

// close drops the connection without a farewell.
func (s *signal) close() { _ = s.conn.CloseNow() }
