package e2ee

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"slices"
	"testing"
	"time"

	"incamera/e2ee/sframe"
)

const voice = 20 * time.Millisecond

// A stage is three members of one epoch, made without a group, on one clock.
type stage struct {
	at    time.Time
	keys  []*ecdsa.PrivateKey
	rings []*Keyring // of "a", "b" and "c"
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{at: time.Unix(1000, 0)}
	for range 3 {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		s.keys = append(s.keys, key)
	}
	for i := range 3 {
		s.rings = append(s.rings, NewKeyring(KeyringOptions{Now: func() time.Time { return s.at }, Signer: s.keys[i]}))
	}
	s.epoch(1)
	return s
}

func (s *stage) epoch(n uint64) {
	for i, r := range s.rings {
		e := &Epoch{Number: n, Authenticator: []byte{byte(n)}, Own: uint32(i), mediaKey: make([]byte, MediaSuite.KeySize())}
		e.mediaKey[0] = byte(n)
		for j, name := range []string{"a", "b", "c"} {
			e.Leaves = append(e.Leaves, Leaf{Index: uint32(j), Member: name})
			e.keys = append(e.keys, &s.keys[j].PublicKey)
		}
		r.Advance(e, 0)
	}
}

// talk has the sealer send n frames of voice, and returns how many came
// through. drop says which are lost on the way.
func (s *stage) talk(t *testing.T, from *Sealer, to *Opener, n int, drop func(i int) bool) (heard int) {
	t.Helper()
	for i := range n {
		s.at = s.at.Add(voice)
		f, err := from.Seal(nil, nil, make([]byte, 80))
		if err != nil {
			t.Fatal(err)
		}
		if drop != nil && drop(i) {
			continue
		}
		switch out, err := to.Open(nil, nil, f); {
		case err == nil && len(out) == 80:
			heard++
		case !errors.Is(err, ErrImpersonated):
			t.Fatalf("frame %d: %d bytes, %v", i, len(out), err)
		}
	}
	return heard
}

func TestHonestSenderIsHeard(t *testing.T) {
	s := newStage(t)
	if n := s.talk(t, s.rings[0].Sealer(1), s.rings[1].Opener("a", 1), 3000, nil); n != 3000 {
		t.Errorf("%d of 3000 frames were heard", n)
	}
	if n := s.rings[1].Counts().Signatures; n < 60 {
		t.Errorf("%d signatures in 60 s, want one a second", n)
	}
}

func TestLossDoesNotWithhold(t *testing.T) {
	// What is lost here is lost after retransmission, of single frames or of
	// bursts: a statement now and then among them.
	s := newStage(t)
	rng := mathrand.New(mathrand.NewPCG(1, 2))
	lost := 0
	n := s.talk(t, s.rings[0].Sealer(1), s.rings[1].Opener("a", 1), 50*600, func(int) bool {
		if lost > 0 {
			lost--
		} else if rng.IntN(500) == 0 {
			lost = rng.IntN(10)
		}
		return lost > 0
	})
	if names := s.rings[1].Withheld(); len(names) > 0 || s.rings[1].Counts().Impersonated > 0 {
		t.Errorf("%d heard, withheld %v: %+v", n, names, s.rings[1].Counts())
	}
}

func TestOneStatementLost(t *testing.T) {
	s := newStage(t)
	s.talk(t, s.rings[0].Sealer(1), s.rings[1].Opener("a", 1), 500, func(i int) bool { return i == 97 })
	if c := s.rings[1].Counts(); c.Impersonated > 0 {
		t.Errorf("one lost statement: %+v", c)
	}
}

func TestInsiderIsHeardTwoSecondsAtMost(t *testing.T) {
	s := newStage(t)
	// c knows every key of the group, and the relay names its frames a's.
	forger := s.rings[2].Sealer(1)
	forged := s.impersonate(forger)
	for _, listener := range s.rings[:2] {
		o := listener.Opener("a", 1)
		heard := 0
		for i := range forged {
			s.at = s.at.Add(voice)
			if _, err := o.Open(nil, nil, forged[i]); err == nil {
				heard++
			}
		}
		if d := time.Duration(heard) * voice; d > Patience+voice {
			t.Errorf("the forger was heard for %v", d)
		}
		if got := listener.Withheld(); !slices.Equal(got, []string{"a"}) {
			t.Errorf("alarm for %v, want a", got)
		}
	}
}

// impersonate returns 10 s of voice that c seals with a's key. c can sign
// only with its own session key.
func (s *stage) impersonate(forger *Sealer) (frames [][]byte) {
	start := s.at
	e := *s.rings[2].epoch(1)
	e.Own = 0
	s.rings[2].ring.Advance(sframe.Epoch{
		Number: e.Number, Own: 0, Owners: e.owners(), Base: slices.Clone(e.mediaKey),
	}, 0)
	for range 500 {
		s.at = s.at.Add(voice)
		f, err := forger.Seal(nil, nil, make([]byte, 80))
		if err != nil {
			panic(err)
		}
		frames = append(frames, f)
	}
	s.at = start
	return frames
}

func TestForgerWhoNeverSigns(t *testing.T) {
	s := newStage(t)
	forger := s.rings[2].Sealer(1)
	var unsigned [][]byte
	for _, f := range s.impersonate(forger) {
		h, _, err := sframe.ParseHeader(f)
		if err != nil {
			t.Fatal(err)
		}
		if h.KID>>(sframe.EpochBits+2) == 0 { // context 0: no statement inside
			unsigned = append(unsigned, f)
		}
	}
	o, heard := s.rings[1].Opener("a", 1), 0
	for _, f := range unsigned {
		s.at = s.at.Add(voice)
		if _, err := o.Open(nil, nil, f); err == nil {
			heard++
		}
	}
	if d := time.Duration(heard) * voice; d > Patience+voice || d < time.Second {
		t.Errorf("heard for %v", d)
	}
}

