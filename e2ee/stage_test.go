package e2ee

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"math/bits"
	mathrand "math/rand/v2"
	"slices"
	"testing"
	"time"

	"incamera/e2ee/sframe"
)

// A stage is three members of one epoch, made without a group, on one clock.
type stage struct {
	t     *testing.T
	at    time.Time
	keys  []*ecdsa.PrivateKey
	rings []*Keyring // of "a", "b" and "c"
	last  uint64     // the newest epoch
}

func newStage(t *testing.T) *stage { return newStageOn(t, elliptic.P256()) }

func newStageOn(t *testing.T, curve elliptic.Curve) *stage {
	t.Helper()
	s := &stage{t: t, at: time.Unix(1000, 0)}
	for range 3 {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
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
	s.last = n
	for i, r := range s.rings {
		e := &Epoch{Number: n, Authenticator: []byte{byte(n)}, Own: uint32(i), mediaKey: s.base(n)}
		for j, name := range []string{"a", "b", "c"} {
			e.Leaves = append(e.Leaves, Leaf{Index: uint32(j), Member: name})
			e.keys = append(e.keys, &s.keys[j].PublicKey)
		}
		r.Advance(e, 0)
	}
}

func (s *stage) base(n uint64) []byte {
	return bytes.Repeat([]byte{0xB5, 'k', byte(n), byte(n >> 8)}, MediaSuite.KeySize()/4)
}

// listeners are b and c, who hear what the relay says a publishes.
func (s *stage) listeners(track uint8) []*Opener {
	return []*Opener{s.rings[1].Opener("a", track), s.rings[2].Opener("a", track)}
}

// voice is a frame of 20 ms at 32 kbit/s.
var voice = make([]byte, 80)

// lie is as long, and other.
var lie = bytes.Repeat([]byte{1}, len(voice))

// speak returns a's next frame, 20 ms later.
func (s *stage) speak() []byte {
	s.t.Helper()
	s.at = s.at.Add(voiceFrame)
	f, err := s.rings[0].Sealer(1).Seal(nil, nil, voice)
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

// hears tells whether to is given the frame; if not it must be withheld.
func (s *stage) hears(to *Opener, frame []byte) bool {
	s.t.Helper()
	out, err := to.Open(nil, nil, frame)
	switch {
	case err == nil && len(out) == len(voice):
		return true
	case errors.Is(err, ErrImpersonated), errors.Is(err, sframe.ErrReplayed):
		return false
	}
	s.t.Fatalf("%d bytes, %v", len(out), err)
	return false
}

// hear has all listeners hear the frame, and returns how many do.
func (s *stage) hear(frame []byte) (n int) {
	s.t.Helper()
	for _, o := range s.listeners(1) {
		if s.hears(o, frame) {
			n++
		}
	}
	return n
}

// tell has a send n frames of voice that all must hear.
func (s *stage) tell(n int) {
	s.t.Helper()
	for i := range n {
		if s.hear(s.speak()) != 2 {
			s.t.Fatalf("frame %d of %d was not heard by all", i, n)
		}
	}
}

// talk has a send n frames of voice, and returns how many b hears. drop says
// which are lost on the way.
func (s *stage) talk(n int, drop func(i int) bool) (heard int) {
	s.t.Helper()
	to := s.rings[1].Opener("a", 1)
	for i := range n {
		f := s.speak()
		if (drop == nil || !drop(i)) && s.hears(to, f) {
			heard++
		}
	}
	return heard
}

func (s *stage) wantAlarm(names ...string) {
	s.t.Helper()
	for i, r := range s.rings[1:] {
		if got := r.Withheld(); !slices.Equal(got, names) {
			s.t.Errorf("listener %d: alarm for %v, want %v", i, got, names)
		}
	}
}

// An insider has all keys of the group but a's session key, and the relay
// hands out what it makes as a's.
type insider struct {
	s   *stage
	ctr uint64
	rng *mathrand.Rand
}

func (s *stage) insider() *insider {
	return &insider{s: s, rng: mathrand.New(mathrand.NewPCG(1, 2))}
}

// seal seals plain as a would, in the newest epoch.
func (i *insider) seal(track uint8, context uint64, clear, plain []byte) []byte {
	i.s.t.Helper()
	shift := sframe.EpochBits + bits.Len(uint(len(i.s.keys)))
	k, err := sframe.NewKey(MediaSuite, i.s.base(i.s.last), context<<shift|i.s.last%256)
	if err != nil {
		i.s.t.Fatal(err)
	}
	f := k.Seal(nil, i.ctr, append([]byte{track}, clear...), plain)
	i.ctr++
	return f
}

// speak returns a forged frame of voice with that number.
func (i *insider) speak(number uint64) []byte {
	plain := slices.Clone(lie)
	if number%blockLen < threads {
		for range len(symbol{}) {
			plain = append(plain, byte(i.rng.Uint32()))
		}
	}
	return i.seal(1, 0, nil, appendNumber(plain, number))
}

// counter makes the insider use a genuine frame's counter.
func (i *insider) counter(genuine []byte) {
	h, _, err := sframe.ParseHeader(genuine)
	if err != nil {
		i.s.t.Fatal(err)
	}
	i.ctr = h.CTR
}

// instead returns a forged frame that takes a genuine one's counter.
func (i *insider) instead(genuine []byte, number uint64) []byte {
	i.counter(genuine)
	return i.speak(number)
}

// heardFor fails if more than Patience of a forger was heard.
func (s *stage) heardFor(frames int) {
	s.t.Helper()
	if d := time.Duration(frames) * voiceFrame; d > Patience {
		s.t.Errorf("the forger was heard for %v", d)
	}
}
