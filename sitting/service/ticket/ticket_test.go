package ticket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
)

func TestMint(t *testing.T) {
	keys := NewKeys()
	d := New(keys, func() string { return "" })
	for _, speaks := range []bool{false, true} {
		token, err := d.Mint("budget", "a.martin", speaks)
		if err != nil {
			t.Fatal(err)
		}
		v, err := auth.ParseAPIToken(token)
		if err != nil {
			t.Fatal(err)
		}
		claims, grants, err := v.Verify(keys.secret)
		if err != nil {
			t.Fatal(err)
		}
		if life := claims.ExpiresAt.Sub(claims.NotBefore.Time); life > Life+time.Second {
			t.Errorf("the token lives %v", life)
		}
		g := grants.Video
		if grants.Identity != "a.martin" || g.Room != "budget" || !g.RoomJoin || !g.GetCanSubscribe() {
			t.Errorf("grants = %+v", grants)
		}
		if g.RoomAdmin || g.RoomCreate || g.RoomList || g.GetCanPublishData() || g.GetCanUpdateOwnMetadata() || g.Hidden {
			t.Errorf("grants too much: %+v", g)
		}
		for source, want := range map[livekit.TrackSource]bool{
			livekit.TrackSource_CAMERA:       true,
			livekit.TrackSource_MICROPHONE:   speaks,
			livekit.TrackSource_SCREEN_SHARE: false,
			livekit.TrackSource_UNKNOWN:      false,
		} {
			if got := g.GetCanPublishSource(source); got != want {
				t.Errorf("speaks %v: may publish %v = %v, want %v", speaks, source, got, want)
			}
		}
	}
}

func TestKeysPrintAsNothing(t *testing.T) {
	keys := NewKeys()
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "keys", keys)
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "keys", keys)
	fmt.Fprintf(&b, "%v %+v %#v %s", keys, keys, keys, keys)
	out, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	b.Write(out)
	if strings.Contains(b.String(), keys.secret) {
		t.Error("the secret was printed")
	}
	if keys == NewKeys() {
		t.Error("two starts have the same keys")
	}
}

func TestRelayDown(t *testing.T) {
	d := New(NewKeys(), func() string { return "" })
	if _, err := d.Present(t.Context(), "budget"); err != ErrDown {
		t.Errorf("Present = %v, want ErrDown", err)
	}
	if err := d.Drop(t.Context(), "budget", "a.martin"); err != ErrDown {
		t.Errorf("Drop = %v, want ErrDown", err)
	}
}
