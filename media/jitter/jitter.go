// Package jitter puts the sound of one remote track back into order and time.
//
// A [Buffer] takes packets as they arrive and gives, whenever playout wants
// the next 20 ms, the packet whose turn it is, or what to do without it. A
// [Voice] does the rest: it decodes, conceals, stretches and shortens, and
// gives steps of 10 ms.
//
// How long sound is held follows what the network did in the last seconds:
// long enough that all but about one packet in a hundred are in time, never
// less than 20 and never more than 120 ms.
//
// Time is an argument everywhere; no clock is read and no goroutine started.
package jitter

import (
	"time"

	"incamera/media"
)

// The bounds of how long sound is held.
const (
	MinHold = 20 * time.Millisecond
	MaxHold = 120 * time.Millisecond
)

const (
	firstHold  = 40 * time.Millisecond // before anything is known of the network
	lossyHold  = 40 * time.Millisecond // so that the copy in the next packet is there when one is lost
	slack      = 10 * time.Millisecond // beyond the latest packet that is waited for
	capacity   = 64                    // packets, 1.28 s
	maxPayload = 1275                  // RFC 6716 section 3.4: longest frame
	patience   = 5                     // frames made up in a row before silence: 100 ms
	stray      = 3                     // packets out of all order in a row that begin a new stream
)

// A Packet is one frame as it came. Only [Buffer.Push] reads Payload.
type Packet struct {
	Seq     uint16 // rises by one a packet; wraps
	Stamp   uint32 // in samples; wraps
	Payload []byte
}

// Kind is what to do for the next frame.
type Kind uint8

// The kinds.
const (
	Nothing Kind = iota // be silent
	Frame               // decode Payload
	FEC                 // make the frame up from Payload, which is the next one's
	Conceal             // make the frame up
)

// Pace is how the frame should be played so that the delay becomes right.
type Pace int8

// The paces.
const (
	Shorter Pace = -1 // leave out a little where it is not heard
	Asis    Pace = 0
	Longer  Pace = 1 // repeat a little where it is not heard
)

// An Item is the answer of [Buffer.Pop]. Payload is good until the next call.
type Item struct {
	Kind    Kind
	Pace    Pace
	Urgent  bool // the delay is far too long: Shorter matters more than fidelity
	Payload []byte
}

// Stats are counts since the beginning, in packets or frames of 20 ms.
type Stats struct {
	Received   uint64
	Duplicate  uint64
	Late       uint64 // came after their turn
	Stale      uint64 // were held too long, and left out
	Played     uint64
	Repaired   uint64        // made up from the next packet's copy
	Concealed  uint64        // made up from nothing
	Shortened  time.Duration // left out by [Voice]
	Lengthened time.Duration // put in by [Voice]
	Hold       time.Duration // between arrival of a fast packet and its turn, now
	Target     time.Duration // what Hold is led to
}

// A Buffer is not safe for use by several goroutines at once. The zero value
// is ready.
//
//	waiting ── first packet is due ──► playing
//	   ▲                                  │
//	   └── 100 ms made up in a row ───────┘
type Buffer struct {
	slots   [capacity]slot
	started bool // next and the unwrapped numbers mean something
	origin  time.Time
	lastSeq int64 // newest, unwrapped
	lastAt  int64 // its stamp, unwrapped

	playing bool
	handed  bool  // a packet has been played
	next    int64 // whose turn it is
	at      int64 // its stamp, as far as is known
	madeUp  int   // frames in a row
	waited  int   // of these, how many for a packet that had not come
	strays  int

	network network
	pacer   pacer
	stats   Stats
}

// A slot holds a packet.
type slot struct {
	full    bool
	seq, at int64
	arrived time.Duration // since origin
	payload []byte
}

// Push takes p, which arrived now. Payloads longer than any frame are ignored.
func (b *Buffer) Push(p Packet, now time.Time) {
	if len(p.Payload) == 0 || len(p.Payload) > maxPayload {
		return
	}
	b.stats.Received++
	if !b.started {
		b.begin(p, now)
	}
	ahead := int64(int16(p.Seq - uint16(b.lastSeq)))
	if ahead > capacity || ahead < -capacity {
		if b.strays++; b.strays < stray {
			b.stats.Late++
			return
		}
		b.begin(p, now)
		ahead = 0
	}
	b.strays = 0
	seq := b.lastSeq + ahead
	at := b.lastAt + int64(int32(p.Stamp-uint32(b.lastAt)))
	if ahead > 0 {
		b.lastSeq, b.lastAt = seq, at
	}
	b.keep(p, seq, at, now.Sub(b.origin))
}

// begin starts a stream with p.
func (b *Buffer) begin(p Packet, now time.Time) {
	for i := range b.slots {
		b.slots[i].full = false
	}
	b.started, b.playing, b.handed, b.origin = true, false, false, now
	b.lastSeq, b.lastAt = int64(p.Seq), int64(p.Stamp)
	b.next, b.at = b.lastSeq, b.lastAt
	b.madeUp, b.waited, b.strays = 0, 0, 0
	b.network, b.pacer = network{}, pacer{}
}

// keep stores p, unless its turn is over or it is there.
func (b *Buffer) keep(p Packet, seq, at int64, arrived time.Duration) {
	s := &b.slots[seq&(capacity-1)]
	if s.full && s.seq == seq {
		b.stats.Duplicate++
		return
	}
	b.network.add(arrived - span(at))
	switch {
	case seq < b.next && b.handed:
		b.stats.Late++
		return
	case seq < b.next:
		b.next, b.at = seq, at
	case seq >= b.next+capacity: // nobody pops
		b.next, b.playing = seq-capacity+1, false
	}
	*s = slot{true, seq, at, arrived, append(s.payload[:0], p.Payload...)}
}

// span is how long n samples last.
func span(n int64) time.Duration {
	return time.Duration(n/media.SampleRate)*time.Second + time.Duration(n%media.SampleRate)*time.Second/media.SampleRate
}

// Stats returns the counts so far.
func (b *Buffer) Stats() Stats {
	s := b.stats
	s.Hold = b.pacer.hold
	if b.started {
		s.Target = b.network.goal(b.lossy()) - b.network.fastest()
	}
	return s
}
