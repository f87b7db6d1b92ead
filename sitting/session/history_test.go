package session

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"math/big"
	"reflect"
	"testing"
	"time"

	"incamera/identity"
	"incamera/sitting"
	"incamera/sitting/wire"
)

// A scribe writes entries for one history.
type scribe struct {
	t     testing.TB
	key   *ecdsa.PrivateKey
	chain [][]byte
	order []byte
	o     Options
	h     *history
}

func newScribe(t testing.TB) *scribe {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: noon, NotAfter: noon.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	s := &scribe{t: t, key: key, chain: [][]byte{der}}
	s.order, err = wire.SignOrder(&sitting.Order{
		House: sitting.Names{"": "House"}, Sitting: "budget", Title: map[string]string{"en": "Budget"}, Kind: sitting.Public,
		Languages: []string{"en"}, Suite: suite, Opens: noon, Closes: noon.Add(time.Hour),
		Roster: []sitting.Member{
			{ID: "ann", Name: "Ann", Role: sitting.RoleClerk, Cards: []string{"upn:ann"}},
			{ID: "bob", Name: "Bob", Role: sitting.RoleChair, Cards: []string{"upn:bob"}},
		},
	}, key, s.chain)
	if err != nil {
		t.Fatal(err)
	}
	s.o = Options{
		Order: s.order, Me: "ann", Chain: s.chain, Now: func() time.Time { return noon },
		Verify: func([][]byte, time.Time) (identity.Person, error) {
			return identity.Person{Names: []string{"upn:ann"}, NotAfter: noon.Add(time.Hour)}, nil
		},
	}
	s.begin()
	return s
}

// begin begins the history anew.
func (s *scribe) begin() {
	s.t.Helper()
	var err error
	if s.h, err = newHistory(&s.o); err != nil {
		s.t.Fatal(err)
	}
}

