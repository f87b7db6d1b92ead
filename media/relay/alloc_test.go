package relay

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// A short is a network without a network: what is sent is received.
type short struct{ to *assembler }

func (s short) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	s.to.push(h.SequenceNumber, h.Timestamp, h.Marker, payload)
	return len(payload), nil
}

func (short) Write(b []byte) (int, error) { return len(b), nil }

// TestFramesDoNotAllocate: neither on the way to pion, nor from packets to a frame.
func TestFramesDoNotAllocate(t *testing.T) {
	in := newAssembler()
	bound := &binding{writer: short{in}, mid: []byte("0"), rid: []byte("f"), midID: 1, ridID: 2}
	picture := &outlet{rid: "f", kind: webrtc.RTPCodecTypeVideo}
	sound := &outlet{kind: webrtc.RTPCodecTypeAudio}
	picture.bound.Store(bound)
	sound.bound.Store(&binding{writer: short{newAssembler()}})
	frame := make([]byte, 8*maxPayload) // the clear byte of a key frame is 0
	var got []byte
	cycle := func() {
		if err := picture.writePicture(0, false, frame, time.Second); err != nil {
			t.Fatal(err)
		}
		if err := sound.writeSound(frame[:100], time.Second); err != nil {
			t.Fatal(err)
		}
		var ok bool
		if got, _, ok, _ = in.pop(got[:0], at(0)); !ok || len(got) != len(frame) {
			t.Fatalf("%d bytes came of %d", len(got), len(frame))
		}
	}
	for range 2 * windowSize { // all places of both windows have memory then
		cycle()
	}
	if n := testing.AllocsPerRun(100, cycle); n != 0 {
		t.Errorf("%v allocations for a picture and 20 ms of sound", n)
	}
}
