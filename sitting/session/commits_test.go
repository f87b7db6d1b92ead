package session

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"math/big"
	"reflect"
	"testing"
	"time"

	"incamera/e2ee"
	"incamera/sitting"
)

const suite = "MLS_128_DHKEMP256_AES128GCM_SHA256_P256"

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// A guest has a certificate of its own making, and what goes into a state.
type guest struct {
	seat sitting.Seat
	leaf e2ee.Leaf
}

// guests are n members who arrived one after the other; the first two are in
// the group, in leaf order.
func guests(t *testing.T, names ...sitting.MemberID) []guest {
	t.Helper()
	var all []guest
	for i, name := range names {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(int64(i + 1)), NotBefore: noon, NotAfter: noon.Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		chain := [][]byte{der}
		kp, err := e2ee.NewKeyPackage(suite, e2ee.Identity{Signer: key, Chain: chain}, noon)
		if err != nil {
			t.Fatal(err)
		}
		own, err := e2ee.KeyOf(kp.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, guest{
			sitting.Seat{
				Member: name, Arrival: uint64(i + 2), Session: sha256.Sum256(der), Chain: chain, KeyPackage: kp.Bytes(),
			},
			e2ee.Leaf{Index: uint32(i), Member: string(name), Key: own, Chain: chain},
		})
	}
	return all
}

func seated(founding uint64, seats ...sitting.Seat) sitting.State {
	return sitting.State{Seq: 20, Founding: founding, Seats: seats}
}

func in(t sitting.Seat) sitting.Seat { t.Group = 2; return t }

