// Package ticket makes the relay know what the sitting has decided: it mints
// the tokens by which the relay lets a member in, and tells the relay who may
// publish what and who must go. It owns the relay's keys, which are new for
// each start and never leave this process and the relay. It is the only
// importer of LiveKit's auth and server API.
//
// In the relay, a room is a sitting and a participant's identity is a member's
// id. Everybody may publish the camera; the microphone only with the floor.
// Nobody may send data: what members say to one another goes through the order.
package ticket

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"incamera/sitting"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
)

// Life is how long a token may be used to enter the relay.
const Life = 30 * time.Second

// ErrAbsent reports a member who is not in the room.
var ErrAbsent = errors.New("ticket: the member is not at the relay")

// Keys are what the service and its relay share. They print as nothing.
type Keys struct{ id, secret string }

// NewKeys returns keys that nobody has seen.
func NewKeys() Keys { return Keys{id: "incamerad", secret: rand.Text() + rand.Text()} }

// Set returns the keys of a relay that was started by someone else.
func Set(id, secret string) Keys { return Keys{id: id, secret: secret} }

// Text returns the keys as the relay reads them, for its environment alone.
func (k Keys) Text() string { return k.id + ": " + k.secret }

// String hides the keys, also from fmt and from logs.
func (k Keys) String() string { return "(keys)" }

// GoString hides the keys.
func (k Keys) GoString() string { return "(keys)" }

// LogValue hides the keys.
func (k Keys) LogValue() slog.Value { return slog.StringValue("(keys)") }

// A Desk mints tokens and talks to one relay. Its methods may be called from
// any goroutine.
type Desk struct {
	keys  Keys
	relay func() string // the relay's URL at the moment; "" while it is down
	http  *http.Client
}

// New returns a desk for the relay at the URL that relay returns.
func New(keys Keys, relay func() string) *Desk {
	return &Desk{keys: keys, relay: relay, http: &http.Client{
		Transport: &http.Transport{MaxIdleConns: 4, IdleConnTimeout: 30 * time.Second},
		Timeout:   5 * time.Second,
	}}
}

// Close lets go of the connections to the relay.
func (d *Desk) Close() { d.http.CloseIdleConnections() }

// Mint returns a token by which member may enter room within [Life]; speaks
// says whether she has the floor.
func (d *Desk) Mint(room sitting.ID, member sitting.MemberID, speaks bool) (string, error) {
	no, yes := false, true
	grant := &auth.VideoGrant{
		RoomJoin: true, Room: string(room),
		CanPublish: &yes, CanSubscribe: &yes,
		CanPublishData: &no, CanUpdateOwnMetadata: &no,
	}
	grant.SetCanPublishSources(sources(speaks))
	token, err := auth.NewAccessToken(d.keys.id, d.keys.secret).
		SetIdentity(string(member)).SetVideoGrant(grant).SetValidFor(Life).ToJWT()
	if err != nil {
		return "", fmt.Errorf("ticket: mint: %w", err)
	}
	return token, nil
}

func sources(speaks bool) []livekit.TrackSource {
	if speaks {
		return []livekit.TrackSource{livekit.TrackSource_CAMERA, livekit.TrackSource_MICROPHONE}
	}
	return []livekit.TrackSource{livekit.TrackSource_CAMERA}
}
