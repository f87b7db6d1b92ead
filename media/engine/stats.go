package engine

import (
	"image"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"incamera/media"
	"incamera/media/jitter"
)

// Stats is what has happened on the paths since the engine was made.
type Stats struct {
	Entries int // times that the relay was entered, tries included

	Sound   Sent
	Picture Sent

	SoundOpened   uint64
	PictureOpened uint64
	Rejected      uint64 // frames that did not open
	Injected      uint64 // clear frames that the relay made up at a mute: dropped
	Unpermitted   uint64 // frames of members who may not be heard or seen: dropped
	Undecodable   uint64 // opened frames that are no pictures or no sound
	Unsealed      uint64 // own frames that there was no key for: not sent

	Played    uint64 // frames of 20 ms of all members played out
	Repaired  uint64 // more of them, made up from the copy in the next one
	Concealed uint64 // more of them, made up from nothing

	FirstSound   time.Time // when the first sound was opened; zero before
	FirstPicture time.Time
	Members      map[string]MemberStats
}

// ConcealedRatio is how much of what was played was made up, 0 to 1.
func (s Stats) ConcealedRatio() float64 {
	all := s.Played + s.Repaired + s.Concealed
	if all == 0 {
		return 0
	}
	return float64(s.Concealed) / float64(all)
}

// First is when the first sound or picture was opened; zero before.
func (s Stats) First() time.Time {
	if s.FirstPicture.IsZero() || !s.FirstSound.IsZero() && s.FirstSound.Before(s.FirstPicture) {
		return s.FirstSound
	}
	return s.FirstPicture
}

// Sent counts frames of one of our own tracks.
type Sent struct {
	Captured uint64
	Sealed   uint64
	Sent     uint64 // handed to the relay's connection
}

// MemberStats is what has been received of one member.
type MemberStats struct {
	SoundOpened   uint64
	PictureOpened uint64
	Decoded       uint64         // pictures
	FPS           float64        // pictures decoded in the last second
	Layers        map[int]uint64 // pictures decoded, by height
	Jitter        jitter.Stats
	FirstSound    time.Time // opened
	FirstPicture  time.Time // opened
	LastPicture   time.Time // decoded
}

// counts are the engine's own, written on the frame paths.
type counts struct {
	entries                  atomic.Uint64
	sound, picture           sentCounts
	soundOpened, pictureOpen atomic.Uint64
	rejected, injected       atomic.Uint64
	undecodable, unsealed    atomic.Uint64
	unpermitted              atomic.Uint64
	firstSound, firstPicture atomic.Int64 // Unix nanoseconds
	soundLeft, pictureLeft   atomic.Int64 // Unix nanoseconds of the last frame sent
}

type sentCounts struct{ captured, sealed, sent atomic.Uint64 }

func (s *sentCounts) read() Sent {
	return Sent{Captured: s.captured.Load(), Sealed: s.sealed.Load(), Sent: s.sent.Load()}
}

// A tally is what is counted of one member. The atomics are written on the
// frame paths.
type tally struct {
	soundOpened, pictureOpened, decoded atomic.Uint64
	firstSound, firstPicture            atomic.Int64
	lastPicture                         atomic.Int64

	mu     sync.Mutex // taken once for each decoded picture
	layers map[int]uint64
	recent [64]time.Time // a ring of when pictures were decoded
	next   int
}

// first stores now in at, once.
func first(at *atomic.Int64, now time.Time) { at.CompareAndSwap(0, now.UnixNano()) }

// when is what [first] stored.
func when(at *atomic.Int64) time.Time {
	if n := at.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

// saw counts a decoded picture.
func (t *tally) saw(size image.Point, now time.Time) {
	t.decoded.Add(1)
	t.lastPicture.Store(now.UnixNano())
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.layers == nil {
		t.layers = map[int]uint64{}
	}
	t.layers[size.Y]++
	t.recent[t.next%len(t.recent)] = now
	t.next++
}

// fps is how many pictures were decoded in the second before now.
func (t *tally) fps(now time.Time) float64 {
	n := 0
	for _, at := range t.recent {
		if !at.IsZero() && now.Sub(at) <= time.Second {
			n++
		}
	}
	return float64(n)
}

func (t *tally) read(now time.Time) MemberStats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return MemberStats{
		SoundOpened:   t.soundOpened.Load(),
		PictureOpened: t.pictureOpened.Load(),
		Decoded:       t.decoded.Load(),
		FPS:           t.fps(now),
		Layers:        maps.Clone(t.layers),
		FirstSound:    when(&t.firstSound),
		FirstPicture:  when(&t.firstPicture),
		LastPicture:   when(&t.lastPicture),
	}
}

// Stats returns the counts as of now.
func (e *Engine) Stats() Stats {
	c := &e.counts
	s := Stats{
		Entries: int(c.entries.Load()), Sound: c.sound.read(), Picture: c.picture.read(),
		SoundOpened: c.soundOpened.Load(), PictureOpened: c.pictureOpen.Load(),
		Rejected: c.rejected.Load(), Injected: c.injected.Load(), Unpermitted: c.unpermitted.Load(),
		Undecodable: c.undecodable.Load(), Unsealed: c.unsealed.Load(),
		FirstSound: when(&c.firstSound), FirstPicture: when(&c.firstPicture),
		Members: map[string]MemberStats{},
	}
	now := time.Now()
	for name, m := range e.everyone() {
		one := m.tally.read(now)
		if v := m.voice.Load(); v != nil {
			one.Jitter = v.Stats()
		}
		s.Played += one.Jitter.Played
		s.Repaired += one.Jitter.Repaired
		s.Concealed += one.Jitter.Concealed
		s.Members[name] = one
	}
	return s
}

// liveFor is how long a sent frame counts as being live.
const liveFor = 300 * time.Millisecond

// Meter returns what a window shows, as of now.
func (e *Engine) Meter() media.Meter {
	now := time.Now()
	m := media.Meter{
		Microphone: e.level.Level(),
		Live:       now.Sub(when(&e.counts.soundLeft)) < liveFor,
		OnAir:      now.Sub(when(&e.counts.pictureLeft)) < liveFor,
		Members:    map[string]media.Level{},
		Fault:      e.faults.read(),
	}
	if l := e.link.Load(); l != nil {
		m.Connected = l.Connected()
	}
	everyone := e.everyone()
	for _, name := range e.plan.Load().members() {
		if who := everyone[name]; who != nil {
			m.Members[name] = who.level.Level()
		}
	}
	return m
}
