package ticket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"incamera/sitting"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	"github.com/twitchtv/twirp"
)

// A Presence is a member as the relay sees her.
type Presence struct {
	Member sitting.MemberID
	Speaks bool // may publish the microphone
}

// ErrDown reports that there is no relay at the moment.
var ErrDown = errors.New("ticket: the relay is down")

// Present returns who is in the room. A room that nobody has entered is empty.
func (d *Desk) Present(ctx context.Context, room sitting.ID) ([]Presence, error) {
	ctx, rooms, err := d.rooms(ctx, room)
	if err != nil {
		return nil, err
	}
	list, err := rooms.ListParticipants(ctx, &livekit.ListParticipantsRequest{Room: string(room)})
	if err != nil {
		return nil, failed("list", err)
	}
	present := make([]Presence, 0, len(list.Participants))
	for _, p := range list.Participants {
		present = append(present, Presence{
			Member: sitting.MemberID(p.Identity),
			Speaks: slices.Contains(p.Permission.GetCanPublishSources(), livekit.TrackSource_MICROPHONE),
		})
	}
	return present, nil
}

// SetSources lets member publish the camera, and the microphone if she speaks.
// The relay stops what she may no longer publish. It returns [ErrAbsent] for
// one who is not there.
func (d *Desk) SetSources(ctx context.Context, room sitting.ID, member sitting.MemberID, speaks bool) error {
	ctx, rooms, err := d.rooms(ctx, room)
	if err != nil {
		return err
	}
	_, err = rooms.UpdateParticipant(ctx, &livekit.UpdateParticipantRequest{
		Room: string(room), Identity: string(member),
		Permission: &livekit.ParticipantPermission{
			CanSubscribe: true, CanPublish: true, CanPublishSources: sources(speaks),
		},
	})
	return failed("set sources", err)
}

// Drop makes the relay end member's connection. It returns [ErrAbsent] for one
// who is not there.
func (d *Desk) Drop(ctx context.Context, room sitting.ID, member sitting.MemberID) error {
	ctx, rooms, err := d.rooms(ctx, room)
	if err != nil {
		return err
	}
	_, err = rooms.RemoveParticipant(ctx, &livekit.RoomParticipantIdentity{
		Room: string(room), Identity: string(member),
	})
	return failed("drop", err)
}

// rooms returns the relay's API and a context that carries the right to it for
// this one room.
func (d *Desk) rooms(ctx context.Context, room sitting.ID) (context.Context, livekit.RoomService, error) {
	url := d.relay()
	if url == "" {
		return nil, nil, ErrDown
	}
	grant := &auth.VideoGrant{RoomAdmin: true, Room: string(room)}
	token, err := auth.NewAccessToken(d.keys.id, d.keys.secret).
		SetVideoGrant(grant).SetValidFor(time.Minute).ToJWT()
	if err != nil {
		return nil, nil, fmt.Errorf("ticket: %w", err)
	}
	ctx, err = twirp.WithHTTPRequestHeaders(ctx, http.Header{"Authorization": {"Bearer " + token}})
	if err != nil {
		return nil, nil, fmt.Errorf("ticket: %w", err)
	}
	return ctx, livekit.NewRoomServiceProtobufClient(url, d.http), nil
}

// failed says what could not be done. The relay's errors hold no secrets: they
// are made of room, member and code.
func failed(what string, err error) error {
	var answer twirp.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer) && answer.Code() == twirp.NotFound:
		return ErrAbsent
	}
	return fmt.Errorf("ticket: %s: %w", what, err)
}
