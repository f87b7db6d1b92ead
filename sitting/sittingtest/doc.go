// Package sittingtest is a sitting in memory: a House that issues real
// certificates, a service that orders entries and can be made to cheat, links
// over pipes that can be cut and made to wobble, and real sessions with real
// groups on them. It is for tests, and for nothing else; it owns the goroutines
// that it starts and ends them with the test.
//
// All of it works inside a testing/synctest bubble.
package sittingtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"testing"
	"time"

	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/wire"
)

// Suite is the quickest of the suites.
const Suite = "MLS_128_DHKEMP256_AES128GCM_SHA256_P256"

// A Setup says what is peculiar about a sitting.
type Setup struct {
	Kind    sitting.Kind                      // "" is public
	Suite   string                            // "" is [Suite]
	Members map[sitting.MemberID]sitting.Role // chair and clerk are there in any case
}

// A Table is a sitting to be held, and all that belongs to it.
type Table struct {
	t       testing.TB
	Anchors *trust.Anchors
	Order   *sitting.Order
	Signed  []byte // the order
	Hall    *Hall

	house *house.House
	cards map[sitting.MemberID]card

	counter uint64 // of what was signed here
}

type card struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// New lays a table.
func New(t testing.TB, s Setup) *Table {
	t.Helper()
	h, err := house.New(house.Options{At: time.Now()})
	must(t, err)
	anchors, err := trust.LoadAnchors(h.AnchorsPEM())
	must(t, err)
	tb := &Table{t: t, Anchors: anchors, house: h, cards: map[sitting.MemberID]card{}}
	tb.Signed = tb.sign(s, "budget")
	tb.Order, _, err = wire.OpenOrder(tb.Signed)
	must(t, err)
	tb.Hall = newHall(t, tb)
	return tb
}

// sign issues the cards of those who have none and has the clerk sign an order.
func (tb *Table) sign(s Setup, id sitting.ID) []byte {
	o := &sitting.Order{
		House: sitting.Names{"": tb.house.Name()}, Sitting: id, Title: map[string]string{"en": "The budget"}, Kind: sitting.Public,
		Languages: []string{"en"}, Suite: Suite, Opens: time.Now(), Closes: time.Now().Add(4 * time.Hour),
	}
	if s.Kind != "" {
		o.Kind = s.Kind
	}
	if s.Suite != "" {
		o.Suite = s.Suite
	}
	roster := map[sitting.MemberID]sitting.Role{"chair": sitting.RoleChair, "clerk": sitting.RoleClerk}
	for m, role := range s.Members {
		roster[m] = role
	}
	for m, role := range roster {
		if _, ok := tb.cards[m]; !ok {
			tb.cards[m] = tb.issue(string(m))
		}
		o.Roster = append(o.Roster, sitting.Member{
			ID: m, Name: string(m), Role: role, Cards: []string{"upn:" + string(m) + "@house.test"},
		})
	}
	clerk := tb.cards["clerk"]
	signed, err := wire.SignOrder(o, clerk.key, [][]byte{clerk.cert.Raw})
	must(tb.t, err)
	return signed
}

func (tb *Table) issue(name string) card {
	cert, key, err := tb.house.IssueCard(house.Person{Common: name, UPN: name + "@house.test"})
	must(tb.t, err)
	return card{cert, key}
}

// A Person is somebody who has signed in.
type Person struct {
	ID    sitting.MemberID
	Key   *ecdsa.PrivateKey
	Chain [][]byte // session certificate, card certificate
}

// SignIn has a member's card certify a new session key.
func (tb *Table) SignIn(id sitting.MemberID) Person {
	tb.t.Helper()
	c, ok := tb.cards[id]
	if !ok {
		c = tb.issue(string(id)) // a card of the House, but not on the roster
		tb.cards[id] = c
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(tb.t, err)
	now := time.Now()
	der, err := trust.Issue(c.cert, c.key, &key.PublicKey, now.Add(-time.Minute), now.Add(8*time.Hour))
	must(tb.t, err)
	return Person{id, key, [][]byte{der, c.cert.Raw}}
}

// Sign signs a request of p for a sitting that goes by order, as of a head.
// The counter is higher than any that a session uses.
func (tb *Table) Sign(p Person, order *sitting.Order, seen sitting.Head, body sitting.Body) []byte {
	tb.t.Helper()
	tb.counter++
	signed, err := wire.SignRequest(sitting.Request{
		Sitting: order.Sitting, Order: order.Hash, Member: p.ID, Counter: 1<<20 + tb.counter, Seen: seen, Body: body,
	}, p.Key, p.Chain)
	must(tb.t, err)
	return signed
}

// Another returns the order of another sitting with the same people.
func (tb *Table) Another(s Setup) *sitting.Order {
	tb.t.Helper()
	o, _, err := wire.OpenOrder(tb.sign(s, "audit"))
	must(tb.t, err)
	return o
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
