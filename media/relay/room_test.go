package relay

import (
	"image"
	"net"
	"net/netip"
	"slices"
	"testing"

	"incamera/media"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/rtcp"
	"google.golang.org/protobuf/proto"
)

func joined(p *livekit.ParticipantPermission, others ...*livekit.ParticipantInfo) *room {
	r := newRoom(&livekit.JoinResponse{
		Participant: &livekit.ParticipantInfo{Sid: "PA_me", Identity: "me", Permission: p},
	})
	r.update(others)
	return r
}

func participant(name string, tracks ...*livekit.TrackInfo) *livekit.ParticipantInfo {
	return &livekit.ParticipantInfo{Sid: "PA_" + name, Identity: name, State: livekit.ParticipantInfo_ACTIVE, Tracks: tracks}
}

func microphone(sid string) *livekit.TrackInfo {
	return &livekit.TrackInfo{Sid: sid, Source: livekit.TrackSource_MICROPHONE}
}

func lens(sid string) *livekit.TrackInfo {
	return &livekit.TrackInfo{Sid: sid, Source: livekit.TrackSource_CAMERA}
}

func TestAllowed(t *testing.T) {
	both := []livekit.TrackSource{livekit.TrackSource_CAMERA, livekit.TrackSource_MICROPHONE}
	tests := []struct {
		name               string
		permission         *livekit.ParticipantPermission
		microphone, camera bool
	}{
		{"unknown", nil, false, false},
		{"may not publish", &livekit.ParticipantPermission{CanPublishSources: both}, false, false},
		{"any source", &livekit.ParticipantPermission{CanPublish: true}, true, true},
		{"camera only", &livekit.ParticipantPermission{CanPublish: true, CanPublishSources: both[:1]}, false, true},
		{"both", &livekit.ParticipantPermission{CanPublish: true, CanPublishSources: both}, true, true},
	}
	for _, tt := range tests {
		r := joined(tt.permission)
		if got := r.allowed(livekit.TrackSource_MICROPHONE); got != tt.microphone {
			t.Errorf("%s: microphone %v", tt.name, got)
		}
		if got := r.allowed(livekit.TrackSource_CAMERA); got != tt.camera {
			t.Errorf("%s: camera %v", tt.name, got)
		}
	}
}

func TestSubscribe(t *testing.T) {
	screen := &livekit.TrackInfo{Sid: "TR_s", Source: livekit.TrackSource_SCREEN_SHARE}
	r := joined(nil, participant("ada", microphone("TR_a"), lens("TR_b"), screen), participant("bob", lens("TR_c")))
	w := &Wish{Fetch: map[string]image.Point{"bob": {X: 320, Y: 180}}}
	if got := r.subscribe(w); !slices.Equal(got, []string{"TR_a", "TR_c"}) {
		t.Errorf("subscribe to %v", got)
	}
	if got := r.subscribe(w); len(got) != 0 {
		t.Errorf("subscribe again to %v", got)
	}
	if got := r.settings(w); len(got) != 1 || got[0].TrackSids[0] != "TR_c" || got[0].Height != 180 {
		t.Errorf("settings %v", got)
	}
	if got := r.settings(w); len(got) != 0 {
		t.Errorf("settings again %v", got)
	}
	if got := r.settings(new(Wish)); len(got) != 1 || !got[0].Disabled {
		t.Errorf("settings out of view %v", got)
	}
	if got := r.subscribe(new(Wish)); len(got) != 0 {
		t.Errorf("subscribe to %v with no wish", got)
	}
	r.update([]*livekit.ParticipantInfo{participant("bob")})
	r.update([]*livekit.ParticipantInfo{participant("bob", lens("TR_d"))})
	if got := r.subscribe(w); !slices.Equal(got, []string{"TR_d"}) {
		t.Errorf("subscribe to %v after bob is back", got)
	}
}