func TestWithheldSenderComesBack(t *testing.T) {
	s := newStage(t)
	from, to := s.rings[0].Sealer(1), s.rings[1].Opener("a", 1)
	s.talk(t, from, to, 500, func(i int) bool { // every statement lost for 10 s
		return from.said[0].upTo == from.total-1
	})
	if !slices.Equal(s.rings[1].Withheld(), []string{"a"}) {
		t.Fatal("without a signature for 10 s, still heard")
	}
	s.talk(t, from, to, 150, nil)
	if n := s.talk(t, from, to, 100, nil); n != 100 {
		t.Errorf("signing again: %d of 100 frames heard", n)
	}
	if w := s.rings[1].Withheld(); len(w) > 0 {
		t.Errorf("still withheld: %v", w)
	}
}

func TestPushToTalk(t *testing.T) {
	s := newStage(t)
	from, to := s.rings[0].Sealer(1), s.rings[1].Opener("a", 1)
	for turn := range 50 {
		if n := s.talk(t, from, to, 70, nil); n != 70 {
			t.Fatalf("turn %d: %d of 70 frames heard", turn, n)
		}
		s.at = s.at.Add(3 * time.Second)
	}
}

// TestLayersAndTiers changes the receiver's layer at random, leaves tiers out,
// and loses frames: at 30 and at 15 pictures a second.
func TestLayersAndTiers(t *testing.T) {
	for _, rate := range []int{30, 15} {
		s := newStage(t)
		rng := mathrand.New(mathrand.NewPCG(3, uint64(rate)))
		from, to := s.rings[0].Sealer(2), s.rings[1].Opener("a", 2)
		clear, show, thin := make([]byte, 1), 0, false
		for i := range rate * 300 {
			s.at = s.at.Add(time.Second / time.Duration(rate))
			if rng.IntN(rate) == 0 { // about once a second
				show, thin = rng.IntN(3), rng.IntN(3) == 0
			}
			tier := [4]int{0, 2, 1, 2}[i%4]
			for layer := range 3 {
				clear[0] = byte(tier<<tierShift | layer<<layerShift)
				f, err := from.Seal(nil, clear, make([]byte, 300))
				if err != nil {
					t.Fatal(err)
				}
				if layer != show || thin && tier > 0 || rng.IntN(100) == 0 {
					continue
				}
				if _, err := to.Open(nil, clear, f[1:]); err != nil {
					t.Fatalf("%d/s, picture %d: %v", rate, i, err)
				}
			}
		}
	}
}

// TestJitterIsNotOwedFor holds up a second of voice now and then; one
// statement is lost each time.
func TestJitterIsNotOwedFor(t *testing.T) {
	s := newStage(t)
	from, to := s.rings[0].Sealer(1), s.rings[1].Opener("a", 1)
	for i := range 3000 {
		s.at = s.at.Add(voice)
		due := from.due(0, false)
		f, err := from.Seal(nil, nil, make([]byte, 80))
		if err != nil {
			t.Fatal(err)
		}
		if due && i%1000 < 50 {
			continue
		}
		now := s.at
		s.at = now.Add(time.Duration(i%7) * 30 * time.Millisecond) // arrives late
		if _, err := to.Open(nil, nil, f); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		s.at = now
	}
}

func TestEpochChangesUnderway(t *testing.T) {
	s := newStage(t)
	from, to := s.rings[0].Sealer(1), s.rings[1].Opener("a", 1)
	for n := uint64(2); n < 30; n++ {
		if got := s.talk(t, from, to, 35, nil); got != 35 {
			t.Fatalf("epoch %d: %d of 35 heard", n, got)
		}
		s.epoch(n)
	}
}

func TestHeadTravels(t *testing.T) {
	s := newStage(t)
	var got Head
	s.rings[1].onHead = func(member string, h Head) {
		if member == "a" {
			got = h
		}
	}
	want := Head{Seq: 42, Hash: [7]byte{1, 2, 3}}
	s.rings[0].Saw(want)
	s.talk(t, s.rings[0].Sealer(1), s.rings[1].Opener("a", 1), 60, nil)
	if got != want {
		t.Errorf("head %v, want %v", got, want)
	}
}

func TestStatementOverhead(t *testing.T) {
	s := newStage(t)
	from, plain := s.rings[0].Sealer(1), s.rings[1].ring.Sealer()
	signed, bare := 0, 0
	for range 50 * 60 {
		s.at = s.at.Add(voice)
		f, err := from.Seal(nil, nil, make([]byte, 80)) // 32 kbit/s
		if err != nil {
			t.Fatal(err)
		}
		signed += len(f)
		f, _, _ = plain.Seal(nil, 0, nil, make([]byte, 80))
		bare += len(f)
	}
	if over := float64(signed-bare) / (80 * 50 * 60); over > 0.12 {
		t.Errorf("signatures add %.2f %% to 32 kbit/s of voice, want at most 12 %%", 100*over)
	}
}

func TestFramePathAllocatesNothing(t *testing.T) {
	s := newStage(t)
	from, to := s.rings[0].Sealer(1), s.rings[1].Opener("a", 1)
	clear, payload := []byte{0}, make([]byte, 160)
	var f, out []byte
	if n := testing.AllocsPerRun(40, func() { // no statement is due: the clock stands still
		var err error
		if f, err = from.Seal(f[:0], clear, payload); err != nil {
			t.Fatal(err)
		}
		if out, err = to.Open(out[:0], clear, f[1:]); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a frame, want none", n)
	}
}
