package vp8

/*
#include <stdlib.h>
#include "vp8.h"
*/
import "C"

import (
	"fmt"
	"image"
	"sync/atomic"
	"time"
	"unsafe"

	"incamera/media"
)

// A Layer is one of the sizes in which a picture is sent.
type Layer struct {
	Size    image.Point // even
	Bitrate int         // bit/s
}

// Options say what an encoder makes. All are constant.
type Options struct {
	Layers []Layer // smallest first
	Rate   int     // pictures per second that the bit rates are meant for
	Tiers  int     // temporal layers of each, 1 to 3
	Speed  int     // libvpx's cpu-used, 1 to 16, at first; higher is faster and coarser
}

// Standard is three layers in three tiers each, 30 pictures a second.
func Standard() Options {
	return Options{
		Layers: []Layer{
			{image.Pt(320, 180), 150_000},
			{image.Pt(640, 360), 500_000},
			{image.Pt(1280, 720), 1_700_000},
		},
		Rate: 30, Tiers: 3, Speed: 6,
	}
}

// An Encoder makes frames of all layers out of pictures. Encode and Close
// are for one goroutine; the other methods for any.
//
// In a period of tiers 0 2 1 2, a frame refers to the newest frame of tier 0,
// the last one also to that of tier 1. So tier 2 may be left out or taken up
// at any frame, and nothing refers to the highest tier.
type Encoder struct {
	options Options // constant
	speed   atomic.Int32

	// owned by the goroutine that encodes
	layers []*layer
	frames []media.Encoded
	scaler Scaler
	closed bool
}

// A layer is one encoder of libvpx and what it needs: up to 35 MB, which it has
// only while it is on.
type layer struct {
	size      image.Point // constant
	keyWanted atomic.Bool
	off       atomic.Bool
	bitrate   atomic.Int64 // wanted

	// owned by the goroutine that encodes
	c       *C.incamera_encoder // nil while it is off
	set     int64               // the bit rate in use
	speed   int32               // in use
	step    int                 // in the period of tiers
	last    int64               // presentation time, 1/90000 s
	picture image.YCbCr
	payload []byte
}

// NewEncoder returns an encoder whose first frames are key frames.
func NewEncoder(o Options) (*Encoder, error) {
	if o.Tiers < 1 || o.Tiers > len(patterns) {
		return nil, fmt.Errorf("vp8: %d tiers", o.Tiers)
	}
	e := &Encoder{options: o}
	e.SetSpeed(o.Speed)
	for _, l := range o.Layers {
		made := &layer{size: l.Size, last: -1}
		made.bitrate.Store(int64(l.Bitrate))
		e.layers = append(e.layers, made)
	}
	return e, nil
}

// Encode encodes pic, captured at, in each layer that is on. What it returns,
// the largest layer first, is good until the next call. A pic of another shape
// is cropped.
func (e *Encoder) Encode(pic *image.YCbCr, at time.Duration) ([]media.Encoded, error) {
	e.frames = e.frames[:0]
	if e.closed {
		return nil, ErrClosed
	}
	larger := pic // the smallest that is large enough to scale from
	for i := len(e.layers) - 1; i >= 0; i-- {
		l := e.layers[i]
		if l.off.Load() {
			l.close()
			continue
		}
		speed := e.speed.Load()
		if err := l.open(e.options, speed); err != nil {
			return nil, err
		}
		if speed != l.speed {
			l.speed = speed
			C.incamera_encoder_speed(l.c, C.int(speed))
		}
		src := larger
		if src.Rect.Size() != l.size {
			media.Resize(&l.picture, l.size)
			e.scaler.Scale(&l.picture, larger)
			src = &l.picture
		}
		larger = src
		f, err := l.encode(src, at, e.options)
		if err != nil {
			return nil, err
		}
		if f.Payload != nil {
			f.Layer = i
			e.frames = append(e.frames, f)
		}
	}
	return e.frames, nil
}

// patterns are the tiers of a period, and what their frames may refer to and
// renew: last belongs to tier 0, golden to tier 1.
var patterns = [...][]struct {
	tier  int
	flags C.int
}{
	{{0, renewLast}},
	{{0, renewLast}, {1, fromLast}},
	{{0, renewLast}, {2, fromLast}, {1, renewGolden}, {2, fromBoth}},
}

