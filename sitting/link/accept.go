package link

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Accept makes the service's end of a link out of a request to upgrade. If it
// returns an error, it has answered the request.
func Accept(w http.ResponseWriter, r *http.Request) (*Link, error) {
	if r.Method != http.MethodGet || !strings.EqualFold(r.Header.Get("Upgrade"), Protocol) ||
		!strings.EqualFold(r.Header.Get("Connection"), "upgrade") {
		w.Header().Set("Upgrade", Protocol)
		http.Error(w, "upgrade to "+Protocol, http.StatusUpgradeRequired)
		return nil, fmt.Errorf("link: not a request to upgrade to %s", Protocol)
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "cannot upgrade", http.StatusInternalServerError)
		return nil, fmt.Errorf("link: %w", err)
	}
	if err := switching(conn); err != nil {
		conn.Close()
		return nil, lost(err)
	}
	return NewService(&hijacked{conn, buffered.Reader}), nil
}

// switching answers that the protocol is switched, and lifts the HTTP
// server's time limits.
func switching(conn net.Conn) error {
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	_, err := io.WriteString(conn,
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+Protocol+"\r\n\r\n")
	return err
}

// A hijacked connection still has in its buffer what came with the request.
// Beyond that nothing is read through the HTTP server, which would end the
// request's context as soon as the client has said its last, and before that is heard.
type hijacked struct {
	net.Conn
	r *bufio.Reader
}

func (h *hijacked) Read(p []byte) (int, error) {
	if h.r.Buffered() > 0 {
		return h.r.Read(p)
	}
	return h.Conn.Read(p)
}