// next writes the entry that follows, after change.
func (s *scribe) next(e sitting.Entry, change func(*sitting.Entry)) []byte {
	s.t.Helper()
	e.Seq, e.Prev, e.At = s.h.state.Seq+1, s.h.state.Head, noon.Add(time.Duration(s.h.state.Seq)*time.Second)
	if change != nil {
		change(&e)
	}
	b, err := wire.EncodeEntry(e)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (s *scribe) opened() sitting.Entry {
	return sitting.Entry{Fact: sitting.Opened{Order: s.h.order}, Signed: s.order}
}

func (s *scribe) asks(counter uint64, body sitting.Body) sitting.Entry {
	s.t.Helper()
	r := sitting.Request{
		Sitting: "budget", Order: s.h.order.Hash, Member: "ann", Counter: counter, Seen: s.h.head(), Body: body,
	}
	signed, err := wire.SignRequest(r, s.key, s.chain)
	if err != nil {
		s.t.Fatal(err)
	}
	return sitting.Entry{Request: &r, Signed: signed}
}

func (s *scribe) take(b []byte, want error, effect bool) {
	s.t.Helper()
	got, err := s.h.take(b)
	if !errors.Is(err, want) || (err == nil) != (want == nil) || err == nil && got.effect != effect {
		s.t.Fatalf("take = %v, effect %v; want %v, %v", err, got.effect, want, effect)
	}
}

func TestTake(t *testing.T) {
	s := newScribe(t)
	first := s.next(s.opened(), nil)
	s.take(s.next(s.opened(), func(e *sitting.Entry) { e.Seq = 2 }), errGap, false)
	s.take(first, nil, true)
	s.take(first, errSeen, false)
	s.take(s.next(s.opened(), func(e *sitting.Entry) { e.Seq, e.Prev, e.At = 1, sitting.Hash{}, noon.Add(time.Minute) }), ErrSplit, false)
	s.take(s.next(sitting.Entry{Fact: sitting.Closed{}}, func(e *sitting.Entry) { e.Prev = sitting.Hash{1} }), ErrSplit, false)
	s.take([]byte("garbage"), wire.ErrMalformed, false)
	s.take(s.next(s.opened(), nil), nil, false) // once is enough
	arrive := s.asks(1, sitting.Arrive{KeyPackage: []byte("key package")})
	s.take(s.next(arrive, nil), nil, true)
	s.take(s.next(arrive, nil), nil, false)
	s.take(s.next(s.asks(2, sitting.RaiseHand{}), nil), nil, true)
	late := s.asks(3, sitting.LowerHand{})
	s.take(s.next(late, func(e *sitting.Entry) { e.At = noon.Add(-time.Minute) }), nil, false)
	s.take(s.next(s.asks(4, sitting.LowerHand{}), func(e *sitting.Entry) { e.At = noon.Add(time.Minute) }), nil, true)
	if len(s.h.state.Hands) != 0 || len(s.h.state.Seats) != 1 || s.h.state.Seq != 7 {
		t.Errorf("state %+v", s.h.state)
	}
}

// A head that names what is to come is compared when that comes.
func TestPromise(t *testing.T) {
	s := newScribe(t)
	s.take(s.next(s.opened(), nil), nil, true)
	b := s.next(sitting.Entry{Fact: sitting.Closed{}}, nil)
	if err := s.h.promise(sitting.Head{Seq: 2, Hash: wire.HashOf(b)}); err != nil {
		t.Error(err)
	}
	for i := range uint64(3 * maxPromised) {
		if err := s.h.promise(sitting.Head{Seq: 1000 + i}); err != nil {
			t.Error(err)
		}
	}
	if len(s.h.promised) > maxPromised {
		t.Errorf("%d heads are kept", len(s.h.promised))
	}
	if err := s.h.promise(sitting.Head{Seq: 2, Hash: sitting.Hash{1}}); !errors.Is(err, ErrSplit) {
		t.Errorf("two promises: %v", err)
	}
	s.take(b, nil, true)
	if err := s.h.promise(sitting.Head{Seq: 3, Hash: sitting.Hash{1}}); err != nil {
		t.Error(err)
	}
	s.take(s.next(sitting.Entry{Fact: sitting.Closed{}}, nil), ErrSplit, false)
	if err := s.h.promise(sitting.Head{Seq: 1}); !errors.Is(err, ErrSplit) {
		t.Errorf("another first entry: %v", err)
	}
	if err := s.h.promise(sitting.Head{Hash: sitting.Hash{1}}); !errors.Is(err, ErrSplit) {
		t.Errorf("another beginning: %v", err)
	}
}

// What an earlier session has seen still counts.
func TestSeenBefore(t *testing.T) {
	s := newScribe(t)
	b := s.next(s.opened(), nil)
	s.o.Seen = sitting.Head{Seq: 1, Hash: wire.HashOf(b)}
	s.begin()
	s.take(b, nil, true)
	s.o.Seen.Hash[0] ^= 1
	s.begin()
	s.take(b, ErrSplit, false)
}

// Whatever comes, the history has one hash for each entry, and what is not
// taken changes nothing.
func FuzzTake(f *testing.F) {
	s := newScribe(f)
	f.Add(s.next(s.opened(), nil))
	s.take(s.next(s.opened(), nil), nil, true)
	f.Add(s.next(s.asks(1, sitting.Arrive{KeyPackage: []byte("key package")}), nil))
	f.Add(s.next(s.asks(2, sitting.RaiseHand{}), nil))
	f.Add(s.next(sitting.Entry{Fact: sitting.Closed{}}, nil))
	base := *s.h
	f.Fuzz(func(t *testing.T, b []byte) {
		h := base
		st, err := h.take(b)
		if err != nil && !reflect.DeepEqual(h.state, base.state) {
			t.Errorf("not taken (%v), and changed", err)
		}
		if err == nil && (h.state.Seq != base.state.Seq+1 || h.state.Head != wire.HashOf(b)) {
			t.Errorf("taken at %d", h.state.Seq)
		}
		if len(h.hashes) != int(h.state.Seq) || err == nil && !st.effect && st.alarm == nil {
			t.Errorf("%d hashes for %d entries; no effect, and no alarm", len(h.hashes), h.state.Seq)
		}
	})
}