func TestSilences(t *testing.T) {
	r := joined(nil)
	muted := microphone("TR_a")
	muted.Muted = true
	gone := participant("ada", microphone("TR_a"))
	gone.State = livekit.ParticipantInfo_DISCONNECTED
	for i, step := range []struct {
		news *livekit.ParticipantInfo
		want []silence
	}{
		{participant("ada", microphone("TR_a")), []silence{{"ada", media.Microphone, false}}},
		{participant("ada", microphone("TR_a")), nil},
		{participant("ada", muted), []silence{{"ada", media.Microphone, true}}},
		{gone, []silence{{"ada", media.Microphone, true}}},
		{gone, nil},
	} {
		if got := r.update([]*livekit.ParticipantInfo{step.news}); !slices.Equal(got, step.want) {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
}

// TestReplaced: who comes in from elsewhere keeps the new tracks when the old place is said
// to be gone.
func TestReplaced(t *testing.T) {
	r := joined(nil, participant("ann", lens("TR_old")))
	again := participant("ann", lens("TR_new"))
	again.Sid = "PA_again"
	r.update([]*livekit.ParticipantInfo{again})
	gone := participant("ann")
	gone.State = livekit.ParticipantInfo_DISCONNECTED
	if changed := r.update([]*livekit.ParticipantInfo{gone}); len(changed) != 0 {
		t.Errorf("changed: %v", changed)
	}
	if _, old := r.tracks["TR_old"]; old || r.tracks["TR_new"].member != "ann" {
		t.Errorf("tracks: %v", r.tracks)
	}
	again.State = livekit.ParticipantInfo_DISCONNECTED
	if changed := r.update([]*livekit.ParticipantInfo{again}); len(changed) != 1 || !changed[0].muted || len(r.tracks) != 0 {
		t.Errorf("at the end: %v, %v", changed, r.tracks)
	}
}

// TestSetting: a tile that crops the sides asks for the height that fills it.
func TestSetting(t *testing.T) {
	tests := []struct {
		tile   image.Point
		height uint32
	}{
		{image.Pt(1280, 720), 720},
		{image.Pt(160, 90), 90},
		{image.Pt(600, 600), 600},
		{image.Pt(640, 100), 360},
		{image.Pt(1, 1), 1},
	}
	for _, tt := range tests {
		if s := setting("TR", tt.tile); s.Height != tt.height || s.Width == 0 || s.Disabled {
			t.Errorf("tile %v: %v", tt.tile, s)
		}
	}
	if s := setting("TR", image.Point{}); !s.Disabled {
		t.Errorf("no tile: %v", s)
	}
}

func TestAddresses(t *testing.T) {
	house := Options{Ranges: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/8")}}
	tests := []struct {
		o    Options
		ip   string
		want bool
	}{
		{Options{}, "192.0.2.1", true},
		{Options{Loopback: true}, "127.0.0.1", true},
		{Options{Loopback: true}, "::1", true},
		{Options{Loopback: true}, "192.0.2.1", false},
		{house, "10.1.2.3", true},
		{house, "10.2.2.3", false},
		{house, "fd12::1", true},
		{house, "2001:db8::1", false},
	}
	for _, tt := range tests {
		if got := tt.o.allowed(net.ParseIP(tt.ip)); got != tt.want {
			t.Errorf("%s: %v", tt.ip, got)
		}
	}
}

func TestSignalURL(t *testing.T) {
	got, err := signalURL("wss://service.example:4443/relay/once")
	if err != nil || got != "wss://service.example:4443/relay/once/rtc?auto_subscribe=0&protocol=16&sdk=go" {
		t.Errorf("signalURL = %q, %v", got, err)
	}
	if _, err := signalURL("://"); err == nil {
		t.Error("a bad ticket makes no URL")
	}
}

func TestReports(t *testing.T) {
	report := func(fraction uint8) rtcp.Packet {
		return &rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{FractionLost: fraction}}}
	}
	if _, ok := lost([]rtcp.Packet{&rtcp.PictureLossIndication{}}); ok {
		t.Error("a key-frame request reports no loss")
	}
	if share, ok := lost([]rtcp.Packet{report(0), report(64)}); !ok || share != 0.25 {
		t.Errorf("share %v, %v", share, ok)
	}
	if !asksForKey([]rtcp.Packet{report(0), &rtcp.FullIntraRequest{}}) || asksForKey([]rtcp.Packet{report(0)}) {
		t.Error("key-frame request")
	}
}

// FuzzSignal: whatever the relay says about participants and layers, what is
// then asked of it is asked once only.
func FuzzSignal(f *testing.F) {
	for _, m := range []*livekit.SignalResponse{
		{Message: &livekit.SignalResponse_Update{Update: &livekit.ParticipantUpdate{
			Participants: []*livekit.ParticipantInfo{participant("ada", microphone("TR_a"), lens("TR_b")), participant("me")},
		}}},
		{Message: &livekit.SignalResponse_SubscribedQualityUpdate{SubscribedQualityUpdate: &livekit.SubscribedQualityUpdate{
			SubscribedCodecs: []*livekit.SubscribedCodec{{Qualities: []*livekit.SubscribedQuality{{Quality: -1, Enabled: true}}}},
		}}},
		{Message: &livekit.SignalResponse_RequestResponse{RequestResponse: &livekit.RequestResponse{}}},
	} {
		data, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := new(livekit.SignalResponse)
		if proto.Unmarshal(data, m) != nil {
			return
		}
		l := &Link{room: joined(nil)}
		w := &Wish{Fetch: map[string]image.Point{"ada": {X: 1, Y: 1}}}
		l.room.update(m.GetUpdate().GetParticipants())
		l.refused(m.GetRequestResponse())
		l.muted(m.GetMute())
		layersIn(m.GetSubscribedQualityUpdate())
		l.room.subscribe(w)
		l.room.settings(w)
		if again := l.room.subscribe(w); len(again) > 0 {
			t.Errorf("subscribed twice to %v", again)
		}
		if again := l.room.settings(w); len(again) > 0 {
			t.Errorf("set twice: %v", again)
		}
	})
}
