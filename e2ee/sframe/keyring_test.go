package sframe

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"
)

// A clock stands still until it is told.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) advance(d time.Duration) { c.at = c.at.Add(d) }

// pair returns the keyrings of a (leaf 0) and b (leaf 1), both in epoch 1.
func pair() (a, b *Keyring, c *clock) {
	c = &clock{at: time.Unix(1000, 0)}
	a, b = NewKeyring(AES128GCM, c.now), NewKeyring(AES128GCM, c.now)
	a.Advance(at(1, 0), 0)
	b.Advance(at(1, 1), 0)
	return a, b, c
}

func at(number uint64, own uint32) Epoch {
	return Epoch{
		Number: number, Own: own, Owners: []string{"a", "b"},
		Base: fmt.Appendf(nil, "base key %7d", number),
	}
}

func seal(t *testing.T, s *Sealer, text string) []byte {
	t.Helper()
	b, _, err := s.Seal(nil, 0, []byte("meta"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOpen(t *testing.T) {
	a, b, c := pair()
	good := seal(t, a.Sealer(), "order, order")
	tests := []struct {
		name  string
		owner string
		meta  string
		frame func() []byte
		want  error
	}{
		{"as sealed", "a", "meta", func() []byte { return good }, nil},
		{"other metadata", "a", "meta!", func() []byte { return good }, ErrOpen},
		{"published by another", "b", "meta", func() []byte { return good }, ErrWrongSender},
		{"by nobody", "", "meta", func() []byte { return good }, ErrWrongSender},
		{"altered", "a", "meta", func() []byte { return append(bytes.Clone(good[:len(good)-1]), good[len(good)-1]^1) }, ErrOpen},
		{"cut short", "a", "meta", func() []byte { return good[:len(good)-20] }, ErrOpen},
		{"empty", "a", "meta", func() []byte { return nil }, ErrHeader},
		{"not sealed", "a", "meta", func() []byte { return []byte{0xf8, 0xff, 0xfe} }, ErrHeader},
		{"unknown epoch", "a", "meta", func() []byte {
			other := NewKeyring(AES128GCM, c.now)
			other.Advance(at(7, 0), 0)
			return seal(t, other.Sealer(), "x")
		}, ErrUnknownKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := b.Opener(tt.owner).Open([]byte("dst:"), []byte(tt.meta), tt.frame())
			if !errors.Is(err, tt.want) {
				t.Fatalf("Open: %v, want %v", err, tt.want)
			}
			if want := "dst:"; err != nil && string(got) != want {
				t.Errorf("a refused frame left %q in dst", got)
			}
			if err == nil && string(got) != "dst:order, order" {
				t.Errorf("opened %q", got)
			}
		})
	}
}

func TestReplay(t *testing.T) {
	a, b, _ := pair()
	s, o := a.Sealer(), b.Opener("a")
	var frames [][]byte
	for range windowLen + 10 {
		frames = append(frames, seal(t, s, "x"))
	}
	open := func(i int, want error) {
		t.Helper()
		if _, _, err := o.Open(nil, []byte("meta"), frames[i]); !errors.Is(err, want) {
			t.Errorf("frame %d: %v, want %v", i, err, want)
		}
	}
	open(3, nil)
	open(3, ErrReplayed)
	open(1, nil) // late is fine
	open(1, ErrReplayed)
	open(windowLen+9, nil)
	open(5, ErrReplayed) // too old to tell
	open(20, nil)
	open(20, ErrReplayed)
	open(windowLen+8, nil)
	open(windowLen+9, ErrReplayed)
}

func TestEpochs(t *testing.T) {
	a, b, c := pair()
	s, o := a.Sealer(), b.Opener("a")
	first := seal(t, s, "1")
	a.Advance(at(2, 0), 250*time.Millisecond)
	b.Advance(at(2, 1), 250*time.Millisecond)
	_, f, _ := s.Seal(nil, 0, nil, nil)
	if f.Epoch != 1 {
		t.Errorf("sealed with epoch %d during the grace, want 1", f.Epoch)
	}
	c.advance(250 * time.Millisecond)
	if _, f, _ = s.Seal(nil, 0, nil, nil); f.Epoch != 2 || f.Counter != 0 {
		t.Errorf("after the grace: %+v, want epoch 2, counter 0", f)
	}
	c.advance(OldKeysLive - 251*time.Millisecond)
	if _, _, err := o.Open(nil, []byte("meta"), first); err != nil {
		t.Errorf("a frame under way at the change: %v", err)
	}
	c.advance(time.Millisecond)
	if _, _, err := b.Opener("a").Open(nil, []byte("meta"), first); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("after 10 s: %v, want %v", err, ErrUnknownKey)
	}
	b.Sweep()
	if n := len(b.held.Load().alive); n != 1 {
		t.Errorf("%d epochs alive after Sweep, want 1", n)
	}
}

// To be given an epoch twice must not begin its counter again: one nonce would
// be used for two frames.
func TestSameEpochTwice(t *testing.T) {
	a, _, _ := pair()
	s, seen := a.Sealer(), map[uint64]bool{}
	for range 5 {
		_, f, err := s.Seal(nil, 0, nil, nil)
		if err != nil || f.Epoch != 1 || seen[f.Counter] {
			t.Fatalf("%+v, %v, after %v", f, err, seen)
		}
		seen[f.Counter] = true
		a.Advance(at(1, 0), 0)
	}
	a.Advance(at(2, 0), time.Second)
	a.Advance(at(1, 0), 0)
	if _, f, _ := s.Seal(nil, 0, nil, nil); seen[f.Counter] {
		t.Errorf("counter %d again", f.Counter)
	}
}

// A group that is founded anew begins with low numbers, and its frames with
// counter 0. They are no replays.
func TestGroupFoundedAnew(t *testing.T) {
	a, b, _ := pair()
	a.Advance(at(9, 0), 0)
	b.Advance(at(9, 1), 0)
	s, o := a.Sealer(), b.Opener("a")
	for i, number := range []uint64{9, 0, 1, 9, 3} {
		e := at(number, 0)
		e.Base = fmt.Appendf(nil, "another base %3d", i)
		a.Advance(e, 0)
		e.Own, e.Base = 1, bytes.Clone(e.Base)
		b.Advance(e, 0)
		for range 3 {
			if _, f, err := o.Open(nil, []byte("meta"), seal(t, s, "x")); err != nil || f.Epoch != number || !f.Newest {
				t.Fatalf("epoch %d: %+v, %v", number, f, err)
			}
		}
	}
}

// What was seen of an epoch is forgotten once enough newer ones were heard of;
// then its frames are too old, even if its keys are still there.
func TestReplayOfAnEarlierEpoch(t *testing.T) {
	a, b, _ := pair()
	s, o := a.Sealer(), b.Opener("a")
	first := seal(t, s, "x")
	late := seal(t, s, "x")
	for n := uint64(1); n < 10; n++ {
		if n > 1 {
			a.Advance(at(n, 0), 0)
			b.Advance(at(n, 1), 0)
			first = seal(t, s, "x")
		}
		if _, _, err := o.Open(nil, []byte("meta"), first); err != nil {
			t.Fatal(err)
		}
		if n == 2 {
			if _, f, err := o.Open(nil, []byte("meta"), late); err != nil || f.Newest {
				t.Errorf("one that was under way: %+v, %v", f, err)
			}
		}
		if n == 1 {
			continue
		}
		for _, f := range [][]byte{first, late} {
			if _, _, err := o.Open(nil, []byte("meta"), f); !errors.Is(err, ErrReplayed) {
				t.Errorf("epoch %d: %v, want %v", n, err, ErrReplayed)
			}
		}
	}
}

func TestNoGraceAtRemoval(t *testing.T) {
	a, _, _ := pair()
	s := a.Sealer()
	a.Advance(at(2, 0), 0)
	if _, f, err := s.Seal(nil, 0, nil, nil); err != nil || f.Epoch != 2 {
		t.Errorf("sealed with epoch %d, %v; want 2 at once", f.Epoch, err)
	}
}

func TestEpochBitsComeRound(t *testing.T) {
	a, b, _ := pair()
	old := seal(t, a.Sealer(), "old")
	b.Advance(at(1+1<<EpochBits, 1), 0)
	if _, _, err := b.Opener("a").Open(nil, []byte("meta"), old); !errors.Is(err, ErrOpen) {
		t.Errorf("a frame of the epoch 256 before: %v, want %v", err, ErrOpen)
	}
}

func TestWipe(t *testing.T) {
	a, b, _ := pair()
	f := seal(t, a.Sealer(), "x")
	e := b.held.Load().alive[0]
	base := e.Base
	b.Wipe()
	if !bytes.Equal(base, make([]byte, len(base))) {
		t.Error("the base key was not overwritten")
	}
	if _, _, err := b.Opener("a").Open(nil, []byte("meta"), f); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("Open after Wipe: %v", err)
	}
	if _, _, err := b.Sealer().Seal(nil, 0, nil, nil); !errors.Is(err, ErrNoKey) {
		t.Errorf("Seal after Wipe: %v", err)
	}
}

