package e2ee

import (
	"crypto/ecdsa"
	"slices"
	"testing"
	"time"
)

// An insider speaks in a's place, a being silent.
func TestInsiderSpeaksAlone(t *testing.T) {
	s := newStage(t)
	forger := s.insider()
	to, heard := s.listeners(1), []int{0, 0}
	for n := range uint64(1000) {
		f := forger.speak(n)
		for i, o := range to {
			if s.hears(o, f) {
				heard[i]++
			}
		}
	}
	for _, n := range heard {
		s.heardFor(n)
		if n == 0 {
			t.Error("the forger was not heard at all: the test is not one")
		}
	}
	s.wantAlarm("a")
}

// An insider who leaves out what would come together as a block.
func TestInsiderWhoLeavesGaps(t *testing.T) {
	s := newStage(t)
	forger, heard := s.insider(), 0
	for n := range uint64(5000) {
		if n%2 == 0 {
			continue
		}
		if s.hear(forger.speak(n)) > 0 {
			heard++
		}
	}
	s.heardFor(heard)
	s.wantAlarm("a")
}

// Of one block a single frame is forged: it is known when the block comes together.
func TestInsiderOnce(t *testing.T) {
	s := newStage(t)
	s.tell(3 * blockLen)
	if s.hear(s.insider().instead(s.speak(), 3*blockLen)) != 2 {
		t.Fatal("the forged frame was not heard: the test is not one")
	}
	frames := 1
	for ; len(s.rings[1].Withheld()) == 0 && frames < 1000; frames++ {
		s.hear(s.speak())
	}
	if s.wantAlarm("a"); frames > 2*blockLen {
		t.Errorf("an alarm after %d frames", frames)
	}
}

// An insider who weaves as a does, but signs with its own session key.
func TestInsiderWeaves(t *testing.T) {
	s := newStage(t)
	forger, e := s.insider(), *s.rings[2].epoch(1)
	e.Own = 0
	own := &Sealer{ring: s.rings[2], track: 1}
	for n := range uint64(2 * blockLen) {
		if n == blockLen {
			if err := own.endBlock(&e, n); err != nil {
				t.Fatal(err)
			}
		}
		f := forger.seal(1, 0, nil, own.loom.weave(slices.Clone(lie), n))
		own.loom.digests[n%blockLen] = new(digester).of(1, nil, f)
		s.hear(f)
	}
	s.wantAlarm("a")
}

// An insider who says that it was signed when a's leaf was blank.
func TestInsiderNamesABlankLeaf(t *testing.T) {
	s := newStage(t)
	blank := &Epoch{Number: 2, mediaKey: s.base(2), keys: []*ecdsa.PublicKey{nil}}
	s.rings[1].Advance(blank, 0)
	s.epoch(3)
	s.tell(10)
	for _, leaf := range []uint32{0, 1} {
		if s.rings[1].Opener("a", 1).signed(2, leaf, 0, nil, make([]byte, 64)) {
			t.Errorf("signed for by leaf %d", leaf)
		}
	}
}

// The relay lets a's own frames through, and takes out one now and then to put
// a forged one in its place.
func TestInsiderAmongGenuine(t *testing.T) {
	for _, every := range []uint64{1, 2, 3, 10, 40, 200} {
		s := newStage(t)
		s.tell(300)
		forger, heard := s.insider(), 0
		for n := uint64(300); len(s.rings[1].Withheld()) == 0 && n < 3000; n++ {
			f := s.speak()
			if n%every == every/2 {
				f = forger.instead(f, n)
			}
			if s.hear(f) > 0 && n%every == every/2 {
				heard++
			}
		}
		s.heardFor(heard)
		s.wantAlarm("a")
	}
}

// A forged frame beside each genuine one: of two with one number one is forged.
func TestInsiderDoubles(t *testing.T) {
	s := newStage(t)
	s.tell(100)
	if s.hear(s.insider().instead(s.speak(), 99)) > 0 {
		t.Error("a second frame 99 was heard")
	}
	s.wantAlarm("a")
}

// A forged frame that takes the number of one which was lost and signed for.
func TestInsiderTooLate(t *testing.T) {
	s := newStage(t)
	s.tell(60)
	lost := s.speak()
	s.tell(139)
	if s.hear(s.insider().instead(lost, 60)) > 0 {
		t.Error("another frame 60 than was signed for was heard")
	}
	s.wantAlarm("a")
}

