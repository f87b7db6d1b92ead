package service

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/service/delivery"
	"incamera/sitting/wire"
)

// code is the word by which the service said no.
func code(t *testing.T, err error) string {
	t.Helper()
	var p *link.Problem
	if !errors.As(err, &p) {
		t.Errorf("%v is no answer of the service", err)
		return ""
	}
	return p.Code
}

func TestSittings(t *testing.T) {
	w := newWorld(t)
	chair := w.card("h.chair", sitting.RoleChair)
	budget := w.order("budget", sitting.Public)
	late := w.card("a.late", sitting.RoleMember) // on the roster of the second only
	w.order("estimates", sitting.InCamera)
	stranger := w.card("s.stranger", "")
	w.start(false)
	for _, c := range []struct {
		card *card
		want int
	}{{chair, 2}, {late, 1}, {stranger, 0}} {
		signed, err := w.signIn(c.card).client.Sittings(t.Context())
		if err != nil || len(signed) != c.want {
			t.Errorf("%s sees %d sittings, %v; want %d", c.card.id, len(signed), err, c.want)
		}
		if c.want == 2 && !bytes.Equal(signed[0], budget) {
			t.Error("the order is not what the clerk has signed")
		}
	}
}

func TestTurnedAway(t *testing.T) {
	w := newWorld(t)
	chair := w.card("h.chair", sitting.RoleChair)
	w.order("budget", sitting.Public)
	w.orderAt("tomorrow", sitting.Public, time.Now().Add(24*time.Hour))
	signed := w.order("altered", sitting.Public)
	signed[len(signed)/2] ^= 1
	check(t, os.WriteFile(filepath.Join(w.orders, "altered.order"), signed, 0o600))
	clerk := w.clerk
	w.clerk = chair
	w.order("by-the-chair", sitting.Public)
	w.clerk = clerk
	w.start(false)

	if got := code(t, w.signIn(w.card("s.stranger", "")).dial("budget")); got != "not-on-roster" {
		t.Errorf("a stranger: %q", got)
	}
	m := w.signIn(chair)
	for id, want := range map[sitting.ID]string{
		"tomorrow": "not-open", "altered": "unknown-sitting", "by-the-chair": "unknown-sitting",
		"nothing": "unknown-sitting", "Not%20an%20id": "unknown-sitting",
	} {
		if got := code(t, m.dial(id)); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	if _, err := w.signInUntil(chair, time.Now().Add(-time.Minute)).client.Sittings(t.Context()); err == nil {
		t.Error("an expired session was let in")
	}
	other, err := house.New(house.Options{At: time.Now()})
	check(t, err)
	cert, key, err := other.IssueCard(house.Person{Common: "c.roy"})
	check(t, err)
	if _, err := w.signIn(&card{cert, key, "c.roy"}).client.Sittings(t.Context()); err == nil {
		t.Error("another House's card was let in")
	}
	if m.dial("budget") != nil {
		t.Error("the chair was turned away")
	}
}

func TestFloor(t *testing.T) {
	w := newWorld(t)
	chairCard, memberCard := w.card("h.chair", sitting.RoleChair), w.card("a.martin", sitting.RoleMember)
	w.order("budget", sitting.Public)
	w.start(false)
	chair, martin := w.enter(chairCard, "budget"), w.enter(memberCard, "budget")
	martin.ask(sitting.GiveFloor{To: "a.martin"})
	if got := martin.refusal(); got != string(sitting.RefusedRole) {
		t.Errorf("a member gives herself the floor: %q", got)
	}
	martin.ask(sitting.RaiseHand{})
	chair.until(func(s sitting.State) bool { return s.HandUp("a.martin") })
	chair.ask(sitting.GiveFloor{To: "a.martin"})
	martin.until(func(s sitting.State) bool { return s.HasFloor("a.martin") && !s.HandUp("a.martin") })
	if martin.state.Floor[0].By != "h.chair" {
		t.Errorf("the floor is %v", martin.state.Floor)
	}
}

func TestBlobs(t *testing.T) {
	w := newWorld(t)
	chairCard := w.card("h.chair", sitting.RoleChair)
	w.order("budget", sitting.Public)
	w.start(false)
	outside := w.signIn(w.clerk)
	if _, err := outside.client.PutBlob(t.Context(), "budget", []byte("x")); code(t, err) != "not-seated" {
		t.Error("a blob was taken from one without a seat")
	}
	chair := w.enter(chairCard, "budget")
	blob := bytes.Repeat([]byte{7}, delivery.MaxBlob)
	hash, err := chair.client.PutBlob(t.Context(), "budget", blob)
	check(t, err)
	got, err := w.enter(w.clerk, "budget").client.Blob(t.Context(), "budget", hash)
	if err != nil || !bytes.Equal(got, blob) {
		t.Errorf("Blob = %d bytes, %v", len(got), err)
	}
	if _, err := chair.client.Blob(t.Context(), "budget", sitting.Hash{1}); code(t, err) != "no-blob" {
		t.Error("a blob that is not there")
	}
	if _, err := chair.client.PutBlob(t.Context(), "budget", append(blob, 7)); code(t, err) != "too-large" {
		t.Error("a blob that is too large")
	}
	for name, want := range map[string]int{
		strings.Repeat("00", 32): http.StatusBadRequest, "zz": http.StatusBadRequest, strings.Repeat("00", 33): http.StatusBadRequest,
	} {
		if got := chair.put(name, []byte("x")); got != want {
			t.Errorf("PUT %s: %d, want %d", name, got, want)
		}
	}
}

// put puts a blob under any name and returns the status.
func (m *member) put(name string, blob []byte) int {
	m.t.Helper()
	r, err := http.NewRequestWithContext(m.t.Context(), http.MethodPut, m.base+"/v1/sittings/budget/blobs/"+name, bytes.NewReader(blob))
	check(m.t, err)
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: trust.ClientTLS(m.session, m.anchors), DisableKeepAlives: true}}
	res, err := c.Do(r)
	check(m.t, err)
	_, err = io.Copy(io.Discard, res.Body)
	check(m.t, errors.Join(err, res.Body.Close()))
	return res.StatusCode
}

