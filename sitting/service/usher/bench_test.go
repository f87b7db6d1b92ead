package usher

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"incamera/identity"
	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/wire"
)

// A sink is a link that takes everything.
type sink struct {
	in    chan wire.Message
	taken int // by the writer's goroutine alone
	whole chan struct{}
	until int
}

func (l *sink) Messages() <-chan wire.Message { return l.in }

func (l *sink) Feed(_ context.Context, m wire.Message) error {
	if _, ok := m.(wire.Entry); ok {
		if l.taken++; l.taken == l.until {
			close(l.whole)
		}
	}
	return nil
}

func (l *sink) End(string) {}
func (l *sink) Close()     {}

// BenchmarkArrivals is a House that comes in all at once: the time from the
// first request until each of its members has been told of all.
func BenchmarkArrivals(b *testing.B) {
	const members = 338
	cert, order, signed := benchOrder(b, members)
	arrivals := benchArrivals(b, order, members)
	for b.Loop() {
		u := New(Options{
			Signed: signed, Opened: order, Order: newTape(), Relay: newRoom(), Key: cert.PrivateKey.(*ecdsa.PrivateKey),
			Certificate: cert.Certificate[0], Grace: time.Minute, Now: func() time.Time { return opens },
			Log: slog.New(slog.DiscardHandler),
			Verify: func(chain [][]byte, _ time.Time) (identity.Person, error) {
				return identity.Person{Names: []string{"spki:" + fmt.Sprintf("%x", wire.HashOf(chain[0]))}}, nil
			},
		})
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- u.Run(ctx) }()
		<-u.Ready()
		links := make([]*sink, members)
		for i, a := range arrivals {
			links[i] = &sink{in: make(chan wire.Message, 2), whole: make(chan struct{}), until: members + 1}
			links[i].in <- wire.Hello{}
			links[i].in <- wire.Request{Signed: a.signed}
			go func() { _ = u.Serve(ctx, a.who, links[i]) }()
		}
		for _, l := range links {
			<-l.whole
		}
		cancel()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
	}
}

type arrival struct {
	who    Who
	signed []byte
}

func memberID(i int) sitting.MemberID { return sitting.MemberID(fmt.Sprintf("m.%d", i)) }

func benchArrivals(b *testing.B, order *sitting.Order, members int) []arrival {
	b.Helper()
	h, err := house.New(house.Options{At: opens.AddDate(0, -1, 0)})
	if err != nil {
		b.Fatal(err)
	}
	list := make([]arrival, members)
	for i := range list {
		own, der := benchSession(b, h)
		chain := [][]byte{der}
		order.Roster[i+1].Cards = []string{"spki:" + fmt.Sprintf("%x", wire.HashOf(der))}
		signed, err := wire.SignRequest(sitting.Request{
			Sitting: order.Sitting, Order: order.Hash, Member: memberID(i), Counter: 1,
			Body: sitting.Arrive{KeyPackage: make([]byte, 2500)},
		}, own, chain)
		if err != nil {
			b.Fatal(err)
		}
		list[i] = arrival{Who{Member: memberID(i), Session: wire.HashOf(der), Chain: chain, Expires: opens.Add(time.Hour)}, signed}
	}
	return list
}

func benchSession(b *testing.B, h *house.House) (*ecdsa.PrivateKey, []byte) {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	cert, _, err := h.IssueCard(house.Person{Common: "x", Key: key})
	if err != nil {
		b.Fatal(err)
	}
	return key, cert.Raw
}

// benchOrder is the order of a House with so many members and a clerk, who signs it.
func benchOrder(b *testing.B, members int) (tls.Certificate, *sitting.Order, []byte) {
	b.Helper()
	h, err := house.New(house.Options{At: opens.AddDate(0, -1, 0)})
	if err != nil {
		b.Fatal(err)
	}
	service, err := h.ServerCertificate("127.0.0.1")
	if err != nil {
		b.Fatal(err)
	}
	clerk, key, err := h.IssueCard(house.Person{Common: "clerk"})
	if err != nil {
		b.Fatal(err)
	}
	o := &sitting.Order{
		House: sitting.Names{"": "Test House"}, Sitting: "budget", Title: map[string]string{"en": "Budget"}, Kind: sitting.Public,
		Languages: []string{"en"}, Suite: "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
		Opens: opens, Closes: opens.Add(2 * time.Hour),
		Roster: []sitting.Member{{ID: "c.roy", Name: "C. Roy", Role: sitting.RoleChair, Cards: trust.Names(clerk)[:1]}},
	}
	for i := range members {
		id := memberID(i)
		o.Roster = append(o.Roster, sitting.Member{ID: id, Name: string(id), Role: sitting.RoleMember, Cards: []string{"spki:" + string(id)}})
	}
	signed, err := wire.SignOrder(o, key, [][]byte{clerk.Raw})
	if err != nil {
		b.Fatal(err)
	}
	o.Hash = wire.HashOf(signed)
	return service, o, signed
}
