package relay

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
)

// connectWithin is how long it may take until media can come in.
const connectWithin = 10 * time.Second

// take is told one event.
func (l *Link) take(e event) error {
	switch e := e.(type) {
	case heard:
		return l.hear(e.m)
	case silent:
		return e.err
	case candidate:
		return l.trickle(e)
	case peerState:
		return l.turned(e)
	case arrived:
		l.present(e)
	}
	return nil
}

// hear routes one message of the relay.
func (l *Link) hear(m *livekit.SignalResponse) error {
	switch m := m.GetMessage().(type) {
	case *livekit.SignalResponse_Answer:
		return l.answered(m.Answer)
	case *livekit.SignalResponse_Offer:
		return l.offered(m.Offer)
	case *livekit.SignalResponse_Trickle:
		return l.trickled(m.Trickle)
	case *livekit.SignalResponse_Update:
		l.know(m.Update.GetParticipants())
	case *livekit.SignalResponse_TrackPublished:
		return l.published(m.TrackPublished)
	case *livekit.SignalResponse_TrackUnpublished:
		return l.unpublished(m.TrackUnpublished.GetTrackSid())
	case *livekit.SignalResponse_RequestResponse:
		l.refused(m.RequestResponse)
	case *livekit.SignalResponse_Mute:
		l.muted(m.Mute)
	case *livekit.SignalResponse_SubscribedQualityUpdate:
		l.wanted(m.SubscribedQualityUpdate)
	case *livekit.SignalResponse_Leave:
		return left(m.Leave.GetReason())
	}
	return nil
}

// know takes news of participants.
func (l *Link) know(all []*livekit.ParticipantInfo) {
	for _, s := range l.room.update(all) {
		if l.options.Silent != nil && s.track != 0 {
			l.options.Silent(s.member, s.track, s.muted)
		}
	}
	l.meet()
}

// left says why the relay sent us away.
func left(why livekit.DisconnectReason) error {
	switch why {
	case livekit.DisconnectReason_DUPLICATE_IDENTITY:
		return ErrReplaced
	case livekit.DisconnectReason_PARTICIPANT_REMOVED, livekit.DisconnectReason_ROOM_DELETED:
		return ErrRemoved
	default:
		return fmt.Errorf("%w: %v", ErrLost, why)
	}
}

// ping keeps the signalling alive, and finds out that it is not.
func (l *Link) ping(now, last time.Time) error {
	if now.Sub(last) > silenceAllowed {
		return fmt.Errorf("%w: signalling is silent", ErrLost)
	}
	if !l.connected.Load() && now.Sub(l.began) > connectWithin {
		return fmt.Errorf("%w: no media path", ErrLost)
	}
	return l.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_PingReq{
		PingReq: &livekit.Ping{Timestamp: now.UnixMilli()},
	}})
}

func (l *Link) say(m *livekit.SignalRequest) error { return l.signal.write(m) }

// turned follows the state of a peer connection.
func (l *Link) turned(e peerState) error {
	up := e.state == webrtc.PeerConnectionStateConnected
	if e.target == livekit.SignalTarget_SUBSCRIBER {
		l.connected.Store(up)
	} else {
		l.sending.Store(up)
	}
	if e.state == webrtc.PeerConnectionStateFailed {
		return fmt.Errorf("%w: the media path failed", ErrLost)
	}
	return nil
}

// strive does what is missing between what is wished for and what is so.
func (l *Link) strive() error {
	w := l.wish.Load()
	for _, p := range []struct {
		p    *publication
		wish bool
	}{{&l.room.microphone, w.Sound}, {&l.room.camera, w.Picture}} {
		if err := l.publish(p.p, p.wish); err != nil {
			return err
		}
	}
	if err := l.fetch(w); err != nil {
		return err
	}
	return l.negotiate()
}

// fetch subscribes and chooses layers.
func (l *Link) fetch(w *Wish) error {
	if sids := l.room.subscribe(w); len(sids) > 0 {
		err := l.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Subscription{
			Subscription: &livekit.UpdateSubscription{TrackSids: sids, Subscribe: true},
		}})
		if err != nil {
			return err
		}
	}
	for _, s := range l.room.settings(w) {
		if err := l.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_TrackSetting{TrackSetting: s}}); err != nil {
			return err
		}
	}
	return nil
}

// negotiate offers our tracks when that is due and no answer is open.
func (l *Link) negotiate() error {
	if !l.room.offer.due || l.room.offer.open {
		return nil
	}
	l.room.offer = offering{open: true}
	d, err := l.send.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("relay: cannot offer: %w", err)
	}
	if err := l.send.SetLocalDescription(d); err != nil {
		return fmt.Errorf("relay: cannot offer: %w", err)
	}
	return l.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Offer{
		Offer: &livekit.SessionDescription{Type: d.Type.String(), Sdp: d.SDP},
	}})
}

// answered ends a negotiation of our tracks.
func (l *Link) answered(a *livekit.SessionDescription) error {
	l.room.offer.open = false
	err := l.send.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.GetSdp()})
	if err != nil {
		return fmt.Errorf("relay: bad answer: %w", err)
	}
	l.catchUp(livekit.SignalTarget_PUBLISHER)
	return nil
}

// offered answers the relay's offer of others' tracks.
func (l *Link) offered(o *livekit.SessionDescription) error {
	err := l.receive.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.GetSdp()})
	if err != nil {
		return fmt.Errorf("relay: bad offer: %w", err)
	}
	d, err := l.receive.CreateAnswer(nil)
	if err != nil {
		return fmt.Errorf("relay: cannot answer: %w", err)
	}
	if err := l.receive.SetLocalDescription(d); err != nil {
		return fmt.Errorf("relay: cannot answer: %w", err)
	}
	err = l.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Answer{
		Answer: &livekit.SessionDescription{Type: d.Type.String(), Sdp: d.SDP, Id: o.GetId()},
	}})
	if err != nil {
		return err
	}
	l.catchUp(livekit.SignalTarget_SUBSCRIBER)
	return nil
}

// trickle tells the relay one address of ours.
func (l *Link) trickle(c candidate) error {
	init, err := json.Marshal(c.c)
	if err != nil {
		return fmt.Errorf("relay: bad candidate: %w", err)
	}
	return l.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Trickle{
		Trickle: &livekit.TrickleRequest{CandidateInit: string(init), Target: c.target},
	}})
}

// trickled takes one address of the relay, at once or after the description.
func (l *Link) trickled(t *livekit.TrickleRequest) error {
	var c webrtc.ICECandidateInit
	if err := json.Unmarshal([]byte(t.GetCandidateInit()), &c); err != nil {
		return fmt.Errorf("relay: bad candidate: %w", err)
	}
	l.room.early[t.GetTarget()] = append(l.room.early[t.GetTarget()], c)
	l.catchUp(t.GetTarget())
	return nil
}

// catchUp hands the addresses that have waited to their peer connection. One
// that it cannot use is left out.
func (l *Link) catchUp(target livekit.SignalTarget) {
	pc := l.send
	if target == livekit.SignalTarget_SUBSCRIBER {
		pc = l.receive
	}
	if pc.RemoteDescription() == nil {
		return
	}
	for _, c := range l.room.early[target] {
		if err := pc.AddICECandidate(c); err != nil {
			l.options.Log.Debug("relay: address left out", "err", err)
		}
	}
	delete(l.room.early, target)
}
