// Package vp8 encodes and decodes pictures with libvpx (RFC 6386). One
// [Encoder] makes all simulcast layers of one camera, each in temporal tiers;
// one [Decoder] turns whichever layer the relay sends back into pictures.
//
// A picture is an image.YCbCr, 4:2:0, BT.601, limited range, everywhere.
//
// The package owns the codecs' memory: Close gives it back. It knows nothing
// of packets, keys or devices, and is the only importer of libvpx. Nothing
// here is safe for use by several goroutines at once unless it says so.
package vp8

/*
#cgo pkg-config: vpx
#cgo CFLAGS: -O3
#include "vp8.h"
*/
import "C"

import (
	"errors"
	"fmt"
)

// ErrClosed is returned after Close.
var ErrClosed = errors.New("vp8: closed")

// IsKey reports whether payload, an encoded frame, decodes by itself
// (RFC 6386 section 9.1: the first bit is zero).
func IsKey(payload []byte) bool {
	return len(payload) > 0 && payload[0]&1 == 0
}

// A codecError is libvpx's code and what it was about.
func codecError(what string, code C.int) error {
	return fmt.Errorf("vp8: cannot %s: %s", what, C.GoString(C.vpx_codec_err_to_string(C.vpx_codec_err_t(code))))
}