const (
	noReference = C.VP8_EFLAG_NO_REF_GF | C.VP8_EFLAG_NO_REF_ARF
	renewLast   = noReference | C.VP8_EFLAG_NO_UPD_GF | C.VP8_EFLAG_NO_UPD_ARF
	renewGolden = noReference | C.VP8_EFLAG_NO_UPD_LAST | C.VP8_EFLAG_NO_UPD_ARF | C.VP8_EFLAG_NO_UPD_ENTROPY
	renewNone   = C.VP8_EFLAG_NO_UPD_LAST | C.VP8_EFLAG_NO_UPD_GF | C.VP8_EFLAG_NO_UPD_ARF | C.VP8_EFLAG_NO_UPD_ENTROPY
	fromLast    = noReference | renewNone
	fromBoth    = C.VP8_EFLAG_NO_REF_ARF | renewNone
)

// open makes the encoder of a layer that was off; it begins with a key frame.
func (l *layer) open(o Options, speed int32) error {
	if l.c != nil {
		return nil
	}
	rate := l.bitrate.Load()
	c := (*C.incamera_encoder)(C.calloc(1, C.sizeof_incamera_encoder))
	code := C.incamera_encoder_open(c, C.int(l.size.X), C.int(l.size.Y), C.int(o.Rate), C.int(o.Tiers), C.int(rate), C.int(speed))
	if code != 0 {
		C.free(unsafe.Pointer(c))
		return codecError("open encoder", code)
	}
	l.c, l.set, l.speed = c, rate, speed
	l.keyWanted.Store(true)
	return nil
}

// close gives the encoder's memory back.
func (l *layer) close() {
	if l.c != nil {
		C.incamera_encoder_close(l.c)
		C.free(unsafe.Pointer(l.c))
		l.c, l.picture = nil, image.YCbCr{}
	}
}

func (l *layer) encode(src *image.YCbCr, at time.Duration, o Options) (media.Encoded, error) {
	if err := l.retune(); err != nil {
		return media.Encoded{}, err
	}
	key := l.keyWanted.Swap(false)
	if key {
		l.step = 0
	}
	pattern := patterns[o.Tiers-1]
	now := pattern[l.step%len(pattern)]
	l.step++
	flags := now.flags
	if key {
		flags = C.VPX_EFLAG_FORCE_KF
	}
	l.last = max(l.last+1, int64(at)*9/100_000)
	f := C.incamera_encode(l.c,
		pixels(src.Y[src.YOffset(src.Rect.Min.X, src.Rect.Min.Y):]),
		pixels(src.Cb[src.COffset(src.Rect.Min.X, src.Rect.Min.Y):]),
		pixels(src.Cr[src.COffset(src.Rect.Min.X, src.Rect.Min.Y):]),
		C.int(src.YStride), C.int(src.CStride),
		C.int64_t(l.last), C.ulong(90000/o.Rate), C.int(now.tier), flags)
	if f.error != 0 {
		return media.Encoded{}, codecError("encode", f.error)
	}
	if f.size == 0 {
		return media.Encoded{}, nil
	}
	l.payload = append(l.payload[:0], unsafe.Slice((*byte)(f.data), int(f.size))...)
	return media.Encoded{Payload: l.payload, At: at, Key: f.key != 0, Tier: now.tier}, nil
}

// retune takes up a new bit rate.
func (l *layer) retune() error {
	want := l.bitrate.Load()
	if want == l.set {
		return nil
	}
	l.set = want
	if code := C.incamera_encoder_bitrate(l.c, C.int(want)); code != 0 {
		return codecError("change bit rate", code)
	}
	return nil
}

// KeyFrame makes the next frame of layer a key frame. It may be called from
// any goroutine; a layer that does not exist is ignored.
func (e *Encoder) KeyFrame(layer int) {
	if layer >= 0 && layer < len(e.options.Layers) {
		e.layers[layer].keyWanted.Store(true)
	}
}

// Enable turns layer on or off, from the next picture on. A layer starts
// with a key frame, and holds no memory while it is off. It may be called from any goroutine.
func (e *Encoder) Enable(layer int, on bool) {
	if layer < 0 || layer >= len(e.options.Layers) {
		return
	}
	l := e.layers[layer]
	if on && l.off.Load() {
		l.keyWanted.Store(true)
	}
	l.off.Store(!on)
}

// SetBitrate changes layer's bit rate, in bit/s, from the next picture on.
// It may be called from any goroutine.
func (e *Encoder) SetBitrate(layer, bitrate int) {
	if layer >= 0 && layer < len(e.options.Layers) {
		e.layers[layer].bitrate.Store(int64(max(bitrate, 10_000)))
	}
}

// SetSpeed changes how fast all layers are encoded, from the next picture on;
// see [Options]. It may be called from any goroutine.
func (e *Encoder) SetSpeed(speed int) { e.speed.Store(int32(min(max(speed, 1), 16))) }

// Close gives the encoder's memory back. It may be called again.
func (e *Encoder) Close() {
	if e.closed {
		return
	}
	e.closed = true
	for _, l := range e.layers {
		l.close()
	}
}
