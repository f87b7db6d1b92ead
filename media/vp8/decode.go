package vp8

/*
#include <stdlib.h>
#include "vp8.h"
*/
import "C"

import (
	"errors"
	"image"
	"unsafe"

	"incamera/media"
)

// ErrNoPicture says that a frame was taken but is not to be shown.
var ErrNoPicture = errors.New("vp8: no picture")

// maxSide bounds what a frame may claim to be: larger ones are refused before
// memory is spent on them.
const maxSide = 4096

// ErrTooLarge says that a frame claims a size beyond any that is sent here.
var ErrTooLarge = errors.New("vp8: picture too large")

// A Decoder turns frames back into pictures. Frames may change size at any
// key frame.
type Decoder struct {
	c *C.incamera_decoder
}

// NewDecoder returns a decoder that awaits a key frame.
func NewDecoder() (*Decoder, error) {
	c := (*C.incamera_decoder)(C.calloc(1, C.sizeof_incamera_decoder))
	if code := C.incamera_decoder_open(c); code != 0 {
		C.free(unsafe.Pointer(c))
		return nil, codecError("open decoder", code)
	}
	return &Decoder{c}, nil
}

// Decode decodes payload into dst, 4:2:0, of the frame's size, in dst's own
// memory when that is large enough. After an error, pictures may be broken
// until the next key frame.
func (d *Decoder) Decode(dst *image.YCbCr, payload []byte) error {
	switch {
	case d.c == nil:
		return ErrClosed
	case len(payload) == 0: // libvpx would repeat the last picture
		return ErrNoPicture
	case IsKey(payload) && tooLarge(payload):
		return ErrTooLarge
	}
	r := C.incamera_decode(d.c, pixels(payload), C.size_t(len(payload)))
	if r.error != 0 {
		return codecError("decode", r.error)
	}
	if r.width == 0 {
		return ErrNoPicture
	}
	media.Resize(dst, image.Pt(int(r.width), int(r.height)))
	C.incamera_decoder_copy(d.c, pixels(dst.Y), pixels(dst.Cb), pixels(dst.Cr), C.int(dst.YStride), C.int(dst.CStride))
	return nil
}

// tooLarge reads the size in a key frame's header (RFC 6386 section 9.1).
func tooLarge(key []byte) bool {
	if len(key) < 10 {
		return false // libvpx says what is wrong with it
	}
	w, h := int(key[6])|int(key[7]&0x3f)<<8, int(key[8])|int(key[9]&0x3f)<<8
	return w > maxSide || h > maxSide
}

// Close gives the decoder's memory back. It may be called again.
func (d *Decoder) Close() {
	if d.c != nil {
		C.incamera_decoder_close(d.c)
		C.free(unsafe.Pointer(d.c))
		d.c = nil
	}
}

// pixels is where b starts, for C, which keeps no pointer to it.
func pixels(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b))) }
