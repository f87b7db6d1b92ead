package relay

import (
	"bytes"
	"errors"
	"io"
	"time"

	"incamera/media"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// keyFrameEvery is how often a key frame is asked for, at most.
const keyFrameEvery = 300 * time.Millisecond

// A Remote is one track of another member. It belongs to the goroutine that
// calls its methods.
type Remote struct {
	Member string
	Track  media.Track

	track  *webrtc.TrackRemote
	marker []byte // ends frames that the relay makes up
	ask    func([]rtcp.Packet) error
	frames *assembler // picture only
	buf    []byte
	header rtp.Header
	asked  time.Time
}

// An Info is what is known of a frame without opening it.
type Info struct {
	Seq     uint16    // sound: rises by one with each frame of 20 ms
	Stamp   uint32    // when it was captured: sound in 1/48000 s, picture in 1/90000 s; wraps
	Arrived time.Time // its last packet
	Key     bool      // picture, as the clear byte says
	Tier    int       // picture
	// Injected says that the relay itself claims to have made this frame up, as
	// it does at a mute. It is not authentic, and it will not open.
	Injected bool
}

// present makes a remote of a track that has come, once its member is known.
func (l *Link) present(a arrived) {
	sid := a.track.ID()
	t, ok := l.room.tracks[sid]
	if !ok {
		l.room.waiting[sid] = a
		return
	}
	delete(l.room.waiting, sid)
	l.tasks.Go(func() { drain(a.receiver) })
	r := &Remote{Member: t.member, Track: media.Microphone, track: a.track, ask: l.receive.WriteRTCP, buf: make([]byte, 1500), marker: l.room.marker}
	if t.source == livekit.TrackSource_CAMERA {
		r.Track, r.frames = media.Camera, newAssembler()
	}
	select {
	case l.remotes <- r:
	case <-l.over:
	}
}

// meet presents the tracks that have waited for their member.
func (l *Link) meet() {
	for sid, a := range l.room.waiting {
		if _, ok := l.room.tracks[sid]; ok {
			l.present(a)
		}
	}
}

// drain reads the relay's reports on one track, which pion's own reports need.
func drain(r *webrtc.RTPReceiver) {
	buf := make([]byte, 1500)
	each(func() error {
		_, _, err := r.Read(buf)
		return err
	})
}

// Read appends the next frame to dst: a sealed Opus frame, or a clear byte and
// the sealed bytes of a picture. The relay's own silence comes out like any
// other frame. The error is [io.EOF] when the track has ended.
func (r *Remote) Read(dst []byte) ([]byte, Info, error) {
	for {
		if frame, info, ok := r.whole(dst); ok {
			return frame, info, nil
		}
		payload, err := r.packet()
		if err != nil {
			return dst, Info{}, err
		}
		if r.frames != nil {
			r.frames.push(r.header.SequenceNumber, r.header.Timestamp, r.header.Marker, payload)
			continue
		}
		if len(payload) > 0 {
			return append(dst, payload...), Info{
				Seq: r.header.SequenceNumber, Stamp: r.header.Timestamp, Arrived: time.Now(),
				Injected: r.injected(payload),
			}, nil
		}
	}
}

// whole appends a picture that is complete, and asks for a key frame when
// nothing less helps.
func (r *Remote) whole(dst []byte) ([]byte, Info, bool) {
	if r.frames == nil {
		return dst, Info{}, false
	}
	now := time.Now()
	frame, f, ok, lost := r.frames.pop(dst, now)
	if lost {
		r.KeyFrame()
	}
	info := Info{Stamp: f.stamp, Arrived: now, Key: f.key, Tier: f.tier}
	info.Injected = ok && r.injected(frame[len(dst):])
	return frame, info, ok
}

func (r *Remote) injected(frame []byte) bool {
	return len(r.marker) > 0 && bytes.HasSuffix(frame, r.marker)
}

// packet reads one RTP packet; its payload is good until the next.
func (r *Remote) packet() (payload []byte, err error) {
	ended := true
	each(func() error {
		if payload, err = r.read(); err != nil {
			return err
		}
		ended = false
		return io.EOF
	})
	if ended {
		return nil, io.EOF
	}
	return payload, nil
}

// read reads a packet, which may make no sense.
func (r *Remote) read() ([]byte, error) {
	n, _, err := r.track.Read(r.buf)
	if err != nil {
		return nil, err
	}
	at, err := r.header.Unmarshal(r.buf[:n])
	if err != nil {
		return nil, err
	}
	return unpad(&r.header, r.buf[at:n])
}

var errPadding = errors.New("relay: bad padding")

// unpad cuts off the padding that h announces, RFC 3550 section 5.1.
func unpad(h *rtp.Header, payload []byte) ([]byte, error) {
	if !h.Padding {
		return payload, nil
	}
	if len(payload) == 0 || int(payload[len(payload)-1]) > len(payload) {
		return nil, errPadding
	}
	return payload[:len(payload)-int(payload[len(payload)-1])], nil
}

// KeyFrame asks for a key frame, unless one was asked for just now.
func (r *Remote) KeyFrame() {
	now := time.Now()
	if now.Sub(r.asked) < keyFrameEvery {
		return
	}
	r.asked = now
	// A request that cannot be sent is asked again with the next frame.
	_ = r.ask([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(r.track.SSRC())}})
}

// Lost says that a frame of tier which Read gave out could not be used: the
// decoder misses it.
func (r *Remote) Lost(tier int) {
	switch {
	case r.frames == nil:
	case tier == 0:
		r.frames.health = broken
		r.KeyFrame()
	default:
		r.frames.gap()
	}
}
