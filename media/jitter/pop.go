package jitter

import (
	"time"

	"incamera/media"
)

// Pop says what to play next, for 20 ms from now on. Now is when the frame
// will be played: a caller that has sound in hand adds its length.
func (b *Buffer) Pop(now time.Time) Item {
	if !b.started {
		return Item{}
	}
	t := now.Sub(b.origin)
	b.leaveOut(t)
	first := b.first()
	switch {
	case first == nil:
		return b.wait()
	case !b.playing, first.seq == b.next && first.at > b.at: // the sender made a pause
		if !b.due(first, t) {
			return b.wait()
		}
		b.resume(first)
	case b.waited > 0 && first.seq-b.next <= int64(b.waited): // what was made up stands for what is lost
		b.resume(first)
	}
	if first.seq == b.next {
		return b.play(first, t)
	}
	return b.makeUp()
}

// first is the packet in the buffer whose turn comes first; nil if none.
func (b *Buffer) first() *slot {
	for seq := b.next; seq < b.next+capacity; seq++ {
		if s := &b.slots[seq&(capacity-1)]; s.full && s.seq == seq {
			return s
		}
	}
	return nil
}

// leaveOut drops packets that were held too long, when there are newer ones.
func (b *Buffer) leaveOut(t time.Duration) {
	for s := b.first(); s != nil && t-s.arrived > MaxHold && s.seq < b.lastSeq; s = b.first() {
		s.full = false
		b.stats.Stale++
		b.next, b.at = s.seq+1, s.at+media.FrameLen
		b.pacer.forget()
	}
}

// due reports whether s has been held long enough, or would be too long by
// the next time.
func (b *Buffer) due(s *slot, t time.Duration) bool {
	return t-span(s.at) >= b.network.goal(b.lossy()) || t-s.arrived > MaxHold-media.FrameTime
}

// resume continues with s.
func (b *Buffer) resume(s *slot) {
	if paused := s.seq == b.next && s.at > b.at; b.handed && !paused {
		sent := (s.at - b.at) / media.FrameLen // of what was waited for, silence of the sender
		b.stats.Concealed += uint64(max(int64(b.waited)-sent+s.seq-b.next, 0))
	}
	for range min(s.seq-b.next, patience) {
		b.network.lost(true)
	}
	b.playing, b.next, b.at = true, s.seq, s.at
	b.madeUp, b.waited = 0, 0
}

// wait makes a frame up without moving on, for a while: the packet may come.
// The delay grows by as much.
func (b *Buffer) wait() Item {
	b.waited++
	if !b.playing {
		return Item{}
	}
	b.madeUp++
	b.pacer.forget()
	if b.madeUp > patience {
		b.playing = false
		return Item{}
	}
	return Item{Kind: Conceal}
}

// play hands out s, whose turn it is.
func (b *Buffer) play(s *slot, t time.Duration) Item {
	s.full = false
	b.next, b.at = s.seq+1, s.at+media.FrameLen
	b.madeUp, b.waited, b.handed = 0, 0, true
	b.stats.Played++
	b.network.lost(false)
	pace, urgent := b.pacer.next(t-span(s.at), b.network.goal(b.lossy()), b.network.fastest())
	return Item{Kind: Frame, Pace: pace, Urgent: urgent, Payload: s.payload}
}

// makeUp stands in for a packet that is lost, as later ones are there.
func (b *Buffer) makeUp() Item {
	b.madeUp++
	after := &b.slots[(b.next+1)&(capacity-1)]
	repaired := after.full && after.seq == b.next+1
	b.next++
	b.at += media.FrameLen
	b.network.lost(true)
	if repaired {
		b.stats.Repaired++
		return Item{Kind: FEC, Payload: after.payload}
	}
	b.stats.Concealed++
	if b.madeUp > patience {
		b.playing = false
		return Item{}
	}
	return Item{Kind: Conceal}
}

// lossy reports whether so many packets are lost that it pays to await the
// copy in the next one.
func (b *Buffer) lossy() bool { return b.network.loss > 0.01 }
