package sitting

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"
)

// noon is when the tests' sittings open.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func testOrder(kind Kind) *Order {
	o := &Order{
		House: Names{"": "Test House"}, Sitting: "budget", Title: map[string]string{"en": "Budget"}, Kind: kind,
		Languages: []string{"en"}, Suite: "suite", Opens: noon, Closes: noon.Add(4 * time.Hour), Hash: Hash{1},
	}
	for id, role := range map[MemberID]Role{
		"chair": RoleChair, "vice": RoleChair, "clerk": RoleClerk, "clerk2": RoleClerk, "ann": RoleMember,
		"bob": RoleMember, "eve": RoleMember, "wit": RoleWitness, "int": RoleInterpreter, "cam": RoleBroadcaster,
	} {
		o.Roster = append(o.Roster, Member{ID: id, Name: string(id), Role: role, Cards: []string{"upn:" + string(id)}})
	}
	return o
}

// A floor is a sitting in the making.
type floor struct {
	*testing.T
	s        State
	counters map[MemberID]uint64
	visits   map[MemberID]int // which session the member uses
}

func open(t *testing.T, kind Kind, arrive ...MemberID) *floor {
	f := &floor{t, State{}, map[MemberID]uint64{}, map[MemberID]int{}}
	f.fact(Opened{testOrder(kind)}, nil)
	for _, id := range arrive {
		f.ask(id, f.arrival(id), nil)
	}
	return f
}

func (f *floor) session(id MemberID) Hash {
	return sha256.Sum256(fmt.Appendf(nil, "%s %d", id, f.visits[id]))
}

func (f *floor) arrival(id MemberID) Arrive {
	return Arrive{KeyPackage: []byte("key package"), Chain: [][]byte{[]byte(id)}}
}

func (f *floor) request(id MemberID, b Body) Request {
	f.counters[id]++
	return Request{
		Sitting: "budget", Order: Hash{1}, Member: id, Session: f.session(id),
		Counter: f.counters[id], Seen: Head{f.s.Seq, f.s.Head}, Body: b,
	}
}

func (f *floor) entry() Entry {
	return Entry{
		Seq: f.s.Seq + 1, Prev: f.s.Head, At: noon.Add(time.Duration(f.s.Seq) * time.Second),
		Hash: sha256.Sum256(fmt.Appendf(nil, "entry %d", f.s.Seq+1)),
	}
}

func (f *floor) apply(e Entry, want error) {
	f.Helper()
	if err := Judge(f.s, e); !errors.Is(err, want) || (err == nil) != (want == nil) {
		f.Fatalf("Judge = %v, want %v", err, want)
	}
	f.s = f.s.Apply(e)
}

func (f *floor) ask(id MemberID, b Body, want error) {
	f.Helper()
	e, r := f.entry(), f.request(id, b)
	e.Request = &r
	f.apply(e, want)
}

func (f *floor) fact(fact Fact, want error) {
	f.Helper()
	e := f.entry()
	e.Fact = fact
	f.apply(e, want)
}

// shows compares the state with a few words: seats, waiting, floor, hands.
func (f *floor) shows(want string) {
	f.Helper()
	got := ""
	for _, t := range f.s.Seats {
		got += string(t.Member) + " "
	}
	for _, t := range f.s.Waiting {
		got += "(" + string(t.Member) + ") "
	}
	for _, g := range f.s.Floor {
		got += "*" + string(g.To) + " "
	}
	for _, h := range f.s.Hands {
		got += "^" + string(h.By) + " "
	}
	if got != want {
		f.Errorf("state is %q, want %q", got, want)
	}
}

func TestFloor(t *testing.T) {
	f := open(t, Public, "chair", "ann", "bob", "int")
	f.ask("ann", RaiseHand{}, nil)
	f.ask("bob", RaiseHand{}, nil)
	f.ask("ann", RaiseHand{}, RefusedHand)
	f.shows("chair ann bob int ^ann ^bob ")
	f.ask("ann", GiveFloor{"ann"}, RefusedRole)
	f.ask("chair", GiveFloor{"eve"}, RefusedTarget)
	f.ask("chair", GiveFloor{"int"}, RefusedNoVoice)
	f.ask("chair", GiveFloor{"ann"}, nil)
	f.shows("chair ann bob int *ann ^bob ")
	f.ask("ann", RaiseHand{}, RefusedHasFloor)
	f.ask("bob", TakeFloor{"ann"}, RefusedRole)
	f.ask("ann", TakeFloor{"ann"}, nil)
	f.ask("ann", TakeFloor{"ann"}, RefusedNoFloor)
	f.ask("bob", LowerHand{}, nil)
	f.ask("bob", LowerHand{}, RefusedNoHand)
	f.ask("int", RaiseHand{}, RefusedNoVoice)
	f.ask("chair", GiveFloor{"chair"}, nil)
	f.shows("chair ann bob int *chair ")
}

