package roster

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"incamera/identity"
	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
	"incamera/sitting"
)

// opens is when the sitting of the tests opens; it closes two hours later.
var opens = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// A desk is where orders are written: a House, and cards of it.
type desk struct {
	t       *testing.T
	anchors *trust.Anchors
	house   *house.House
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	h, err := house.New(house.Options{At: opens.AddDate(0, -1, 0)})
	if err != nil {
		t.Fatal(err)
	}
	anchors, err := trust.LoadAnchors(h.AnchorsPEM())
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t: t, anchors: anchors, house: h}
}

// card issues a card and returns its chain and the names a roster knows it by.
func (d *desk) card(p house.Person) (chain [][]byte, names []string) {
	d.t.Helper()
	cert, _, err := d.house.IssueCard(p)
	if err != nil {
		d.t.Fatal(err)
	}
	return [][]byte{cert.Raw}, trust.Names(cert)
}

// written is an order as these tests sign it: what wire does is wire's to test.
type written struct {
	Order sitting.Order
	Chain [][]byte
}

func sign(t *testing.T, o sitting.Order, chain [][]byte) []byte {
	t.Helper()
	b, err := json.Marshal(written{o, chain})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var errAltered = errors.New("altered")

func open(signed []byte) (*sitting.Order, [][]byte, error) {
	var w written
	if json.Unmarshal(signed, &w) != nil {
		return nil, nil, errAltered
	}
	w.Order.Hash = sha256.Sum256(signed)
	return &w.Order, w.Chain, nil
}

func order(id sitting.ID, clerk, member []string) sitting.Order {
	return sitting.Order{
		Sitting: id, Opens: opens, Closes: opens.Add(2 * time.Hour),
		Roster: []sitting.Member{
			{ID: "c.roy", Role: sitting.RoleClerk, Cards: clerk},
			{ID: "a.martin", Role: sitting.RoleMember, Cards: member},
		},
	}
}

func TestJudge(t *testing.T) {
	d := newDesk(t)
	clerkChain, clerk := d.card(house.Person{Common: "C. Roy"})
	memberChain, member := d.card(house.Person{Common: "A. Martin"})
	strangerChain, _ := d.card(house.Person{Common: "S. Stranger"})
	lapsedChain, lapsed := d.card(house.Person{Common: "C. Roy", NotAfter: opens.Add(-time.Hour)})
	other := newDesk(t)
	foreignChain, foreign := other.card(house.Person{Common: "C. Roy"})

	var notClerk *NotClerkError
	var over *OverError
	var signer *SignerError
	for _, c := range []struct {
		name   string
		signed []byte
		at     time.Time
		want   any
	}{
		{"good", sign(t, order("budget", clerk, member), clerkChain), opens, nil},
		{"good before it opens", sign(t, order("budget", clerk, member), clerkChain), opens.Add(-time.Hour), nil},
		{"altered", []byte("x"), opens, errAltered},
		{"by a member", sign(t, order("budget", clerk, member), memberChain), opens, &notClerk},
		{"by a stranger", sign(t, order("budget", clerk, member), strangerChain), opens, &notClerk},
		{"by a lapsed card", sign(t, order("budget", lapsed, member), lapsedChain), opens, &signer},
		{"by another House's card", sign(t, order("budget", foreign, member), foreignChain), opens, &signer},
		{"unsigned", sign(t, order("budget", clerk, member), nil), opens, &signer},
		{"over", sign(t, order("budget", clerk, member), clerkChain), opens.Add(3 * time.Hour), &over},
	} {
		l, err := Judge(c.signed, open, d.anchors.Verify, c.at)
		switch want := c.want.(type) {
		case nil:
			if err != nil || l.Clerk != "c.roy" {
				t.Errorf("%s: %v, %v", c.name, l, err)
			}
		case error:
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", c.name, err, want)
			}
		default:
			if !errors.As(err, want) {
				t.Errorf("%s: %v, want %T", c.name, err, want)
			}
		}
	}
	var expired *identity.Expired
	_, err := Judge(sign(t, order("budget", lapsed, member), lapsedChain), open, d.anchors.Verify, opens)
	if !errors.As(err, &expired) {
		t.Errorf("a lapsed card: %v does not say that it expired", err)
	}
}