func TestInCamera(t *testing.T) {
	w := newWorld(t)
	chairCard, memberCard := w.card("h.chair", sitting.RoleChair), w.card("a.martin", sitting.RoleMember)
	w.order("estimates", sitting.InCamera)
	w.start(false)
	chair, martin := w.enter(chairCard, "estimates"), w.enter(memberCard, "estimates")
	if _, waits := martin.state.Waits("a.martin"); !waits {
		t.Error("a member does not wait")
	}
	if _, err := martin.client.PutBlob(t.Context(), "estimates", []byte("x")); code(t, err) != "not-seated" {
		t.Error("a blob was taken from one who waits")
	}
	if _, _, err := martin.client.Ticket(t.Context(), "estimates"); code(t, err) != "not-seated" {
		t.Error("a ticket for one who waits")
	}
	chair.until(func(s sitting.State) bool { return len(s.Waiting) == 1 })
	chair.ask(sitting.Admit{Who: "a.martin"})
	martin.until(func(s sitting.State) bool { return len(s.Seats) == 2 })
	chair.until(func(s sitting.State) bool { return len(s.Seats) == 2 })
	chair.ask(sitting.Remove{Who: "a.martin"})
	martin.end()
	if martin.bye != "gone" || len(martin.state.Removed) != 1 {
		t.Errorf("the removed member was told %q, %v", martin.bye, martin.state.Removed)
	}
	if got := code(t, martin.dial("estimates")); got != "removed" {
		t.Errorf("the removed member comes back: %q", got)
	}
}