func TestAdmissible(t *testing.T) {
	g := guests(t, "ann", "bob", "cyd", "dan")
	ann, bob, cyd, dan := g[0], g[1], g[2], g[3]
	h := &history{hashes: make([]sitting.Hash, 20)}
	for i := range h.hashes {
		h.hashes[i][0] = byte(i + 1)
	}
	aad := func(seq uint64, hash byte) []byte {
		return appendAAD(nil, sitting.Head{Seq: seq, Hash: sitting.Hash{hash}})
	}
	leaves := []e2ee.Leaf{ann.leaf, bob.leaf}
	anew := cyd // bob has arrived again, with the same session
	anew.seat, anew.leaf = bob.seat, bob.leaf
	anew.seat.Arrival = 19
	state := seated(2, in(ann.seat), in(bob.seat), cyd.seat)
	for name, c := range map[string]struct {
		facts facts
		adds  []uint64
		state sitting.State
		want  string
	}{
		"adds one":        {facts{ann.leaf, []e2ee.Leaf{cyd.leaf}, nil, aad(18, 18)}, []uint64{4}, state, ""},
		"adds nobody":     {facts{ann.leaf, nil, nil, aad(18, 18)}, nil, state, ""},
		"removes gone":    {facts{ann.leaf, nil, []e2ee.Leaf{bob.leaf}, aad(18, 18)}, nil, seated(2, in(ann.seat)), ""},
		"another's":       {facts{bob.leaf, nil, nil, aad(18, 18)}, nil, state, "session: another member's commit"},
		"no head":         {facts{ann.leaf, nil, nil, nil}, nil, state, "session: commit names no head"},
		"another head":    {facts{ann.leaf, nil, nil, aad(18, 17)}, nil, state, "session: commit names another head"},
		"a head to come":  {facts{ann.leaf, nil, nil, aad(21, 0)}, nil, state, "session: commit names another head"},
		"adds unsaid":     {facts{ann.leaf, []e2ee.Leaf{cyd.leaf}, nil, aad(18, 18)}, nil, state, "session: commit adds others than it says"},
		"adds another":    {facts{ann.leaf, []e2ee.Leaf{dan.leaf}, nil, aad(18, 18)}, []uint64{4}, state, "session: commit adds others than it says"},
		"adds other key":  {facts{ann.leaf, []e2ee.Leaf{{Member: "cyd", Key: "x", Chain: cyd.leaf.Chain}}, nil, aad(18, 18)}, []uint64{4}, state, "session: commit adds others than it says"},
		"removes seated":  {facts{ann.leaf, nil, []e2ee.Leaf{bob.leaf}, aad(18, 18)}, nil, state, "session: commit removes bob, who has a seat"},
		"overtaken":       {facts{ann.leaf, nil, []e2ee.Leaf{bob.leaf}, aad(18, 18)}, nil, seated(2, in(ann.seat), anew.seat), errWasAllowed.Error()},
		"adds anew":       {facts{ann.leaf, []e2ee.Leaf{bob.leaf}, []e2ee.Leaf{bob.leaf}, aad(19, 19)}, []uint64{19}, seated(2, in(ann.seat), anew.seat), ""},
		"adds anew twice": {facts{ann.leaf, []e2ee.Leaf{bob.leaf}, nil, aad(19, 19)}, []uint64{19}, seated(2, in(ann.seat), anew.seat), "session: commit adds bob twice"},
	} {
		f := offered{seq: 21, by: ann.seat, commit: sitting.Commit{Founding: 2, Adds: c.adds}, before: c.state}
		err := admissible(c.facts, f, leaves, h)
		if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestOwing(t *testing.T) {
	g := guests(t, "ann", "bob", "cyd")
	ann, bob, cyd := g[0], g[1], g[2]
	again := bob.seat
	again.Arrival = 19
	placed := map[sitting.Hash]uint64{ann.seat.Session: 2, bob.seat.Session: 3}
	leaves := []e2ee.Leaf{ann.leaf, bob.leaf}
	for name, c := range map[string]struct {
		state    sitting.State
		unusable map[uint64]bool
		adds     []sitting.Seat
		removes  []e2ee.Leaf
	}{
		"nothing":     {seated(2, in(ann.seat), bob.seat), nil, nil, nil},
		"an arrival":  {seated(2, in(ann.seat), bob.seat, cyd.seat), nil, []sitting.Seat{cyd.seat}, nil},
		"of no use":   {seated(2, in(ann.seat), bob.seat, cyd.seat), map[uint64]bool{4: true}, nil, nil},
		"a departure": {seated(2, in(ann.seat)), nil, nil, []e2ee.Leaf{bob.leaf}},
		"both":        {seated(2, in(ann.seat), cyd.seat), nil, []sitting.Seat{cyd.seat}, []e2ee.Leaf{bob.leaf}},
		"anew":        {seated(2, in(ann.seat), again), nil, []sitting.Seat{again}, []e2ee.Leaf{bob.leaf}},
	} {
		got := owing(c.state, leaves, placed, c.unusable)
		if !reflect.DeepEqual(got, change{c.adds, c.removes}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestMyTurn(t *testing.T) {
	g := guests(t, "ann", "bob", "cyd")
	away := in(g[0].seat)
	away.Away = true
	leaves := []e2ee.Leaf{g[0].leaf, g[1].leaf, g[2].leaf}
	all := seated(2, in(g[0].seat), in(g[1].seat), in(g[2].seat))
	for name, c := range map[string]struct {
		state   sitting.State
		who     int
		silence time.Duration
		want    bool
	}{
		"first":                 {all, 0, 0, true},
		"second":                {all, 1, turn - 1, false},
		"second after silence":  {all, 1, turn, true},
		"third after a silence": {all, 2, 2*turn - 1, false},
		"third after two":       {all, 2, 2 * turn, true},
		"first is away":         {seated(2, away, in(g[1].seat)), 1, 0, true},
		"first has no keys":     {seated(2, g[0].seat, in(g[1].seat)), 1, 0, true},
		"gone":                  {seated(2, in(g[1].seat)), 0, time.Hour, false},
	} {
		if got := myTurn(c.state, leaves, g[c.who].seat.Session, c.silence); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestOutvoted(t *testing.T) {
	g := guests(t, "ann", "bob", "cyd", "dan")
	id := func(i int) sitting.Hash { return g[i].seat.Session }
	all := seated(2, in(g[0].seat), in(g[1].seat), in(g[2].seat), g[3].seat)
	for name, c := range map[string]struct {
		said map[sitting.Hash]string
		me   int
		want bool
	}{
		"nobody":               {nil, 1, false},
		"agreed":               {map[sitting.Hash]string{id(0): "a", id(2): "a"}, 1, false},
		"alone":                {map[sitting.Hash]string{id(0): "b", id(2): "b"}, 1, true},
		"a tie with the elder": {map[sitting.Hash]string{id(0): "b"}, 1, true},
		"a tie as the elder":   {map[sitting.Hash]string{id(1): "b"}, 0, false},
		"one liar":             {map[sitting.Hash]string{id(0): "a", id(2): "b"}, 1, false},
		"no keys, no vote":     {map[sitting.Hash]string{id(3): "b", id(0): "a"}, 1, false},
		"three ways":           {map[sitting.Hash]string{id(0): "b", id(2): "c"}, 1, true},
	} {
		if got := outvoted(all, c.said, id(c.me), "a"); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestBehind(t *testing.T) {
	at := func(epochs ...uint64) sitting.State {
		s := seated(2)
		for _, e := range epochs {
			s.Seats = append(s.Seats, sitting.Seat{Group: 2, Confirmed: e})
		}
		s.Seats = append(s.Seats, sitting.Seat{Group: 1, Confirmed: 99})
		return s
	}
	for _, c := range []struct {
		state sitting.State
		want  bool
	}{
		{at(3), false}, {at(3, 3), false}, {at(3, 4), true}, {at(3, 4, 3), false}, {at(3, 4, 5), true}, {at(), false},
	} {
		if got := behind(c.state, 3); got != c.want {
			t.Errorf("%+v: %v", c.state.Seats, got)
		}
	}
}

func TestVotes(t *testing.T) {
	var v votes
	v.cast(sitting.Confirm{Founding: 2, Epoch: 5, Authenticator: []byte("a")}, sitting.Hash{1})
	v.cast(sitting.Confirm{Founding: 2, Epoch: 6, Authenticator: []byte("b")}, sitting.Hash{1})
	v.forget(6)
	if v.of(2, 5) != nil || v.of(2, 6)[sitting.Hash{1}] != "b" || v.of(3, 6) != nil {
		t.Errorf("votes %+v", v)
	}
	v.cast(sitting.Confirm{Founding: 9, Epoch: 6, Authenticator: []byte("c")}, sitting.Hash{2})
	if v.of(2, 6) != nil || len(v.of(9, 6)) != 1 {
		t.Errorf("votes of another group: %+v", v)
	}
}

// What one outside the group can see of a commit.
func TestLook(t *testing.T) {
	g := guests(t, "ann", "bob", "cyd")
	c := newCircle(&Options{Chain: g[0].seat.Chain}, nil)
	look := func(epoch uint64, adds ...uint64) offered {
		s := step{before: seated(2, in(g[0].seat), in(g[1].seat), g[2].seat)}
		s.entry.Request = &sitting.Request{Session: g[0].seat.Session}
		return c.look(s, sitting.Commit{Founding: 2, Epoch: epoch, Adds: adds})
	}
	for i, want := range []struct {
		got              offered
		plausible, first bool
	}{
		{look(1, 99), false, false}, // nobody arrived there
		{look(1, 3), false, false},  // bob has the keys
		{look(1, 4), true, true},
		{look(1, 4), true, false},
		{look(2), true, true},
	} {
		if want.got.plausible != want.plausible || want.got.first != want.first {
			t.Errorf("%d: plausible %v, first %v", i, want.got.plausible, want.got.first)
		}
	}
}
