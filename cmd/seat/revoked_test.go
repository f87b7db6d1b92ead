package seat_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"incamera/cmd/seat"
	"incamera/identity"
	"incamera/identity/identitytest"
	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/session"
)

// soon is how often these tests look cards up.
const soon = 200 * time.Millisecond

// publishing makes a world whose House publishes whom it has called back.
func publishing(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, data: t.TempDir(), orders: t.TempDir(), relay: relayBinary(t), address: "127.0.0.1:0"}
	var publish http.Handler
	s := httptest.NewServer(http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) { publish.ServeHTTP(a, r) }))
	t.Cleanup(s.Close)
	var err error
	w.house, err = house.New(house.Options{Name: "Test House", At: time.Now().AddDate(0, 0, -1), Address: s.URL})
	check(t, err)
	publish = w.house.Handler(time.Now, time.Hour)
	w.anchors, err = trust.LoadAnchors(w.house.AnchorsPEM())
	check(t, err)
	w.cert, err = w.house.ServerCertificate("127.0.0.1")
	check(t, err)
	w.clerk = w.card("c.roy", sitting.RoleClerk)
	return w
}

// asking looks up, in hard mode, what is published.
func (w *world) asking() *trust.Revocation {
	return trust.NewRevocation(trust.RevocationOptions{
		Anchors: w.anchors, Mode: trust.Hard, Fetch: trust.HTTP(http.DefaultClient), Interval: soon / 2, Log: w.log("revocation"),
	})
}

// A card that is called back during a sitting is out of it, and out of the
// group: the service sees it, and the others change their keys.
func TestRevokedDuringASitting(t *testing.T) {
	w := publishing(t)
	w.revocation, w.lookUp = w.asking(), soon
	all := w.meet("a.martin")
	chair, martin := all[0], all[1]
	epoch := chair.Session.State().Epoch.Number
	began := time.Now()
	w.house.Revoke(martin.card.cert, time.Now(), 1)
	<-martin.over
	if !errors.Is(martin.err, session.ErrRevoked) {
		t.Errorf("the seat ended with %v", martin.err)
	}
	martin.err = nil // as it should be
	together(t, chair)
	t.Log("out of the group after", time.Since(began))
	if v := chair.Session.State(); v.Epoch.Number <= epoch || len(v.Epoch.Leaves) != 1 {
		t.Errorf("epoch %d of %d, before it was %d", v.Epoch.Number, len(v.Epoch.Leaves), epoch)
	}
	chair.quiet()
}

// The client asks for itself, whatever the service does: when a card signs in,
// while its holder sits, and about the clerk who signed an order.
func TestClientLooksCardsUp(t *testing.T) {
	w := publishing(t)
	martin := w.card("a.martin", sitting.RoleMember)
	w.card("h.chair", sitting.RoleChair)
	w.open()
	asks := func(o *seat.Options) { o.Revocation, o.Every = w.asking(), soon }
	m := w.sit(martin, asks)
	together(t, m)
	w.house.Revoke(martin.cert, time.Now(), 1)
	<-m.over
	if revoked, ok := errors.AsType[*identity.Revoked](m.err); !ok || revoked.Reason != "keyCompromise" {
		t.Errorf("the seat ended with %v", m.err)
	}
	m.err = nil // as it should be
	if _, err := w.enter(martin, asks); !isRevoked(err) {
		t.Errorf("signing in with a card that was called back: %v", err)
	}
	singh := w.card("b.singh", sitting.RoleMember)
	w.hand(w.sign(w.order(budget), w.clerk))
	w.house.Revoke(w.clerk.cert, time.Now(), 1)
	p, err := w.enter(singh, asks)
	check(t, err)
	if orders, err := p.Sittings(t.Context()); len(orders) > 0 || !isRevoked(err) || !errors.Is(err, seat.ErrOrder) {
		t.Errorf("an order by a clerk whose card was called back: %d, %v", len(orders), err)
	}
}

func isRevoked(err error) bool {
	_, ok := errors.AsType[*identity.Revoked](err)
	return ok
}

// enter signs in.
func (w *world) enter(c *card, edit func(*seat.Options)) (*seat.Person, error) {
	w.t.Helper()
	o := w.options(c.id)
	if edit != nil {
		edit(&o)
	}
	p, err := seat.SignIn(w.t.Context(), c, identitytest.Answer(identitytest.PIN), o)
	if err == nil {
		w.t.Cleanup(p.Close)
	}
	return p, err
}
