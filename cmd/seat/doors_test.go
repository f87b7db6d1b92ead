package seat_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"incamera/cmd/seat"
	"incamera/identity"
	"incamera/identity/identitytest"
	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/wire"
)

// hand lets a service of our own making hand out these orders, where a true
// one would be.
func (w *world) hand(orders ...[]byte) {
	w.t.Helper()
	body, err := wire.EncodeOrders(orders)
	check(w.t, err)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(a http.ResponseWriter, _ *http.Request) {
		_, _ = a.Write(body) // who asked may be gone
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that turn away are what is wanted
	s.TLS = trust.ServerTLS(w.cert, w.anchors, time.Now)
	s.StartTLS()
	w.t.Cleanup(s.Close)
	w.address = s.Listener.Addr().String()
}

// ask signs in and asks for sittings.
func (w *world) ask(c *card) ([]seat.Invitation, error) {
	w.t.Helper()
	p, err := seat.SignIn(w.t.Context(), c, identitytest.Answer(identitytest.PIN), w.options(c.id))
	check(w.t, err)
	w.t.Cleanup(p.Close)
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	return p.Sittings(ctx)
}

// An order that no clerk has signed is not shown; the good one beside it is.
func TestBadOrders(t *testing.T) {
	w := newWorld(t)
	w.card("h.chair", sitting.RoleChair)
	martin := w.card("a.martin", sitting.RoleMember)
	strangers, _ := found(t, "House of Strangers")
	cert, key, err := strangers.IssueCard(house.Person{Common: "c.roy"})
	check(t, err)
	stranger := newCard("c.roy", cert, key)
	good := w.sign(w.order(budget), w.clerk)
	altered := w.sign(w.order("altered"), w.clerk)
	altered[len(altered)/2] ^= 1
	past := w.order("past")
	past.Opens, past.Closes = past.Opens.Add(-25*time.Hour), past.Closes.Add(-25*time.Hour)
	for name, bad := range map[string][]byte{
		"unsigned":              {0xa0},
		"nothing":               {},
		"altered":               altered,
		"of yesterday":          w.sign(past, w.clerk),
		"by an expired card":    w.sign(w.order("expired"), w.expired()),
		"cut short":             good[:len(good)-1],
		"longer":                append(append([]byte{}, good...), 0),
		"signed by a member":    w.sign(w.order("members"), martin),
		"signed by a stranger":  w.sign(w.order("strangers"), stranger),
		"another's certificate": swapped(t, w, martin),
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.t = t
			w.hand(bad, good)
			all, err := w.ask(martin)
			if !errors.Is(err, seat.ErrOrder) {
				t.Errorf("the error is %v", err)
			}
			if len(all) != 1 || all[0].Sitting != budget || all[0].Me.ID != martin.id {
				t.Errorf("sittings %+v", all)
			}
		})
	}
}

// expired is a card of the clerk's whose time is over.
func (w *world) expired() *card {
	w.t.Helper()
	now := time.Now()
	cert, key, err := w.house.IssueCard(house.Person{
		Common: "c.roy", Key: w.clerk.key, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(0, 0, -1),
	})
	check(w.t, err)
	return newCard("c.roy", cert, key)
}

// swapped is an order that a member has signed in the clerk's name.
func swapped(t *testing.T, w *world, by *card) []byte {
	t.Helper()
	signed, err := wire.SignOrder(w.order("swapped"), by.key, [][]byte{w.clerk.cert.Raw})
	if err != nil {
		return []byte("refused where it would be signed")
	}
	return signed
}

// Each way of not getting in has its own error.
func TestBadServices(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*world)
		want    error
	}{
		"nobody there":  {func(w *world) { w.address = closedPort(w.t) }, link.ErrUnreachable},
		"another House": {anotherHouse, link.ErrWrongService},
		"another name":  {anotherName, link.ErrWrongService},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			martin := w.card("a.martin", sitting.RoleMember)
			c.prepare(w)
			if all, err := w.ask(martin); !errors.Is(err, c.want) || len(all) > 0 {
				t.Errorf("sittings %v, error %v, want %v", all, err, c.want)
			}
		})
	}
}

// closedPort is where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	return l.Addr().String()
}

// anotherHouse has a server of another House answer.
func anotherHouse(w *world) {
	other, _ := found(w.t, "House of Strangers")
	cert, err := other.ServerCertificate("127.0.0.1")
	check(w.t, err)
	w.cert = cert
	w.hand()
}

