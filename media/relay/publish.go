package relay

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"incamera/media"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// The layers of a picture as the relay names them, smallest first.
var rids = [Layers]string{"q", "h", "f"}

// publish brings p to where wish and the relay's permission want it.
func (l *Link) publish(p *publication, wish bool) error {
	allowed := l.room.allowed(p.source)
	switch {
	case p.stage == live && !allowed:
		return l.withdraw(p)
	case p.stage == live && p.muted == wish:
		p.muted = !wish
		return l.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Mute{
			Mute: &livekit.MuteTrackRequest{Sid: p.sid, Muted: p.muted},
		}})
	case p.stage == idle && wish && allowed:
		p.stage = asked
		p.cid = newCID(p.source)
		return l.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: l.describe(p)}})
	}
	return nil
}

// newCID names a track of ours; never twice in the life of a link.
func newCID(s livekit.TrackSource) string {
	return s.String() + "-" + strconv.FormatUint(rand.Uint64(), 36)
}

// describe says what p will be. The relay sees ciphertext only: it must not
// look for redundancy in sound, and marks the silence that it makes up itself.
func (l *Link) describe(p *publication) *livekit.AddTrackRequest {
	r := &livekit.AddTrackRequest{
		Cid: p.cid, Source: p.source, Encryption: livekit.Encryption_CUSTOM, DisableRed: true,
	}
	if p.source == livekit.TrackSource_MICROPHONE {
		r.Name, r.Type = "microphone", livekit.TrackType_AUDIO
		return r
	}
	top := l.options.Sizes[Layers-1]
	r.Name, r.Type = "camera", livekit.TrackType_VIDEO
	r.Width, r.Height = uint32(top.X), uint32(top.Y)
	for i, s := range l.options.Sizes {
		r.Layers = append(r.Layers, &livekit.VideoLayer{
			Quality: livekit.VideoQuality(i), Width: uint32(s.X), Height: uint32(s.Y),
			SpatialLayer: int32(i), Rid: rids[i],
		})
	}
	r.SimulcastCodecs = []*livekit.SimulcastCodec{{Codec: "vp8", Cid: p.cid, Layers: r.Layers}}
	return r
}

// published says that the relay awaits the track that we asked for.
func (l *Link) published(m *livekit.TrackPublishedResponse) error {
	for _, p := range []*publication{&l.room.microphone, &l.room.camera} {
		if p.stage == asked && p.cid == m.GetCid() {
			p.stage, p.sid, p.muted = live, m.GetTrack().GetSid(), m.GetTrack().GetMuted()
			return l.attach(p)
		}
	}
	return nil
}

// attach adds p's encodings to the connection; the next offer names them.
func (l *Link) attach(p *publication) error {
	outlets := l.outlets(p)
	t, err := l.section(outlets[0])
	if err != nil {
		return fmt.Errorf("relay: cannot publish: %w", err)
	}
	sender, source := t.Sender(), p.source
	p.sender = sender
	for i, o := range outlets {
		o.mid = t.Mid
		if i > 0 {
			if err := sender.AddEncoding(o); err != nil {
				return fmt.Errorf("relay: cannot publish: %w", err)
			}
		}
		l.tasks.Go(func() { readRTCP(sender, o.rid, func(packets []rtcp.Packet) { l.told(kind(source), i, packets) }) })
	}
	l.install(p, outlets)
	l.room.offer.due = true
	return nil
}

// section finds a media section for o: the one of a track that was withdrawn,
// so that offers do not grow with each turn on the floor, or a new one.
func (l *Link) section(o *outlet) (*webrtc.RTPTransceiver, error) {
	for _, t := range l.send.GetTransceivers() {
		if t.Kind() != o.kind || t.Sender() != nil || t.Direction() != webrtc.RTPTransceiverDirectionInactive {
			continue
		}
		sender, err := l.send.AddTrack(o)
		if err != nil {
			return nil, err
		}
		for _, t := range l.send.GetTransceivers() {
			if t.Sender() == sender {
				return t, nil
			}
		}
	}
	return l.send.AddTransceiverFromTrack(o, webrtc.RTPTransceiverInit{
		Direction: webrtc.RTPTransceiverDirectionSendonly,
	})
}

