// Package media is the vocabulary of sound and picture on the way between a
// device and the relay. It imports nothing of ours. The rooms below it do the
// work; engine builds the paths out of them and is the one handle that the
// rest of the program has on media.
package media

import (
	"crypto/tls"
	"image"
	"time"
)

// A Track is one of the things that a participant can send.
type Track uint8

// The tracks. The numbers are part of the sealing: they never change.
const (
	Microphone Track = 1
	Camera     Track = 2
)

// Sound is 48 kHz mono, in samples of ±1, in steps of 10 ms; Opus frames are 20 ms.
const (
	SampleRate = 48000
	Step       = 10 * time.Millisecond
	StepLen    = SampleRate / 100
	FrameTime  = 20 * time.Millisecond
	FrameLen   = SampleRate / 50
)

// Encoded is one encoded frame. Its Payload is good until the encoder's next call.
type Encoded struct {
	Payload []byte
	At      time.Duration // when it was captured, on the sender's media clock
	Key     bool          // picture: decodes by itself
	Layer   int           // picture: 0 (180p), 1 (360p), 2 (720p)
	Tier    int           // picture: temporal layer, 0 is the base
}

// A Sealer encrypts the frames of one track. Seal appends to dst: clear as it
// is, then the sealed payload; clear is authenticated. It never waits.
type Sealer interface {
	Seal(dst, clear, payload []byte) ([]byte, error)
}

// An Opener undoes what the [Sealer] of one remote track did. Open appends
// the payload to dst; sealed is what follows clear. It never waits. An error
// is no end: the frame is counted and dropped, the next one may be good.
type Opener interface {
	Open(dst, clear, sealed []byte) ([]byte, error)
}

// Keys hands out the sealers and openers of one sitting. Member is the
// member's id, as the relay names the publisher of a track.
type Keys struct {
	Sealer func(Track) Sealer
	Opener func(member string, t Track) Opener
}

// A Ticket is one short-lived right to enter the relay. It works once.
type Ticket struct {
	URL   string      // wss://… of the relay's signalling, behind the service
	Token string      // the relay's access token
	TLS   *tls.Config // how the service is recognised, and the session certificate
}

// Permission is what the sitting's state allows. The engine obeys the newest.
type Permission struct {
	Heard []string // members whose sound may be played; all others are dropped
	Seen  []string // members whose picture may be shown
	Speak bool     // own sound may leave
	Show  bool     // own picture may leave
}

// A Level is how loud something is, in dBFS: 0 is full scale, -120 silence.
type Level struct{ RMS, Peak float64 }

// Silence is the level of nothing.
var Silence = Level{RMS: -120, Peak: -120}

// DeviceKind is what a device is for.
type DeviceKind uint8

// The kinds of device.
const (
	MicrophoneDevice DeviceKind = iota
	LoudspeakerDevice
	CameraDevice
)

// A Device can be opened by its ID, which stays the same while the machine runs.
type Device struct {
	ID      string
	Name    string // for people
	Kind    DeviceKind
	Default bool
}

// A Screen shows the newest picture of one member; older ones are lost.
type Screen interface {
	// Paint scales the newest picture into all of dst, keeping its aspect
	// ratio by cropping, and reports whether there was one that dst had not
	// seen yet. It does not wait.
	Paint(dst *image.RGBA) bool
	// Size is the newest picture's width and height in pixels; zero before the first.
	Size() image.Point
}

// A Meter is what the window shows of the media path, as of now.
type Meter struct {
	Microphone Level
	Live       bool             // sealed microphone frames left within the last 300 ms
	OnAir      bool             // sealed camera frames left within the last 300 ms
	Members    map[string]Level // how loud each heard member is
	Connected  bool             // the relay is there
	Fault      error            // a device that is missing, taken or pulled; nil when all is well
}

// pictureMark is in the clear byte of every sealed picture, and not in the
// first byte of the black ones that the relay makes up when a camera goes away.
const pictureMark = 1 << 7

// PictureClear is the one byte that a frame of picture carries in the clear.
// The relay reads bit 0 only, as the first byte of a VP8 payload: 0 is a key
// frame. Bits 1 and 2 are the temporal tier, bits 3 and 4 the layer; sealers
// read these, to know which frames a receiver may never get. Bit 7 is set.
func PictureClear(key bool, layer, tier int) byte {
	b := pictureMark | byte(tier&3)<<1 | byte(layer&3)<<3
	if !key {
		b |= 1
	}
	return b
}

// IsPictureClear tells whether a frame that begins with b can be a sealed picture.
func IsPictureClear(b byte) bool { return b&pictureMark != 0 }
