package sitting

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// Whatever is asked by whomever, states keep what they promise, and old ones
// never change.
func TestRandomWalk(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		kind := []Kind{Public, InCamera}[seed%2]
		f := open(t, kind)
		var past []State
		var frozen []string
		for range 300 {
			e := f.entry()
			if rng.IntN(8) == 0 {
				e.Fact = anyFact(rng, f)
			} else {
				r := anyRequest(rng, f)
				e.Request = &r
			}
			before := f.s
			refused := Judge(f.s, e) != nil
			f.s = f.s.Apply(e)
			if refused && !reflect.DeepEqual(placed(before, e), f.s) {
				t.Fatalf("seed %d: refused, and had an effect: %+v", seed, e)
			}
			holds(t, f.s)
			past, frozen = append(past, f.s), append(frozen, fmt.Sprintf("%+v", f.s))
		}
		for i, s := range past {
			if fmt.Sprintf("%+v", s) != frozen[i] {
				t.Fatalf("seed %d: state %d has changed", seed, i)
			}
		}
	}
}

// placed is s with nothing of e but its place.
func placed(s State, e Entry) State {
	s.Seq, s.Head, s.At = e.Seq, e.Hash, e.At
	return s
}

func anyMember(rng *rand.Rand, f *floor) MemberID {
	return f.s.Order.Roster[rng.IntN(len(f.s.Order.Roster))].ID
}

func anyFact(rng *rand.Rand, f *floor) Fact {
	arrival := uint64(rng.IntN(int(f.s.Seq) + 1))
	if n := len(f.s.Seats); n > 0 && rng.IntN(2) == 0 {
		arrival = f.s.Seats[rng.IntN(n)].Arrival
	}
	return []Fact{Away{arrival}, Back{arrival}, Left{arrival, "lost"}, Revoked{arrival}, Opened{f.s.Order}}[rng.IntN(5)]
}

func anyRequest(rng *rand.Rand, f *floor) Request {
	id, other := anyMember(rng, f), anyMember(rng, f)
	if rng.IntN(2) == 0 {
		id = []MemberID{"chair", "clerk"}[rng.IntN(2)]
	}
	if rng.IntN(20) == 0 {
		f.visits[id]++
	}
	epoch := uint64(rng.IntN(4))
	bodies := []Body{
		f.arrival(id), f.arrival(id), f.arrival(id),
		Leave{},
		RaiseHand{},
		LowerHand{},
		GiveFloor{other},
		GiveFloor{id},
		TakeFloor{other},
		Admit{other},
		Remove{Who: other},
		Commit{Founding: f.s.Founding, Epoch: epoch, Message: Hash{1}},
		Confirm{Founding: f.s.Founding, Epoch: epoch},
	}
	r := f.request(id, bodies[rng.IntN(len(bodies))])
	if rng.IntN(20) == 0 {
		r.Counter = uint64(rng.IntN(3))
	}
	return r
}

// holds checks what is true of every state.
func holds(t *testing.T, s State) {
	t.Helper()
	var here []MemberID
	for _, list := range [][]Seat{s.Seats, s.Waiting} {
		if !slices.IsSortedFunc(list, func(a, b Seat) int { return int(a.Arrival) - int(b.Arrival) }) {
			t.Fatal("not in the order of arrival")
		}
		for _, seat := range list {
			if slices.Contains(here, seat.Member) || slices.Contains(s.Removed, seat.Member) {
				t.Fatalf("%s sits twice, or is removed", seat.Member)
			}
			here = append(here, seat.Member)
		}
	}
	for _, g := range s.Floor {
		if _, ok := s.Seat(g.To); !ok || !s.Role(g.To).Speaks() || s.Role(g.By) != RoleChair || s.HandUp(g.To) {
			t.Fatalf("%+v has the floor", g)
		}
	}
	for _, h := range s.Hands {
		if _, ok := s.Seat(h.By); !ok || !s.Role(h.By).Speaks() {
			t.Fatalf("%s has a hand up", h.By)
		}
	}
	founder := func(seat Seat) bool { return seat.Group == s.Founding }
	if s.Founding == 0 != (len(s.Seats) == 0) || s.Founding != 0 && !slices.ContainsFunc(s.Seats, founder) {
		t.Fatalf("founding %d, seats %+v", s.Founding, s.Seats)
	}
	for _, seat := range s.Seats {
		if seat.Group == s.Founding && seat.Confirmed > s.Offered {
			t.Fatalf("%s has confirmed what was never offered", seat.Member)
		}
	}
}

