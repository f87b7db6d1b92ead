package e2ee

import (
	"crypto/elliptic"
	"fmt"
	mathrand "math/rand/v2"
	"testing"
	"time"
)

func TestHonestSenderIsHeard(t *testing.T) {
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384()} {
		s := newStageOn(t, curve)
		if n := s.talk(3000, nil); n != 3000 {
			t.Errorf("%d of 3000 frames were heard", n)
		}
		if n := s.rings[1].Counts().Signatures; n < 60 {
			t.Errorf("%d signatures in 60 s, want one a second", n)
		}
	}
}

// What is lost costs nothing but itself: two minutes of it, in single frames
// and in bursts of up to half a second.
func TestLossDoesNotWithhold(t *testing.T) {
	for _, tt := range []struct {
		curve          elliptic.Curve
		percent, burst int
	}{
		{elliptic.P256(), 5, 1},
		{elliptic.P256(), 10, 1},
		{elliptic.P256(), 20, 1},
		{elliptic.P256(), 10, 5},
		{elliptic.P256(), 5, 25},
		{elliptic.P384(), 10, 1},
		{elliptic.P384(), 10, 5},
	} {
		t.Run(fmt.Sprintf("%s/%d%%/%d", tt.curve.Params().Name, tt.percent, tt.burst), func(t *testing.T) {
			lossy(t, newStageOn(t, tt.curve), tt.percent, tt.burst)
		})
	}
}

func lossy(t *testing.T, s *stage, percent, burst int) {
	rng, lost, came := mathrand.New(mathrand.NewPCG(1, uint64(percent))), 0, 0
	mean := (1 + burst) / 2
	n := s.talk(50*120, func(int) bool {
		if lost == 0 && rng.IntN(100*mean) < percent {
			lost = 1 + rng.IntN(burst)
		}
		if lost > 0 {
			lost--
			return true
		}
		came++
		return false
	})
	if n != came || s.rings[1].Counts().Impersonated > 0 {
		t.Errorf("%d of %d heard: %+v", n, came, s.rings[1].Counts())
	}
}

// A link that fails for a second once in a minute is no forger, wherever in a
// block it fails.
func TestOutage(t *testing.T) {
	s := newStage(t)
	s.talk(3007*12, func(i int) bool { return i%3007 > 2956 })
	if c := s.rings[1].Counts(); c.Impersonated > 0 {
		t.Errorf("%+v", c)
	}
}

// A member who comes in the middle hears at once, and so does one whose link
// was away for up to a quarter of an hour.
func TestListenerComesLate(t *testing.T) {
	for _, away := range []int{1, 29, 35, 39, 40, 41, 79, 1000, numbers/2 + 5, numbers - 3} {
		s := newStage(t)
		from := s.rings[0].Sealer(1)
		from.number += uint64(away)
		if n := s.talk(2000, nil); n != 2000 {
			t.Errorf("after %d frames: %d of 2000 heard", away, n)
		}
		from.number += uint64(away)
		if n := s.talk(300, nil); n != 300 {
			t.Errorf("after %d frames more: %d of 300 heard", away, n)
		}
	}
}

func TestNumbersComeRound(t *testing.T) {
	s := newStage(t)
	s.rings[0].Sealer(1).number = numbers - 200
	s.rings[1].Opener("a", 1)
	if n := s.talk(500, nil); n != 500 {
		t.Errorf("%d of 500 heard", n)
	}
	if c := s.rings[1].Counts(); c.Signatures < 8 {
		t.Errorf("%+v", c)
	}
}

// Frames that overtake others.
func TestReordered(t *testing.T) {
	s := newStage(t)
	rng := mathrand.New(mathrand.NewPCG(5, 6))
	to, sent, heard := s.rings[1].Opener("a", 1), 0, 0
	var late [][]byte
	for range 3000 {
		late = append(late, s.speak())
		for len(late) > 20 || len(late) > 0 && rng.IntN(10) == 0 {
			i := rng.IntN(len(late))
			sent++
			if s.hears(to, late[i]) {
				heard++
			}
			late = append(late[:i], late[i+1:]...)
		}
	}
	if heard != sent {
		t.Errorf("%d of %d heard: %+v", heard, sent, s.rings[1].Counts())
	}
}