func TestInCamera(t *testing.T) {
	f := open(t, InCamera, "ann", "clerk", "chair", "bob")
	f.shows("clerk chair (ann) (bob) ")
	f.ask("ann", RaiseHand{}, RefusedAbsent)
	f.ask("ann", Admit{"ann"}, RefusedAbsent)
	f.ask("chair", Admit{"ann"}, nil)
	f.ask("chair", Admit{"ann"}, RefusedTarget)
	f.shows("ann clerk chair (bob) ")
	f.ask("ann", Admit{"bob"}, RefusedRole)
	f.ask("bob", Leave{}, nil)
	f.ask("bob", f.arrival("bob"), nil)
	f.shows("ann clerk chair (bob) ")
	f.ask("clerk", Remove{Who: "bob"}, nil)
	f.shows("ann clerk chair ")
}

func TestRemove(t *testing.T) {
	f := open(t, Public, "chair", "vice", "clerk", "clerk2", "ann", "bob")
	f.ask("ann", Remove{Who: "bob"}, RefusedRole)
	f.ask("chair", Remove{Who: "clerk"}, RefusedProtect)
	f.ask("chair", Remove{Who: "vice"}, RefusedProtect)
	f.ask("clerk", Remove{Who: "clerk2"}, RefusedProtect)
	f.ask("clerk", Remove{Who: "clerk"}, RefusedSelf)
	f.ask("clerk", Remove{Who: "eve"}, RefusedTarget)
	f.ask("chair", Remove{Who: "ann", Why: string(make([]byte, MaxWhy+1))}, RefusedBody)
	f.ask("chair", GiveFloor{"ann"}, nil)
	f.ask("chair", Remove{Who: "ann", Why: "noise"}, nil)
	f.shows("chair vice clerk clerk2 bob ")
	f.ask("ann", f.arrival("ann"), RefusedRemoved)
	f.ask("bob", Admit{"ann"}, RefusedRole)
	f.ask("clerk", Admit{"ann"}, nil)
	f.ask("ann", f.arrival("ann"), nil)
	f.ask("clerk", Remove{Who: "vice"}, nil)
	f.shows("chair clerk clerk2 bob ann ")
	f.ask("bob", Close{}, RefusedRole)
	f.ask("clerk", Close{}, nil)
	f.ask("chair", GiveFloor{"ann"}, RefusedClosed)
}

// A member who comes again keeps seat, floor and place in the queue; who
// leaves keeps nothing.
func TestAgain(t *testing.T) {
	f := open(t, InCamera, "chair", "ann", "bob")
	f.ask("chair", Admit{"ann"}, nil)
	f.ask("chair", Admit{"bob"}, nil)
	f.ask("ann", RaiseHand{}, nil)
	f.ask("chair", GiveFloor{"bob"}, nil)
	f.visits["ann"]++
	f.ask("ann", LowerHand{}, RefusedSession)
	f.ask("ann", f.arrival("ann"), nil)
	f.ask("bob", f.arrival("bob"), nil)
	f.shows("chair ann bob *bob ^ann ")
	f.visits["ann"]--
	f.ask("ann", LowerHand{}, RefusedSession)
	f.ask("bob", Leave{}, nil)
	f.shows("chair ann ^ann ")
	f.fact(Left{Arrival: 7, Why: "lost"}, RefusedTarget)
	ann, _ := f.s.Seat("ann")
	f.fact(Away{ann.Arrival}, nil)
	f.fact(Away{ann.Arrival}, RefusedTarget)
	f.shows("chair ann ^ann ")
	f.fact(Back{ann.Arrival}, nil)
	f.fact(Back{ann.Arrival}, RefusedTarget)
	f.fact(Left{Arrival: ann.Arrival, Why: "lost"}, nil)
	f.shows("chair ")
	f.ask("eve", f.arrival("eve"), nil)
	eve, _ := f.s.Waits("eve")
	f.fact(Revoked{eve.Arrival}, nil)
	f.ask("eve", f.arrival("eve"), RefusedRemoved)
}