func TestEnters(t *testing.T) {
	d := newDesk(t)
	clerkChain, clerk := d.card(house.Person{Common: "C. Roy"})
	_, member := d.card(house.Person{Common: "A. Martin", UPN: "a.martin@example.com"})
	l, err := Judge(sign(t, order("budget", clerk, []string{"upn:a.martin@example.com"}), clerkChain), open, d.anchors.Verify, opens)
	if err != nil {
		t.Fatal(err)
	}
	names := append(member, "upn:a.martin@example.com")
	var early *EarlyError
	var over *OverError
	if _, err := l.Enters(identity.Person{Names: names}, d.anchors.Verify, opens.Add(-sitting.DoorsOpen-time.Second)); !errors.As(err, &early) {
		t.Errorf("before it opens: %v", err)
	}
	if _, err := l.Enters(identity.Person{Names: names}, d.anchors.Verify, opens.Add(3*time.Hour)); !errors.As(err, &over) {
		t.Errorf("after it closes: %v", err)
	}
	if m, err := l.Enters(identity.Person{Names: names}, d.anchors.Verify, opens); m.ID != "a.martin" || err != nil {
		t.Errorf("a member: %v, %v", m, err)
	}
	if _, err := l.Enters(identity.Person{Names: []string{"spki:00"}}, d.anchors.Verify, opens); !errors.Is(err, ErrNotOnRoster) {
		t.Errorf("a stranger: %v", err)
	}
	if _, err := l.Enters(identity.Person{}, d.anchors.Verify, opens); !errors.Is(err, ErrNotOnRoster) {
		t.Errorf("nobody: %v", err)
	}
}

// A sitting that has begun goes on by its order, whatever becomes of the file.
func TestBookBegun(t *testing.T) {
	d, path := newDesk(t), filepath.Join(t.TempDir(), "budget.order")
	clerkChain, clerk := d.card(house.Person{Common: "C. Roy"})
	_, member := d.card(house.Person{Common: "A. Martin"})
	write := func(o sitting.Order) {
		if err := os.WriteFile(path, sign(t, o, clerkChain), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	b := NewBook(filepath.Dir(path), open, d.anchors.Verify, slog.New(slog.NewTextHandler(&log, nil)))
	write(order("budget", clerk, member))
	first, err := b.Find("budget", opens)
	if err != nil {
		t.Fatal(err)
	}
	b.Begin(first)
	later := order("budget", clerk, member)
	later.Title = map[string]string{"en": "Another title"}
	write(later)
	for range 3 {
		if l, err := b.Find("budget", opens); err != nil || l.Order.Hash != first.Order.Hash {
			t.Fatalf("Find = %v, %v", l, err)
		}
	}
	if n := strings.Count(log.String(), "came too late"); n != 1 {
		t.Errorf("said %d times: %s", n, &log)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Find("budget", opens); !errors.Is(err, ErrUnknown) {
		t.Errorf("taken away: %v", err)
	}
}

func TestBook(t *testing.T) {
	d, dir := newDesk(t), t.TempDir()
	clerkChain, clerk := d.card(house.Person{Common: "C. Roy"})
	_, member := d.card(house.Person{Common: "A. Martin"})
	write := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	b := NewBook(dir, open, d.anchors.Verify, slog.New(slog.NewTextHandler(&log, nil)))
	ids := func(names []string) (list []string) {
		hers, err := b.Of(identity.Person{Names: names}, opens)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range hers {
			list = append(list, string(l.Order.Sitting))
		}
		return list
	}
	if got := ids(member); got != nil {
		t.Errorf("an empty folder lists %v", got)
	}
	budget := sign(t, order("budget", clerk, member), clerkChain)
	write("1.order", budget)
	write("2.order", sign(t, order("estimates", clerk, nil), clerkChain))
	write("3.order", []byte("garbage"))
	write("4.order", budget)
	changed := order("budget", clerk, member)
	changed.Kind = sitting.InCamera
	write("5.order", sign(t, changed, clerkChain))
	write("6.order", make([]byte, MaxOrder+1))
	write(".7.order", sign(t, order("hidden", clerk, member), clerkChain))
	for range 2 {
		if got := strings.Join(ids(member), " "); got != "budget" {
			t.Errorf("a member's: %q", got)
		}
		if got := strings.Join(ids(clerk), " "); got != "budget estimates" {
			t.Errorf("a clerk's: %q", got)
		}
	}
	for _, refused := range []string{"3.order", "5.order", "6.order"} {
		if n := strings.Count(log.String(), refused); n != 1 {
			t.Errorf("the refusal of %s was logged %d times", refused, n)
		}
	}
	l, err := b.Find("budget", opens)
	if err != nil || l.Order.Kind == sitting.InCamera {
		t.Errorf("Find = %v, %v", l, err)
	}
	if _, err := b.Find("hidden", opens); !errors.Is(err, ErrUnknown) {
		t.Errorf("Find of a hidden file's = %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "2.order")); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(ids(clerk), " "); got != "budget" {
		t.Errorf("after one is gone: %q", got)
	}
}
