// Package engine builds the paths of sound and picture out of the rooms below
// media, and is the one handle that the rest of the program has on them.
//
// It owns these goroutines, all of which have ended when [Engine.Run] returns:
//
//	goroutine                owns                              ends when
//	Run                      the link to the relay             its context does
//	capture: sound           microphone → seal → relay         Run does
//	capture: picture         camera → encode → seal → relay    Run does
//	track, one per remote    its opener, its decoder           the track ends
//	playout                  mixer, loudspeaker                Run does
//
// and, while a device is open, one that closes it as soon as the plan does not
// want it any more: a read may hang in a driver.
//
// Control and frames meet at one swapped pointer, the [plan]: what the sitting
// permits and the person wants. Methods replace it and never wait for a frame;
// a frame never waits for them.
//
// The engine sees keys only as sealers and openers, and has no way to send
// what they have not sealed.
package engine

import (
	"context"
	"image"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"incamera/media"
	"incamera/media/opus"
	"incamera/media/process"
	"incamera/media/relay"
)

// Options say what an engine is made of. All of it is constant.
type Options struct {
	Keys   media.Keys
	Ticket func(context.Context) (media.Ticket, error) // asked for each entry into the relay
	Me     string                                      // the relay's name for this member

	// Microphone, Loudspeaker and Camera open the devices; nil means that there
	// is none. They are opened again after a fault. See also [Engine.UseMicrophone].
	Microphone  Microphone
	Loudspeaker Loudspeaker
	Camera      Camera

	Log      *slog.Logger
	Loopback bool           // all media stays on this machine
	Ranges   []netip.Prefix // addresses that media may use; any when empty

	// OnPicture, when set, is shown each picture on the track's goroutine, as
	// it goes to the screen, decoded, at at. The picture is good until it returns.
	OnPicture func(member string, pic *image.YCbCr, at time.Time)
	// OnSound, when set, hears the samples of each step that went to the
	// loudspeaker, on the playout goroutine.
	OnSound func(step []float32, at time.Time)
}

// An Engine is the media of one person in one sitting.
type Engine struct {
	options Options
	began   time.Time // zero of the media clock

	mu      sync.Mutex // held while plan, members or link are replaced
	plan    atomic.Pointer[plan]
	members atomic.Pointer[map[string]*member]
	link    atomic.Pointer[relay.Link]

	holding [3]chan struct{} // full while a device is open, by kind
	faults  faults
	counts  counts
	level   process.Meter // of the own microphone

	picture pictureSender
	speech  atomic.Pointer[opus.Encoder] // used by capture: sound; others say what to expect
}

// New returns an engine that sends nothing and lets nobody be heard, until
// [Engine.Permit], [Engine.Microphone] and [Engine.Camera] say otherwise.
func New(o Options) *Engine {
	e := &Engine{options: o, began: time.Now()}
	if e.options.Log == nil {
		e.options.Log = slog.New(slog.DiscardHandler)
	}
	for k := range e.holding {
		e.holding[k] = make(chan struct{}, 1)
	}
	e.plan.Store(&plan{
		from: o.Microphone, to: o.Loudspeaker, sight: o.Camera, changed: make(chan struct{}),
	})
	e.members.Store(&map[string]*member{})
	return e
}
