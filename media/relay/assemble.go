package relay

import "time"

// How long and how far a picture path waits for a packet that is sent again.
const (
	patience   = 150 * time.Millisecond
	windowSize = 512 // packets, 2 s of the largest layer; a power of two
)

// A packet is one RTP packet that waits for the rest of its frame.
type packet struct {
	seq     int64 // extended; -1 for an empty place
	stamp   uint32
	marker  bool
	desc    descriptor
	payload []byte // after the descriptor; empty for padding
}

// An assembler puts packets in order and gives out whole frames of which the
// decoder has every frame that they refer to. It belongs to one goroutine.
//
//	        gap, a base frame is missing
//	┌──────────────────────────────────────────┐
//	│                                          ▼
//	whole ──gap, no base frame missing──► resting ──► broken ──key frame──► whole
//	  ▲                                     │
//	  └────────── next base frame ──────────┘
type assembler struct {
	window  [windowSize]packet
	started bool
	next    int64 // the packet that must come next
	last    int64 // the newest packet
	stuckAt time.Time
	health  health
	base    uint8 // of the last frame given out
}

// A health is what the decoder can make of the next frame.
type health uint8

const (
	broken  health = iota // only a key frame helps
	resting               // the next frame of tier 0 will do, if it follows the last one
	whole
)

// A sealedFrame is what an assembler gives out.
type sealedFrame struct {
	stamp uint32
	key   bool
	tier  int
}

// newAssembler waits for a key frame.
func newAssembler() *assembler {
	a := new(assembler)
	for i := range a.window {
		a.window[i].seq = -1
	}
	return a
}

// push takes one packet. Payload is the whole RTP payload; it is copied.
func (a *assembler) push(seq uint16, stamp uint32, marker bool, payload []byte) {
	at := a.extend(seq)
	if at < a.next {
		return // came too late
	}
	if at >= a.next+windowSize {
		a.restart(at)
	}
	p := &a.window[at%windowSize]
	if p.seq == at {
		return // came twice
	}
	*p = packet{seq: at, stamp: stamp, marker: marker, payload: p.payload[:0]}
	n := p.desc.parse(payload)
	p.payload = append(p.payload, payload[n:]...)
	a.last = max(a.last, at)
}

// extend gives seq its place in the whole stream, RFC 3711 section 3.3.1.
func (a *assembler) extend(seq uint16) int64 {
	if !a.started {
		a.started = true
		a.next = int64(seq) + 1<<16
		a.last = a.next
		return a.next
	}
	return a.last + int64(int16(seq-uint16(a.last)))
}

// restart forgets everything before at.
func (a *assembler) restart(at int64) {
	a.advance(at)
	a.health = broken
}

// pop appends the next frame to dst, if there is one. Lost says that a key
// frame is needed before there can be another.
func (a *assembler) pop(dst []byte, now time.Time) (frame []byte, f sealedFrame, ok, lost bool) {
	for {
		end, state := a.span()
		switch {
		case state == spanWaits && a.overdue(now):
			a.skip()
			continue
		case state == spanWaits:
			return dst, f, false, lost
		case state == spanJunk:
			a.advance(end)
			continue
		case state == spanCut:
			a.advance(end)
			a.gap()
			continue
		}
		first := &a.window[a.next%windowSize]
		if !a.useful(first) {
			lost = lost || a.health == broken
			a.advance(end)
			continue
		}
		f = sealedFrame{stamp: first.stamp, key: key(first), tier: int(first.desc.tier)}
		for at := a.next; at < end; at++ {
			dst = append(dst, a.window[at%windowSize].payload...)
		}
		a.advance(end)
		return dst, f, true, lost
	}
}

// advance goes on to the packet at.
func (a *assembler) advance(at int64) {
	a.next = at
	a.stuckAt = time.Time{}
}

type span uint8

const (
	spanWaits span = iota // a packet is missing
	spanJunk              // padding, or the rest of a frame whose start is lost
	spanCut               // a frame whose end never was
	spanFrame
)

// span looks at what starts at the next packet, and where it ends.
func (a *assembler) span() (end int64, s span) {
	first := &a.window[a.next%windowSize]
	if first.seq != a.next {
		return a.next, spanWaits
	}
	if len(first.payload) == 0 || !first.desc.start {
		return a.next + 1, spanJunk
	}
	for at := a.next; ; at++ {
		p := &a.window[at%windowSize]
		switch {
		case p.seq != at:
			return at, spanWaits
		case p.stamp != first.stamp:
			return at, spanCut
		case p.marker:
			return at + 1, spanFrame
		}
	}
}

// overdue reports whether the missing packet has been waited for long enough.
func (a *assembler) overdue(now time.Time) bool {
	if a.last < a.next || !a.holed() {
		return false
	}
	if a.stuckAt.IsZero() {
		a.stuckAt = now
	}
	return now.Sub(a.stuckAt) >= patience || a.last-a.next > windowSize/2
}

// holed reports whether a packet is missing while a later one is there.
func (a *assembler) holed() bool {
	for at := a.next; at <= a.last; at++ {
		if a.window[at%windowSize].seq != at {
			return true
		}
	}
	return false
}

// skip goes on to the start of a later frame, or to the end.
func (a *assembler) skip() {
	a.stuckAt = time.Time{}
	a.gap()
	hole := false
	for a.next <= a.last {
		p := &a.window[a.next%windowSize]
		there := p.seq == a.next
		if hole && there && p.desc.start && len(p.payload) > 0 {
			return
		}
		hole = hole || !there
		a.next++
	}
}

// gap notes that a frame, nobody knows which, is not coming.
func (a *assembler) gap() {
	if a.health == whole {
		a.health = resting
	}
}

// useful decides whether the decoder can make something of the frame that
// starts with p, and what that means for the ones after it.
func (a *assembler) useful(p *packet) bool {
	follows := p.desc.base == a.base+1
	switch {
	case key(p):
		a.health = whole
	case a.health == broken:
		return false
	case !p.desc.tiered:
		if a.health != whole {
			a.health = broken
		}
		return a.health == whole
	case p.desc.tier == 0 && !follows:
		a.health = broken
		return false
	case p.desc.tier == 0:
		a.health = whole
	case a.health == resting || p.desc.base != a.base:
		return false
	}
	a.base = p.desc.base
	return true
}

// key reports whether p starts a key frame: bit 0 of the clear byte, as in
// RFC 6386 section 9.1.
func key(p *packet) bool { return p.payload[0]&1 == 0 }