// outlets makes p's encodings. All of a picture's count time alike.
func (l *Link) outlets(p *publication) []*outlet {
	base := rand.Uint32()
	if p.source == livekit.TrackSource_MICROPHONE {
		return []*outlet{{id: p.cid, kind: webrtc.RTPCodecTypeAudio, base: base, seq: uint16(rand.Uint32())}}
	}
	all := make([]*outlet, Layers)
	for i := range all {
		all[i] = &outlet{
			id: p.cid, rid: rids[i], kind: webrtc.RTPCodecTypeVideo, base: base, seq: uint16(rand.Uint32()),
			picture: uint16(rand.Uint32()), tl0: uint8(rand.Uint32()),
		}
	}
	return all
}

// install lets the capture paths write to outlets; none stops them.
func (l *Link) install(p *publication, outlets []*outlet) {
	if p.source == livekit.TrackSource_MICROPHONE {
		l.sound.Store(first(outlets))
		return
	}
	for i := range l.layers {
		l.layers[i].Store(first(outlets[min(i, len(outlets)):]))
	}
}

func first(outlets []*outlet) *outlet {
	if len(outlets) == 0 {
		return nil
	}
	return outlets[0]
}

// told passes on what the relay says about one encoding.
func (l *Link) told(t media.Track, layer int, packets []rtcp.Packet) {
	if l.options.KeyFrame != nil && t == media.Camera && asksForKey(packets) {
		l.options.KeyFrame(layer)
	}
	if share, ok := lost(packets); ok && l.options.Lost != nil {
		l.options.Lost(t, share)
	}
}

// unpublished says that the relay has dropped a track of ours.
func (l *Link) unpublished(sid string) error {
	for _, p := range []*publication{&l.room.microphone, &l.room.camera} {
		if p.stage == live && p.sid == sid {
			return l.withdraw(p)
		}
	}
	return nil
}

// withdraw takes p back; it can be published again.
func (l *Link) withdraw(p *publication) error {
	l.install(p, nil)
	sender := p.sender
	*p = publication{source: p.source}
	l.room.offer.due = true
	if err := l.send.RemoveTrack(sender); err != nil {
		return fmt.Errorf("relay: cannot withdraw: %w", err)
	}
	return nil
}

// refused says that the relay will not have a track of ours, until our
// permission changes.
func (l *Link) refused(r *livekit.RequestResponse) {
	cid := r.GetAddTrack().GetCid()
	if cid == "" || r.GetReason() == livekit.RequestResponse_OK || r.GetReason() == livekit.RequestResponse_QUEUED {
		return
	}
	for _, p := range []*publication{&l.room.microphone, &l.room.camera} {
		if p.stage == asked && p.cid == cid {
			p.stage = refused
		}
	}
}

// muted follows a mute that the relay has ordered.
func (l *Link) muted(m *livekit.MuteTrackRequest) {
	for _, p := range []*publication{&l.room.microphone, &l.room.camera} {
		if p.stage == live && p.sid == m.GetSid() {
			p.muted = m.GetMuted()
		}
	}
}

// wanted passes on which layers of our picture anybody fetches.
func (l *Link) wanted(m *livekit.SubscribedQualityUpdate) {
	if l.options.Wanted != nil && m.GetTrackSid() == l.room.camera.sid {
		l.options.Wanted(layersIn(m))
	}
}

func layersIn(m *livekit.SubscribedQualityUpdate) (layers [Layers]bool) {
	for _, c := range m.GetSubscribedCodecs() {
		for _, q := range c.GetQualities() {
			if i := int(q.GetQuality()); i >= 0 && i < Layers {
				layers[i] = layers[i] || q.GetEnabled()
			}
		}
	}
	return layers
}