// Nothing counts twice, for another sitting, another session or out of time.
func TestBinding(t *testing.T) {
	f := open(t, Public, "chair", "ann")
	give := f.request("chair", GiveFloor{"ann"})
	for name, c := range map[string]struct {
		change func(*Request)
		want   error
	}{
		"other sitting":         {func(r *Request) { r.Sitting = "audit" }, RefusedOrder},
		"other order":           {func(r *Request) { r.Order = Hash{2} }, RefusedOrder},
		"used counter":          {func(r *Request) { r.Counter-- }, RefusedReplay},
		"no counter":            {func(r *Request) { r.Counter = 0 }, RefusedReplay},
		"another's session":     {func(r *Request) { r.Session = f.session("ann") }, RefusedSession},
		"unknown session":       {func(r *Request) { r.Session = Hash{9} }, RefusedSession},
		"head to come":          {func(r *Request) { r.Seen.Seq = 9 }, RefusedFuture},
		"other head":            {func(r *Request) { r.Seen.Hash = Hash{9} }, RefusedFuture},
		"not on the roster":     {func(r *Request) { r.Member = "mallory"; r.Session = Hash{8} }, RefusedAbsent},
		"nothing":               {func(r *Request) { r.Body = nil }, RefusedBody},
		"arrival of a replayed": {func(r *Request) { r.Body = f.arrival("chair"); r.Counter = 1 }, RefusedReplay},
	} {
		r := give
		c.change(&r)
		e := f.entry()
		e.Request = &r
		if err := Judge(f.s, e); !errors.Is(err, c.want) {
			t.Errorf("%s: Judge = %v, want %v", name, err, c.want)
		}
		if next := f.s.Apply(e); next.HasFloor("ann") || next.Seq != e.Seq || next.Head != e.Hash {
			t.Errorf("%s: had an effect, or kept no place", name)
		}
	}
	f.ask("ann", Leave{}, nil)
	f.counters["ann"] = 0
	f.ask("ann", f.arrival("ann"), RefusedReplay)
	late := f.entry()
	late.At, late.Request = noon.Add(5*time.Hour), &give
	if err := Judge(f.s, late); !errors.Is(err, RefusedClosed) {
		t.Errorf("after the sitting's time: %v", err)
	}
	for _, change := range []func(*Entry){
		func(e *Entry) { e.Seq++ }, func(e *Entry) { e.Prev = Hash{} }, func(e *Entry) { e.At = noon.Add(-time.Hour) },
		func(e *Entry) { e.Fact = Opened{testOrder(Public)} },
	} {
		e := f.entry()
		e.Fact = Closed{}
		change(&e)
		if err := Judge(f.s, e); !errors.Is(err, RefusedPlace) {
			t.Errorf("misplaced entry: %v", err)
		}
	}
}

// The first who is seated founds; when nobody has the group's keys any more,
// the next one does.
func TestFounding(t *testing.T) {
	f := open(t, Public, "ann", "bob", "chair")
	ann, _ := f.s.Seat("ann")
	bob, _ := f.s.Seat("bob")
	if f.s.Founding != ann.Arrival {
		t.Fatalf("founding is %d, want %d", f.s.Founding, ann.Arrival)
	}
	f.ask("bob", Commit{Founding: 1, Message: Hash{1}}, RefusedGroup)
	f.ask("ann", Commit{Founding: ann.Arrival, Message: Hash{1}, Welcome: Hash{1}}, RefusedBody)
	f.ask("ann", Commit{Founding: ann.Arrival, Message: Hash{1}, Epoch: 1}, RefusedEpoch)
	f.ask("chair", Confirm{Founding: ann.Arrival, Epoch: 1}, RefusedEpoch)
	f.ask("ann", Commit{Founding: ann.Arrival, Message: Hash{1}}, nil)
	f.ask("chair", Confirm{Founding: ann.Arrival, Epoch: 1}, nil)
	f.ask("chair", Confirm{Founding: ann.Arrival, Epoch: 1}, RefusedEpoch)
	if n, of := f.s.Confirmed(1); n != 1 || of != 3 {
		t.Errorf("%d of %d confirmed, want 1 of 3", n, of)
	}
	f.ask("ann", Leave{}, nil)
	if f.s.Founding != ann.Arrival {
		t.Error("founded anew while the chair has the keys")
	}
	f.ask("chair", Leave{}, nil)
	if f.s.Founding != bob.Arrival {
		t.Errorf("founding is %d, want %d", f.s.Founding, bob.Arrival)
	}
	f.ask("bob", Leave{}, nil)
	if f.s.Founding != 0 {
		t.Error("a group of nobody")
	}
}
