package engine

import (
	"fmt"
	"sync"
	"time"

	"incamera/media"
	"incamera/media/jitter"
	"incamera/media/opus"
	"incamera/media/relay"
)

// A voice is one member's sound between track and playout. It lasts as long
// as the engine: a member's next track, after a lost floor or a lost relay,
// goes on where the last one ended.
type voice struct {
	*jitter.Voice               // playout reads
	decoder       *opus.Decoder // used by playout

	mu     sync.Mutex // guards the rest; two tracks may overlap for a moment
	remote *relay.Remote
	stitch stitch
}

func newVoice() (*voice, error) {
	dec, err := opus.NewDecoder()
	if err != nil {
		return nil, fmt.Errorf("engine: no decoder: %w", err)
	}
	return &voice{Voice: jitter.NewVoice(dec), decoder: dec}, nil
}

// join makes r the track that the voice comes from; the one before is over.
func (v *voice) join(r *relay.Remote) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.remote = r
	v.stitch.open = false
}

// push takes one opened frame of r.
func (v *voice) push(r *relay.Remote, info relay.Info, payload []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if r == v.remote {
		v.Push(v.stitch.number(info, payload), info.Arrived)
	}
}

// A stitch makes the packets of one track follow those of the one before in
// number and time, as after a pause of the sender.
type stitch struct {
	open  bool // the offsets are those of this track
	used  bool // there was a packet before
	seq   uint16
	stamp uint32

	newest jitter.Packet
	at     time.Time // when newest came
}

// number is the packet that info describes.
func (s *stitch) number(info relay.Info, payload []byte) jitter.Packet {
	if !s.open {
		s.begin(info)
	}
	p := jitter.Packet{Seq: info.Seq + s.seq, Stamp: info.Stamp + s.stamp, Payload: payload}
	if !s.used || int16(p.Seq-s.newest.Seq) > 0 {
		s.newest, s.at, s.used = jitter.Packet{Seq: p.Seq, Stamp: p.Stamp}, info.Arrived, true
	}
	return p
}

// begin has info's track begin as long after the newest packet as it does.
func (s *stitch) begin(info relay.Info) {
	s.open = true
	if !s.used {
		s.seq, s.stamp = 0, 0
		return
	}
	pause := max(info.Arrived.Sub(s.at), media.FrameTime)
	s.seq = s.newest.Seq + 1 - info.Seq
	s.stamp = s.newest.Stamp + uint32(int64(pause)*media.SampleRate/int64(time.Second)) - info.Stamp
}