// The relay takes out so much of a's that some blocks do not come together, and
// the insider speaks in these. Two seconds are heard, and then less and less.
func TestInsiderBetweenBlocks(t *testing.T) {
	s := newStage(t)
	forger, heard, before := s.insider(), 0, 0
	for n := range uint64(5 * 60 * 50) {
		f, forged := s.speak(), false
		switch block := n / blockLen % 4; {
		case block == 1 && n%blockLen > 10: // the block before has come together
			f, forged = forger.instead(f, n), true
		case block == 2:
			continue // with the threads that would tell
		}
		if s.hear(f) > 0 && forged {
			heard++
		}
		if s.rings[1].Counts().Impersonated == 0 {
			before = heard
		}
	}
	if before < 20 {
		t.Errorf("the forger was heard for %d frames: the test is not one", before)
	}
	s.heardFor(before)
	t.Logf("%d forged frames heard in five minutes, %d before the first alarm", heard, before)
	if heard > 500 {
		t.Errorf("%d forged frames heard in five minutes", heard)
	}
}

// A relay that ends the track and begins another gains nothing for the insider.
func TestInsiderOnNewTracks(t *testing.T) {
	s := newStage(t)
	forger, heard := s.insider(), 0
	for n := range uint64(1000) {
		if s.hears(s.rings[1].Opener("a", 1), forger.speak(n)) {
			heard++
		}
		if n%40 == 0 {
			_ = s.rings[1].Opener("a", 1)
		}
	}
	s.heardFor(heard)
}

// Nor can it play again what was said before.
func TestReplayOnANewTrack(t *testing.T) {
	s := newStage(t)
	var said [][]byte
	for range 300 {
		said = append(said, s.speak())
		s.hears(s.rings[1].Opener("a", 1), said[len(said)-1])
	}
	for i, f := range said {
		if s.hears(s.rings[1].Opener("a", 1), f) {
			t.Fatalf("frame %d was heard again", i)
		}
	}
}

// Who was impersonated is heard again once all is signed for; the more often it
// happens the longer that takes.
func TestHeardAgain(t *testing.T) {
	s := newStage(t)
	forger := s.insider()
	wait := func() (frames int) {
		s.tell(150)
		s.hear(forger.instead(s.speak(), s.rings[0].Sealer(1).number-2))
		s.wantAlarm("a")
		for len(s.rings[1].Withheld()) > 0 && frames < 5000 {
			frames++
			s.hear(s.speak())
		}
		s.wantAlarm()
		return frames
	}
	first, second, third := wait(), wait(), wait()
	if first > 3*blockLen || second < first || third < second+blockLen {
		t.Errorf("heard again after %d, %d, %d frames", first, second, third)
	}
	s.tell(500)
}

// Pictures: one in a hundred is forged.
func TestInsiderShows(t *testing.T) {
	s := newStage(t)
	forger, clear, shown := s.insider(), []byte{0}, 0
	to := s.rings[1].Opener("a", 2)
	for n := range uint64(600) {
		s.at = s.at.Add(time.Second / 30)
		f, err := s.rings[0].Sealer(2).Seal(nil, clear, voice)
		if err != nil {
			t.Fatal(err)
		}
		f = f[1:]
		if n%100 == 50 {
			forger.counter(f)
			f = forger.seal(2, 0, clear, appendNumber(slices.Clone(lie), n))
			if _, err := to.Open(nil, clear, f); err == nil {
				shown++
			}
			continue
		}
		to.Open(nil, clear, f)
	}
	if c := s.rings[1].Counts(); shown > 3 || c.Impersonated == 0 {
		t.Errorf("%d forged pictures were shown: %+v", shown, c)
	}
}

// Pictures that nobody signs for, a forged one behind each genuine one that
// the relay leaves without its statement.
func TestInsiderShowsAlone(t *testing.T) {
	s := newStage(t)
	forger, clear, shown := s.insider(), []byte{0}, 0
	to := s.rings[1].Opener("a", 2)
	for n := range uint64(2000) {
		if n%2 == 0 {
			s.at = s.at.Add(time.Second / 30)
		}
		f := forger.seal(2, 0, clear, appendNumber(slices.Clone(lie), n))
		if _, err := to.Open(nil, clear, f); err == nil {
			shown++
		}
	}
	if d := time.Duration(shown) * time.Second / 30; d > Patience {
		t.Errorf("shown for %v", d)
	}
}

// A statement that the insider signs with its own session key.
func TestInsiderSigns(t *testing.T) {
	s := newStage(t)
	forger, clear := s.insider(), []byte{0}
	first := forger.seal(2, 0, clear, appendNumber(nil, 0))
	digests := new(digester).of(2, clear, first)
	body := appendHead(digests[:], nil)
	plain, err := appendSignature(body, s.keys[2], toSign(s.rings[2].epoch(1), 0, 2, 0, body))
	if err != nil {
		t.Fatal(err)
	}
	to := s.rings[1].Opener("a", 2)
	if _, err := to.Open(nil, clear, first); err != nil {
		t.Fatal(err)
	}
	if _, err := to.Open(nil, clear, forger.seal(2, 1, clear, appendNumber(append(plain, 1), 1))); err == nil {
		t.Error("another's signature was taken")
	}
	if got := s.rings[1].Withheld(); !slices.Equal(got, []string{"a"}) {
		t.Errorf("alarm for %v", got)
	}
}