func TestClosed(t *testing.T) {
	w := newWorld(t)
	chairCard := w.card("h.chair", sitting.RoleChair)
	w.order("budget", sitting.Public)
	w.start(false)
	chair := w.enter(chairCard, "budget")
	chair.ask(sitting.Close{})
	chair.end()
	if !chair.state.Closed || chair.bye != "gone" {
		t.Errorf("closed %v, bye %q", chair.state.Closed, chair.bye)
	}
	eventually(t, "the sitting's usher ends", func() bool { _, there := w.halls.find("budget"); return !there })
	if signed, err := chair.client.Sittings(t.Context()); err != nil || len(signed) != 0 {
		t.Errorf("after the close %d sittings are offered, %v", len(signed), err)
	}
	if got := code(t, chair.dial("budget")); got != "closed" {
		t.Errorf("after the close: %q", got)
	}
}

func TestTwoLinks(t *testing.T) {
	w := newWorld(t)
	chairCard := w.card("h.chair", sitting.RoleChair)
	w.order("budget", sitting.Public)
	w.start(false)
	first := w.enter(chairCard, "budget")
	again := *first
	check(t, again.dial("budget"))
	first.end()
	if first.bye != "replaced" {
		t.Errorf("the first link was told %q", first.bye)
	}
	again.ask(sitting.RaiseHand{})
	again.until(func(s sitting.State) bool { return s.HandUp("h.chair") })
	if s := again.state.Seats; len(s) != 1 || s[0].Away {
		t.Errorf("seats: %+v", s)
	}

	other := w.enter(chairCard, "budget") // another session of the same card
	again.end()
	if again.bye != "gone" || len(other.state.Seats) != 1 {
		t.Errorf("the earlier session was told %q; seats %v", again.bye, other.state.Seats)
	}
	if !other.state.HandUp("h.chair") {
		t.Error("the hand was lost")
	}
}

func TestBadRequests(t *testing.T) {
	w := newWorld(t)
	chairCard, memberCard := w.card("h.chair", sitting.RoleChair), w.card("a.martin", sitting.RoleMember)
	w.order("budget", sitting.Public)
	w.start(false)
	chair, martin := w.enter(chairCard, "budget"), w.enter(memberCard, "budget")
	for _, c := range []struct {
		name   string
		signed func() []byte
		want   string
	}{
		{"garbage", func() []byte { return []byte("garbage") }, wire.CodeMalformed},
		{"another's", func() []byte { return chair.sign(sitting.RaiseHand{}) }, wire.CodeSignature},
		{"altered", func() []byte {
			b := martin.sign(sitting.RaiseHand{})
			b[len(b)-1] ^= 1
			return b
		}, wire.CodeSignature},
		{"in the name of the chair", func() []byte {
			martin.id = "h.chair"
			defer func() { martin.id = "a.martin" }()
			return martin.sign(sitting.GiveFloor{To: "a.martin"})
		}, string(sitting.RefusedSession)},
		{"of another history", func() []byte {
			head := martin.state.Head
			martin.state.Head[0] ^= 1
			defer func() { martin.state.Head = head }()
			return martin.sign(sitting.RaiseHand{})
		}, wire.CodeSplit},
		{"of the future", func() []byte {
			martin.state.Seq += 100
			defer func() { martin.state.Seq -= 100 }()
			return martin.sign(sitting.RaiseHand{})
		}, string(sitting.RefusedFuture)},
		{"a replay", func() []byte {
			martin.counter = 0
			return martin.sign(sitting.RaiseHand{})
		}, string(sitting.RefusedReplay)},
	} {
		martin.refused = nil
		check(t, martin.link.Send(wire.Request{Signed: c.signed()}))
		for len(martin.refused) == 0 {
			more, err := martin.take()
			check(t, err)
			if !more {
				t.Fatalf("%s: the link ended: %v", c.name, martin.link.Err())
			}
		}
		if got := martin.refused[0].Code; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	martin.counter = 100
	martin.ask(sitting.RaiseHand{})
	chair.until(func(s sitting.State) bool { return s.HandUp("a.martin") })
}