func TestSharedCounter(t *testing.T) {
	a, _, _ := pair()
	s1, s2 := a.Sealer(), a.Sealer()
	seen := map[uint64]bool{}
	for range 10 {
		for _, s := range []*Sealer{s1, s2} {
			_, f, err := s.Seal(nil, 0, nil, nil)
			if err != nil || seen[f.Counter] {
				t.Fatalf("counter %d used twice, %v", f.Counter, err)
			}
			seen[f.Counter] = true
		}
	}
}

func TestFramePathAllocatesNothing(t *testing.T) {
	a, b, _ := pair()
	s, o := a.Sealer(), b.Opener("a")
	meta, payload := []byte("m"), make([]byte, 160)
	var sealed, opened []byte
	if n := testing.AllocsPerRun(200, func() {
		sealed, _, _ = s.Seal(sealed[:0], 0, meta, payload)
		var err error
		if opened, _, err = o.Open(opened[:0], meta, sealed); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a frame, want none", n)
	}
}

func FuzzParseHeader(f *testing.F) {
	f.Add([]byte{0x99, 1, 0x23, 0x45, 0x67})
	f.Add([]byte{0x80, 7})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := ParseHeader(b)
		if err == nil && !bytes.Equal(h.Append(nil), b[:n]) {
			t.Errorf("%x parses as %+v, which encodes as %x", b[:n], h, h.Append(nil))
		}
	})
}
