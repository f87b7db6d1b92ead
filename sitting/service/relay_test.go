package service

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/service/ticket"
	"incamera/sitting/wire"
)

// enterRelay uses a ticket's URL as the member, without any media: the
// signalling alone makes a participant. It returns the HTTP status and the
// connection, on which the relay's first message has been read.
func (m *member) enterRelay(address, token string) (int, *tls.Conn) {
	m.t.Helper()
	u, err := url.Parse(address)
	check(m.t, err)
	c := trust.ClientTLS(m.session, m.anchors)
	c.ServerName = u.Hostname()
	conn, err := (&tls.Dialer{Config: c}).DialContext(m.t.Context(), "tcp", u.Host)
	check(m.t, err)
	m.t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "GET %s/rtc?protocol=15&auto_subscribe=0&sdk=go HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nAuthorization: Bearer %s\r\n\r\n", u.Path, u.Host, token)
	check(m.t, err)
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	check(m.t, err)
	if res.StatusCode == http.StatusSwitchingProtocols {
		check(m.t, readFrame(r))
	}
	return res.StatusCode, conn.(*tls.Conn)
}

// readFrame reads one frame of a websocket, RFC 6455 section 5.2.
func readFrame(r *bufio.Reader) error {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := int64(head[1] & 0x7f)
	if n == 126 {
		var long [2]byte
		if _, err := io.ReadFull(r, long[:]); err != nil {
			return err
		}
		n = int64(binary.BigEndian.Uint16(long[:]))
	}
	_, err := io.CopyN(io.Discard, r, n)
	return err
}

// presence is what the relay says of a member.
func (w *world) presence(id sitting.ID, who sitting.MemberID) (here, speaks bool) {
	present, err := w.desk.Present(w.t.Context(), id)
	if err != nil && !errors.Is(err, ticket.ErrDown) {
		w.t.Log(err) // it is asked again
	}
	for _, p := range present {
		if p.Member == who {
			return true, p.Speaks
		}
	}
	return false, false
}

func (m *member) ticket(id sitting.ID) (address, token string) {
	m.t.Helper()
	address, token, err := m.client.Ticket(m.t.Context(), id)
	check(m.t, err)
	return address, token
}

func TestRelayFollowsTheFloor(t *testing.T) {
	w := newWorld(t)
	chairCard, memberCard := w.card("h.chair", sitting.RoleChair), w.card("a.martin", sitting.RoleMember)
	w.order("budget", sitting.Public)
	w.start(true)
	chair, martin := w.enter(chairCard, "budget"), w.enter(memberCard, "budget")
	chair.until(func(s sitting.State) bool { return len(s.Seats) == 2 })

	address, token := martin.ticket("budget")
	if got, _ := chair.enterRelay(address, token); got != http.StatusForbidden {
		t.Errorf("another's session used the ticket: %d", got)
	}
	got, conn := martin.enterRelay(address, token)
	if got != http.StatusSwitchingProtocols {
		t.Fatalf("the ticket: %d", got)
	}
	if got, _ := martin.enterRelay(address, token); got != http.StatusForbidden {
		t.Errorf("the ticket, used again: %d", got)
	}
	if here, speaks := w.presence("budget", "a.martin"); !here || speaks {
		t.Errorf("after coming in: here %v, speaks %v", here, speaks)
	}

	chair.ask(sitting.GiveFloor{To: "a.martin"})
	eventually(t, "she may speak", func() bool { _, speaks := w.presence("budget", "a.martin"); return speaks })
	chair.ask(sitting.TakeFloor{From: "a.martin"})
	eventually(t, "she may not speak", func() bool { here, speaks := w.presence("budget", "a.martin"); return here && !speaks })

	unused, token := martin.ticket("budget")
	chair.ask(sitting.Remove{Who: "a.martin"})
	eventually(t, "she is gone", func() bool { here, _ := w.presence("budget", "a.martin"); return !here })
	check(t, conn.SetReadDeadline(time.Now().Add(patience)))
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the signalling goes on")
	}
	if got, _ := martin.enterRelay(unused, token); got != http.StatusForbidden {
		t.Errorf("a removed member's ticket: %d", got)
	}
}

// A ticket says what is true when it is used.
func TestFloorBetweenTicketAndUse(t *testing.T) {
	w := newWorld(t)
	chairCard, memberCard := w.card("h.chair", sitting.RoleChair), w.card("a.martin", sitting.RoleMember)
	w.order("budget", sitting.Public)
	w.start(true)
	chair, martin := w.enter(chairCard, "budget"), w.enter(memberCard, "budget")
	chair.until(func(s sitting.State) bool { return len(s.Seats) == 2 })
	address, token := martin.ticket("budget")
	chair.ask(sitting.GiveFloor{To: "a.martin"})
	martin.until(func(s sitting.State) bool { return s.HasFloor("a.martin") })
	martin.enterRelay(address, token)
	if here, speaks := w.presence("budget", "a.martin"); !here || !speaks {
		t.Errorf("here %v, speaks %v", here, speaks)
	}
}

// A relay that was killed is started again, and members come in again.
func TestRelayKilled(t *testing.T) {
	w := newWorld(t)
	chairCard := w.card("h.chair", sitting.RoleChair)
	w.order("budget", sitting.Public)
	w.start(true)
	chair := w.enter(chairCard, "budget")
	address, token := chair.ticket("budget")
	_, conn := chair.enterRelay(address, token)
	pid := w.child.PID()
	p, err := os.FindProcess(pid)
	check(t, err)
	check(t, p.Kill())
	check(t, conn.SetReadDeadline(time.Now().Add(patience)))
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the signalling outlives the relay")
	}
	eventually(t, "a ticket from the new relay", func() bool {
		address, token, err = chair.client.Ticket(t.Context(), "budget")
		if err != nil {
			if got := code(t, err); got != "relay-down" {
				t.Errorf("meanwhile: %q", got)
			}
			return false
		}
		return w.child.PID() != pid && w.child.PID() != 0
	})
	if got, _ := chair.enterRelay(address, token); got != http.StatusSwitchingProtocols {
		t.Errorf("the new relay: %d", got)
	}
	chair.ask(sitting.RaiseHand{})
	chair.until(func(s sitting.State) bool { return s.HandUp("h.chair") })
}

// The relay's own API is not to be reached from outside.
func TestRelayIsHidden(t *testing.T) {
	w := newWorld(t)
	chairCard := w.card("h.chair", sitting.RoleChair)
	w.order("budget", sitting.Public)
	w.start(true)
	chair := w.enter(chairCard, "budget")
	address, _ := chair.ticket("budget")
	u, err := url.Parse(address)
	check(t, err)
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: trust.ClientTLS(chair.session, w.anchors), DisableKeepAlives: true}}
	for _, path := range []string{u.Path + "/twirp/livekit.RoomService/ListRooms", u.Path + "/", u.Path + "/rtc", "/twirp/livekit.RoomService/ListRooms", "/rtc", "/"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.base+path, strings.NewReader("{}"))
		check(t, err)
		res, err := c.Do(r)
		check(t, err)
		check(t, res.Body.Close())
		if res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, res.StatusCode)
		}
	}
	if wire.HashOf(chair.session.Chain[0]) != chair.state.Seats[0].Session {
		t.Error("the seat is another session's")
	}
}