// anotherName has a server of this House answer that goes by another name.
func anotherName(w *world) {
	cert, err := w.house.ServerCertificate("other.example")
	check(w.t, err)
	w.cert = cert
	w.hand()
}

// Who is on no roster is shown no sitting, and is not let in by the service.
func TestNotOnRoster(t *testing.T) {
	w := newWorld(t)
	w.card("h.chair", sitting.RoleChair)
	stranger := w.card("x.stranger", "")
	w.open()
	all, err := w.ask(stranger)
	if err != nil || len(all) != 0 {
		t.Errorf("sittings %v, error %v", all, err)
	}
	session, err := trust.NewSession(t.Context(), stranger, identitytest.Answer(identitytest.PIN), time.Now().Add(time.Hour))
	check(t, err)
	client := link.NewHTTP("https://"+w.address, trust.ClientTLS(session, w.anchors))
	defer client.Close()
	if _, err := client.Dial(t.Context(), budget); !isProblem(err) {
		t.Errorf("dialling: %v", err)
	}
	if _, _, err := client.Ticket(t.Context(), budget); !isProblem(err) {
		t.Errorf("a ticket: %v", err)
	}
	// An order that names somebody else is no invitation, even if it is handed out.
	w.stop()
	w.hand(w.sign(w.order(budget), w.clerk))
	if all, err := w.ask(stranger); err != nil || len(all) != 0 {
		t.Errorf("sittings %v, error %v", all, err)
	}
}

func isProblem(err error) bool {
	_, ok := errors.AsType[*link.Problem](err)
	return ok
}

// A wrong PIN costs one try and no more; a blocked card says so.
func TestWrongPIN(t *testing.T) {
	w := newWorld(t)
	martin := w.card("a.martin", sitting.RoleMember)
	tries := martin.Info().Tries
	signIn := func(pins ...string) (*identitytest.Asker, error) {
		ask := identitytest.Answer(pins...)
		p, err := seat.SignIn(t.Context(), martin, ask, w.options(martin.id))
		if err == nil {
			p.Close()
		}
		return ask, err
	}
	for left := tries - 1; left >= 0; left-- {
		ask, err := signIn("654321", identitytest.PIN)
		wrong, ok := errors.AsType[*identity.WrongPINError](err)
		if left == 0 && errors.Is(err, identity.ErrPINBlocked) {
			ok, wrong = true, &identity.WrongPINError{}
		}
		if !ok || wrong.Left != left || martin.Info().Tries != left {
			t.Fatalf("error %v, %d tries left, want %d", err, martin.Info().Tries, left)
		}
		if n := len(ask.Questions()); n != 1 || !ask.Wiped() {
			t.Errorf("the PIN was asked for %d times; wiped %v", n, ask.Wiped())
		}
	}
	if _, err := signIn(identitytest.PIN); !errors.Is(err, identity.ErrPINBlocked) {
		t.Errorf("blocked: %v", err)
	}
}

// A card that the House cannot accept is refused with the reason, before the
// service is asked.
func TestBadCards(t *testing.T) {
	w := newWorld(t)
	strangers, _ := found(t, "House of Strangers")
	now := time.Now()
	for name, c := range map[string]struct {
		by     *house.House
		person house.Person
		want   error
		asked  int // PINs
	}{
		"expired":        {w.house, house.Person{NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(0, 0, -1)}, &identity.Expired{}, 0},
		"not yet valid":  {w.house, house.Person{NotBefore: now.AddDate(0, 0, 1)}, &identity.NotYetValid{}, 0},
		"unknown issuer": {strangers, house.Person{}, &identity.UnknownIssuer{}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			c.person.Common = name
			cert, key, err := c.by.IssueCard(c.person)
			check(t, err)
			ask := identitytest.Answer(identitytest.PIN)
			p, err := seat.SignIn(t.Context(), newCard("a.martin", cert, key), ask, w.options("a.martin"))
			if err == nil {
				p.Close()
				t.Fatal("the card was accepted")
			}
			if !isType(err, c.want) {
				t.Errorf("error %T: %v, want %T", err, err, c.want)
			}
			if n := len(ask.Questions()); n != c.asked {
				t.Errorf("the PIN was asked for %d times, want %d", n, c.asked)
			}
		})
	}
}

// isType reports whether err, or what it wraps, has the type of want.
func isType(err, want error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if reflect.TypeOf(err) == reflect.TypeOf(want) {
			return true
		}
	}
	return false
}
