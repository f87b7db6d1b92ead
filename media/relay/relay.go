// Package relay carries sealed frames to and from a LiveKit relay. It is the
// only client-side importer of LiveKit and of pion, and it knows no keys: what
// it is given to send is sealed, and what it gives out still is.
//
// A [Link] is one stay in one room. It owns the signalling connection, a peer
// connection in each direction, and these goroutines, all of which have ended
// when [Link.Close] returns: run (everything that is decided), the reader of
// the signalling, and one for each encoding sent and each track received, which
// read the reports that the relay sends back. Sound and picture are written by
// the caller's goroutines, one per track, and read by one goroutine per
// [Remote].
//
// A link does not come back once it is lost: its owner asks for a new ticket
// and dials again.
package relay

import (
	"image"
	"log/slog"
	"net/netip"

	"incamera/media"

	"github.com/pion/transport/v5"
)

// Layers is how many encodings a picture has: 180p, 360p and 720p.
const Layers = 3

// Options say how a link is made. All of it is constant.
type Options struct {
	// Loopback keeps all media on this machine.
	Loopback bool
	// Ranges are the addresses, ours and the relay's, that media may use; any when empty.
	Ranges []netip.Prefix
	// Sizes are the layers' sizes in pixels, smallest first.
	Sizes [Layers]image.Point
	Log   *slog.Logger

	// These are called on the link's goroutines and must not wait; nil is
	// allowed. KeyFrame: the relay asks for a key frame of one layer of our
	// picture. Wanted: which layers anybody fetches. Silent: a member has muted
	// a track or taken it back, or is heard or seen again. Lost: which share of
	// the packets of one encoding of ours did not reach the relay lately, 0 to 1.
	KeyFrame func(layer int)
	Wanted   func(layers [Layers]bool)
	Silent   func(member string, t media.Track, silent bool)
	Lost     func(t media.Track, share float64)

	network transport.Net // the machine's when nil; tests lose packets on it
}

// A Wish is all that one wants of a link. The link works towards the newest.
type Wish struct {
	Sound   bool // our microphone is published and not muted
	Picture bool // our camera is published and not muted
	// Fetch names the members whose camera is wanted, and how large it is shown.
	Fetch map[string]image.Point
}
