package session

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"incamera/identity"
	"incamera/media"
	"incamera/sitting"
	"incamera/sitting/link"
)

func TestBackoff(t *testing.T) {
	var got []time.Duration
	for tries := range 7 {
		got = append(got, backoff(tries, 0))
		if least := backoff(tries, 1); least < backoff(tries, 0)/2 {
			t.Errorf("try %d after %v", tries, least)
		}
	}
	ms := time.Millisecond
	want := []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1000 * ms, 1000 * ms, 1000 * ms}
	if !slices.Equal(got, want) || backoff(1000, 0) != backoffMost {
		t.Errorf("waits %v", got)
	}
}

// Which errors of a link end the session, and which are tried again.
func TestFinal(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want error
	}{
		"lost":             {link.ErrLost, nil},
		"silent":           {link.ErrSilent, nil},
		"garbage":          {link.ErrGarbage, nil},
		"unreachable":      {fmt.Errorf("%w: x", link.ErrUnreachable), nil},
		"slow":             {&link.ByeError{Code: link.ByeSlow}, nil},
		"stopping":         {&link.ByeError{Code: "stopping"}, nil},
		"elsewhere":        {&link.ByeError{Code: link.ByeReplaced}, ErrElsewhere},
		"expired":          {&link.ByeError{Code: "expired"}, ErrExpired},
		"split":            {&link.ByeError{Code: "split"}, ErrSplit},
		"wrong service":    {fmt.Errorf("%w: x", link.ErrWrongService), link.ErrWrongService},
		"wrong client":     {fmt.Errorf("%w: x", link.ErrTurnedAway), link.ErrTurnedAway},
		"service fails":    {&link.Problem{Status: http.StatusInternalServerError, Code: "failed"}, nil},
		"too often":        {&link.Problem{Status: http.StatusTooManyRequests, Code: "too-often"}, nil},
		"some proxy":       {&link.Problem{Status: http.StatusBadRequest}, nil},
		"nothing is wrong": {nil, nil},
	} {
		if got := final(c.err); !errors.Is(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	got := final(&link.Problem{Status: http.StatusForbidden, Code: "removed"})
	if away, ok := errors.AsType[*TurnedAwayError](got); !ok || away.Code != "removed" {
		t.Errorf("turned away: %v", got)
	}
}

func TestPermission(t *testing.T) {
	seat := func(id sitting.MemberID) sitting.Seat { return sitting.Seat{Member: id} }
	s := sitting.State{
		Seats: []sitting.Seat{seat("ann"), seat("bob"), seat("cyd")}, Waiting: []sitting.Seat{seat("dan")},
		Floor: []sitting.Grant{{To: "ann"}, {To: "bob"}, {To: "eve"}},
	}
	closed := s
	closed.Closed = true
	for name, c := range map[string]struct {
		state sitting.State
		me    sitting.MemberID
		want  media.Permission
	}{
		"with the floor":    {s, "ann", media.Permission{Heard: []string{"bob"}, Seen: []string{"bob", "cyd"}, Speak: true, Show: true}},
		"without the floor": {s, "cyd", media.Permission{Heard: []string{"ann", "bob"}, Seen: []string{"ann", "bob"}, Show: true}},
		"waiting":           {s, "dan", media.Permission{}},
		"absent":            {s, "eve", media.Permission{}},
		"closed":            {closed, "ann", media.Permission{}},
		"nothing yet":       {sitting.State{}, "ann", media.Permission{}},
	} {
		if got := Permission(c.state, c.me); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// What was found out of a chain holds from then until the first certificate
// ends, and is asked for again otherwise.
func TestPeople(t *testing.T) {
	asked := 0
	order := &sitting.Order{Roster: []sitting.Member{{ID: "ann", Cards: []string{"upn:ann"}}}}
	p := &people{order: order, known: map[[32]byte]known{}, verify: func(chain [][]byte, at time.Time) (identity.Person, error) {
		asked++
		if at.After(noon.Add(time.Hour)) {
			return identity.Person{}, &identity.Expired{}
		}
		return identity.Person{Names: []string{"upn:" + string(chain[0])}, NotAfter: noon.Add(time.Hour)}, nil
	}}
	ann, bob := [][]byte{[]byte("ann")}, [][]byte{[]byte("bob")}
	for _, c := range []struct {
		chain [][]byte
		at    time.Time
		want  error
		asked int
	}{
		{ann, noon, nil, 1},
		{ann, noon.Add(time.Minute), nil, 1},
		{ann, noon.Add(-time.Minute), nil, 2},
		{ann, noon.Add(time.Hour), nil, 2},
		{bob, noon, ErrNotListed, 3},
	} {
		if m, err := p.who(c.chain, c.at); !errors.Is(err, c.want) || err == nil && m.ID != "ann" || asked != c.asked {
			t.Errorf("%s at %v: %v, %v, asked %d times", c.chain, c.at, m.ID, err, asked)
		}
	}
	if _, err := p.who(ann, noon.Add(2*time.Hour)); err == nil {
		t.Error("good beyond its end")
	}
}
