// Package opus encodes and decodes speech with libopus (RFC 6716): 48 kHz
// mono in frames of 20 ms and of one length, with a coarse copy of the frame
// before in each (in-band FEC), and concealment of what is lost.
//
// The package owns the codecs' memory: Close gives it back. It knows nothing
// of packets, time or keys, and is the only importer of libopus. Nothing here
// is safe for use by several goroutines at once unless it says so.
package opus

/*
#cgo pkg-config: opus
#include <stdlib.h>
#include <opus.h>

static int set(OpusEncoder *e, int request, opus_int32 value) { return opus_encoder_ctl(e, request, value); }
*/
import "C"

import (
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"

	"incamera/media"
)

// MaxPayload is the longest payload that an encoder makes, in bytes.
const MaxPayload = 1275

// ErrClosed is returned after Close.
var ErrClosed = errors.New("opus: closed")

// Options say how an encoder works. All are constant; the zero value is not useful.
type Options struct {
	Bitrate    int // bit/s, always: all frames are of one length
	Complexity int // 0 to 10
	Loss       int // expected loss of packets in percent; see [Encoder.Expect]
}

// Standard is 40 kbit/s, ready to lose one packet in twenty.
func Standard() Options { return Options{Bitrate: 40_000, Complexity: 7, Loss: 5} }

// An Encoder encodes the sound of one microphone.
type Encoder struct {
	loss atomic.Int32 // wanted

	// owned by the goroutine that encodes
	c   *C.OpusEncoder
	set int32 // the loss in use
}

// NewEncoder returns an encoder.
func NewEncoder(o Options) (*Encoder, error) {
	var code C.int
	// The application VOIP would filter the lowest tones of a voice: what is
	// heard would be less like what was said (correlation 0.90, not 0.95).
	c := C.opus_encoder_create(media.SampleRate, 1, C.OPUS_APPLICATION_AUDIO, &code)
	if code != C.OPUS_OK {
		return nil, codecError("open encoder", code)
	}
	for _, s := range [...]struct{ request, value C.int }{
		{C.OPUS_SET_BITRATE_REQUEST, C.int(o.Bitrate)},
		{C.OPUS_SET_VBR_REQUEST, 0}, // the length of a sealed frame must not tell what was said: RFC 6562 section 3
		{C.OPUS_SET_COMPLEXITY_REQUEST, C.int(o.Complexity)},
		{C.OPUS_SET_SIGNAL_REQUEST, C.OPUS_SIGNAL_VOICE},
		{C.OPUS_SET_INBAND_FEC_REQUEST, 1},
		{C.OPUS_SET_PACKET_LOSS_PERC_REQUEST, C.int(o.Loss)},
	} {
		if code := C.set(c, s.request, C.opus_int32(s.value)); code != C.OPUS_OK {
			C.opus_encoder_destroy(c)
			return nil, codecError("set up encoder", code)
		}
	}
	e := &Encoder{c: c, set: int32(o.Loss)}
	e.loss.Store(e.set)
	return e, nil
}

// Expect says how many packets in a hundred are lost; more of each frame is
// then spent on the copy of the one before. It may be called from any goroutine.
func (e *Encoder) Expect(loss int) { e.loss.Store(int32(min(max(loss, 0), 100))) }

// Encode appends one encoded frame to dst. frame holds [media.FrameLen]
// samples of ±1.
func (e *Encoder) Encode(dst []byte, frame []float32) ([]byte, error) {
	if e.c == nil {
		return dst, ErrClosed
	}
	if len(frame) != media.FrameLen {
		return dst, fmt.Errorf("opus: frame of %d samples", len(frame))
	}
	if want := e.loss.Load(); want != e.set {
		e.set = want
		C.set(e.c, C.OPUS_SET_PACKET_LOSS_PERC_REQUEST, C.opus_int32(want))
	}
	dst = grow(dst, MaxPayload)
	room := dst[len(dst) : len(dst)+MaxPayload]
	n := C.opus_encode_float(e.c, samples(frame), media.FrameLen, octets(room), MaxPayload)
	if n < 0 {
		return dst, codecError("encode", C.int(n))
	}
	return dst[:len(dst)+int(n)], nil
}

// grow returns b with room for n more bytes.
func grow(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	return append(make([]byte, 0, len(b)+n), b...)
}

// Close gives the encoder's memory back. It may be called again.
func (e *Encoder) Close() {
	if e.c != nil {
		C.opus_encoder_destroy(e.c)
		e.c = nil
	}
}

// A Decoder decodes the sound of one remote microphone, frame by frame: each
// lost frame is made up by DecodeFEC or Conceal.
type Decoder struct{ c *C.OpusDecoder }

// NewDecoder returns a decoder.
func NewDecoder() (*Decoder, error) {
	var code C.int
	c := C.opus_decoder_create(media.SampleRate, 1, &code)
	if code != C.OPUS_OK {
		return nil, codecError("open decoder", code)
	}
	return &Decoder{c}, nil
}

// Decode decodes payload into frame, [media.FrameLen] samples.
func (d *Decoder) Decode(frame []float32, payload []byte) error {
	if len(payload) == 0 {
		return errors.New("opus: empty payload")
	}
	return d.decode(frame, payload, 0)
}

// DecodeFEC makes up the frame before next, which is lost, from the coarse
// copy in next; where next has none, it conceals. Decode of next follows.
func (d *Decoder) DecodeFEC(frame []float32, next []byte) error {
	if len(next) == 0 {
		return errors.New("opus: empty payload")
	}
	return d.decode(frame, next, 1)
}

// Conceal makes up a frame from what came before; several in a row fade out.
func (d *Decoder) Conceal(frame []float32) error { return d.decode(frame, nil, 0) }

func (d *Decoder) decode(frame []float32, payload []byte, fec C.int) error {
	if d.c == nil {
		return ErrClosed
	}
	if len(frame) != media.FrameLen {
		return fmt.Errorf("opus: frame of %d samples", len(frame))
	}
	n := C.opus_decode_float(d.c, octets(payload), C.opus_int32(len(payload)), samples(frame), media.FrameLen, fec)
	switch {
	case n < 0:
		return codecError("decode", n)
	case n != media.FrameLen:
		return fmt.Errorf("opus: payload of %d samples", int(n))
	}
	return nil
}

// Close gives the decoder's memory back. It may be called again.
func (d *Decoder) Close() {
	if d.c != nil {
		C.opus_decoder_destroy(d.c)
		d.c = nil
	}
}

func codecError(what string, code C.int) error {
	return fmt.Errorf("opus: cannot %s: %s", what, C.GoString(C.opus_strerror(code)))
}

// samples and octets are where slices start, for C, which keeps no pointer to them.
func samples(f []float32) *C.float { return (*C.float)(unsafe.Pointer(unsafe.SliceData(f))) }

func octets(b []byte) *C.uchar { return (*C.uchar)(unsafe.Pointer(unsafe.SliceData(b))) }