// What is on the roster is judged before anything else.
func TestCheck(t *testing.T) {
	if err := testOrder(Public).Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Order){
		"id":              func(o *Order) { o.Sitting = "The Budget" },
		"house":           func(o *Order) { o.House = nil },
		"house unsaid":    func(o *Order) { o.House = Names{"": "", "en": "House"} },
		"two lines there": func(o *Order) { o.House = Names{"": "House\nof Commons"} },
		"house in part":   func(o *Order) { o.House = Names{"en": "House", "fr": ""} },
		"foreign house":   func(o *Order) { o.House = Names{"en": "House", "fr": "Chambre"} },
		"two houses":      func(o *Order) { o.House = Names{"": "House", "en": "House"} },
		"kind":            func(o *Order) { o.Kind = "secret" },
		"suite":           func(o *Order) { o.Suite = "" },
		"time":            func(o *Order) { o.Closes = o.Opens },
		"nobody":          func(o *Order) { o.Roster = nil },
		"too many":        func(o *Order) { o.Roster = make([]Member, MaxRoster+1) },
		"no language":     func(o *Order) { o.Languages = nil },
		"odd language":    func(o *Order) { o.Languages = []string{"e"} },
		"no title":        func(o *Order) { o.Languages = []string{"fr"} },
		"foreign title":   func(o *Order) { o.Title = map[string]string{"en": "Budget", "fr": "Budget"} },
		"two lines":       func(o *Order) { o.Title = map[string]string{"en": "Budget\nAudit"} },
		"twice":           func(o *Order) { o.Roster[0].ID = o.Roster[1].ID },
		"odd id":          func(o *Order) { o.Roster[0].ID = "Ann" },
		"no name":         func(o *Order) { o.Roster[0].Name = "" },
		"odd role":        func(o *Order) { o.Roster[0].Role = "king" },
		"odd party":       func(o *Order) { o.Roster[0].Party = "\x00" },
		"no card":         func(o *Order) { o.Roster[0].Cards = nil },
		"card of another": func(o *Order) { o.Roster[0].Cards = o.Roster[1].Cards },
		"nameless card":   func(o *Order) { o.Roster[0].Cards = []string{""} },
		"too many cards":  func(o *Order) { o.Roster[0].Cards = make([]string, MaxCards+1) },
		"no chair": func(o *Order) {
			o.Roster = slices.DeleteFunc(o.Roster, func(m Member) bool { return m.Role == RoleChair })
		},
	} {
		o := testOrder(Public)
		change(o)
		if o.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
	o := testOrder(Public)
	if m, ok := o.Known([]string{"upn:nobody", "upn:ann"}); !ok || m.ID != "ann" {
		t.Errorf("Known = %v, %v", m, ok)
	}
	if _, ok := (*Order)(nil).Member("ann"); ok {
		t.Error("a member of no order")
	}
}

func BenchmarkApply(b *testing.B) {
	o := testOrder(Public)
	o.Roster = append(o.Roster, make([]Member, 0, 400)...)
	s := State{Order: o}
	for i := range 338 {
		s.Seats = append(s.Seats, Seat{Member: MemberID(fmt.Sprint(i)), Arrival: uint64(i + 2), Session: Hash{byte(i), byte(i >> 8)}})
	}
	last := s.Seats[337]
	o.Roster = append(o.Roster, Member{ID: last.Member, Role: RoleChair})
	s.Seq, s.Founding = 400, 2
	r := Request{Sitting: o.Sitting, Order: o.Hash, Member: last.Member, Session: last.Session, Counter: 1, Body: GiveFloor{last.Member}}
	e := Entry{Seq: 401, At: noon.Add(time.Minute), Request: &r}
	b.ReportAllocs()
	for b.Loop() {
		if next := s.Apply(e); len(next.Floor) != 1 {
			b.Fatal("no effect")
		}
	}
}