func TestUnsignedIsWithheld(t *testing.T) {
	s := newStage(t)
	s.talk(500, func(i int) bool { return i%40 < 20 }) // no block comes together
	if len(s.rings[1].Withheld()) != 1 {
		t.Fatal("nothing was signed for, still heard")
	}
	s.talk(200, nil)
	if n := s.talk(100, nil); n != 100 {
		t.Errorf("signing again: %d of 100 frames heard", n)
	}
	if w := s.rings[1].Withheld(); len(w) > 0 {
		t.Errorf("still withheld: %v", w)
	}
}

func TestPushToTalk(t *testing.T) {
	s := newStage(t)
	for turn := range 50 {
		if n := s.talk(70, nil); n != 70 {
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
				if layer != show || thin && tier > 0 || rng.IntN(50) == 0 {
					continue
				}
				if _, err := to.Open(nil, clear, f[1:]); err != nil {
					t.Fatalf("%d/s, picture %d: %v", rate, i, err)
				}
			}
		}
	}
}

// TestPicturesHeldUp lets a second of pictures come late and at once.
func TestPicturesHeldUp(t *testing.T) {
	s := newStage(t)
	from, to, clear := s.rings[0].Sealer(2), s.rings[1].Opener("a", 2), []byte{0}
	var waiting [][]byte
	for i := range 3000 {
		s.at = s.at.Add(time.Second / 30)
		f, err := from.Seal(nil, clear, voice)
		if err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, f[1:])
		if i%300 < 30 {
			continue
		}
		for _, f := range waiting {
			if _, err := to.Open(nil, clear, f); err != nil {
				t.Fatalf("picture %d: %v", i, err)
			}
		}
		waiting = waiting[:0]
	}
}

func TestEpochChangesUnderway(t *testing.T) {
	s := newStage(t)
	for n := uint64(2); n < 600; n++ {
		if got := s.talk(35, nil); got != 35 {
			t.Fatalf("epoch %d: %d of 35 heard", n, got)
		}
		s.epoch(n)
	}
}

// A member who comes back with another session key is another sender.
func TestMemberComesBack(t *testing.T) {
	s := newStage(t)
	s.talk(130, nil)
	late, again := s.speak(), newStage(t)
	s.keys[0] = again.keys[0]
	s.rings[0] = NewKeyring(KeyringOptions{Now: func() time.Time { return s.at }, Signer: s.keys[0]})
	s.epoch(2)
	for range 300 {
		if n := s.talk(1, nil); n != 1 {
			t.Fatal("not heard")
		}
		if s.hears(s.rings[1].Opener("a", 1), late) {
			t.Fatal("a frame of the earlier visit was heard after it")
		}
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
	s.talk(60, nil)
	if got != want {
		t.Errorf("head %v, want %v", got, want)
	}
}

func TestStatementOverhead(t *testing.T) {
	s := newStage(t)
	plain, signed, bare := s.rings[0].ring.Sealer(), 0, 0
	for range 50 * 60 {
		signed += len(s.speak())
		f, _, _ := plain.Seal(nil, 0, nil, voice)
		bare += len(f)
	}
	over := float64(signed-bare) / float64(len(voice)*50*60)
	t.Logf("signatures add %.2f %% to 32 kbit/s of voice", 100*over)
	if over > 0.12 {
		t.Errorf("signatures add %.2f %% to 32 kbit/s of voice, want at most 12 %%", 100*over)
	}
}

// Signing and verifying allocate, once a block; all other frames do not.
func TestFramePathAllocatesNothing(t *testing.T) {
	for name, clear := range map[string][]byte{"voice": nil, "picture": {0}} {
		s := newStage(t) // its clock stands still, so no list is due
		from, to := s.rings[0].Sealer(1), s.rings[1].Opener("a", 1)
		var f, out []byte
		pass := func() {
			var err error
			if f, err = from.Seal(f[:0], clear, voice); err != nil {
				t.Fatal(err)
			}
			if out, err = to.Open(out[:0], clear, f[len(clear):]); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			pass()
		}
		if n := testing.AllocsPerRun(30, pass); n != 0 {
			t.Errorf("%s: %v allocations a frame, want none", name, n)
		}
	}
}
