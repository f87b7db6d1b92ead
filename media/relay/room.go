package relay

import (
	"image"
	"slices"

	"incamera/media"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
)

// A room is what is known of the relay's room and of our own place in it. It
// belongs to the goroutine run.
type room struct {
	me      *livekit.ParticipantInfo
	session string // participant sid
	marker  []byte // ends frames that the relay makes up
	tracks  map[string]track
	waiting map[string]arrived // tracks whose member is not known yet

	microphone publication
	camera     publication
	offer      offering

	early map[livekit.SignalTarget][]webrtc.ICECandidateInit // before a description
}

// A track is one track of another member, by its sid.
type track struct {
	member  string
	session string // participant sid: a member who comes in from elsewhere has another
	source  livekit.TrackSource
	muted   bool
	fetched bool
	size    image.Point // asked for; zero when the relay holds it back
}

// A publication is one track of ours.
//
//	idle ──asked──► asked ──published──► live
//	  ▲               │ refused            │ unpublished, not allowed any more
//	  │               ▼                    │
//	  └─permission─ refused   ◄────────────┘ (to idle)
type publication struct {
	source livekit.TrackSource
	stage  stage
	cid    string
	sid    string
	muted  bool
	sender *webrtc.RTPSender
}

type stage uint8

const (
	idle stage = iota
	asked
	refused
	live
)

// An offering is where the negotiation of our own tracks stands.
type offering struct {
	due  bool // something is not offered yet
	open bool // an answer is awaited
}

func newRoom(join *livekit.JoinResponse) *room {
	r := &room{
		me:         join.GetParticipant(),
		session:    join.GetParticipant().GetSid(),
		marker:     join.GetSifTrailer(),
		tracks:     map[string]track{},
		waiting:    map[string]arrived{},
		microphone: publication{source: livekit.TrackSource_MICROPHONE},
		camera:     publication{source: livekit.TrackSource_CAMERA},
		offer:      offering{due: true},
		early:      map[livekit.SignalTarget][]webrtc.ICECandidateInit{},
	}
	return r
}

// A silence is a track of another member that has gone silent, or is back.
type silence struct {
	member string
	track  media.Track
	muted  bool
}

// update takes what the relay says about participants: all there is to know
// about each of them. It returns what has changed about who is silent.
func (r *room) update(all []*livekit.ParticipantInfo) (changed []silence) {
	for _, p := range all {
		switch {
		case p.GetIdentity() != r.me.GetIdentity():
			changed = append(changed, r.know(p)...)
		case p.GetSid() == r.session:
			r.admit(p)
		}
	}
	return changed
}

// admit takes what the relay says about ourselves.
func (r *room) admit(me *livekit.ParticipantInfo) {
	r.me = me
	for _, p := range []*publication{&r.microphone, &r.camera} {
		if p.stage == refused {
			p.stage = idle
		}
	}
}

// know replaces what is known of the tracks of p.
func (r *room) know(p *livekit.ParticipantInfo) (changed []silence) {
	var there []string
	if p.GetState() != livekit.ParticipantInfo_DISCONNECTED {
		for _, t := range p.GetTracks() {
			there = append(there, t.GetSid())
			old, known := r.tracks[t.GetSid()]
			if !known || old.muted != t.GetMuted() {
				changed = append(changed, silence{p.GetIdentity(), kind(t.GetSource()), t.GetMuted()})
			}
			old.member, old.session, old.source, old.muted = p.GetIdentity(), p.GetSid(), t.GetSource(), t.GetMuted()
			r.tracks[t.GetSid()] = old
		}
	}
	for sid, t := range r.tracks {
		if t.session != p.GetSid() || slices.Contains(there, sid) {
			continue
		}
		delete(r.tracks, sid)
		if !r.heard(t.member, t.source) {
			changed = append(changed, silence{t.member, kind(t.source), true})
		}
	}
	return changed
}

// heard reports whether a track of that source is not muted: also of a member
// whose last place is said to be gone after the new one has begun.
func (r *room) heard(member string, source livekit.TrackSource) bool {
	for _, t := range r.tracks {
		if t.member == member && t.source == source && !t.muted {
			return true
		}
	}
	return false
}

// kind is the track that the relay calls source; zero for what we do not know.
func kind(source livekit.TrackSource) media.Track {
	switch source {
	case livekit.TrackSource_MICROPHONE:
		return media.Microphone
	case livekit.TrackSource_CAMERA:
		return media.Camera
	default:
		return 0
	}
}

// allowed reports whether the relay lets us publish from source.
func (r *room) allowed(source livekit.TrackSource) bool {
	p := r.me.GetPermission()
	if p == nil || !p.GetCanPublish() {
		return false
	}
	from := p.GetCanPublishSources()
	return len(from) == 0 || slices.Contains(from, source)
}

// subscribe returns the sids to subscribe to now: every microphone, and the
// cameras that are wanted.
func (r *room) subscribe(w *Wish) (sids []string) {
	for sid, t := range r.tracks {
		if t.fetched || !wanted(t, w) {
			continue
		}
		t.fetched = true
		t.size = image.Pt(-1, -1)
		r.tracks[sid] = t
		sids = append(sids, sid)
	}
	slices.Sort(sids)
	return sids
}

func wanted(t track, w *Wish) bool {
	switch t.source {
	case livekit.TrackSource_MICROPHONE:
		return true
	case livekit.TrackSource_CAMERA:
		return !w.Fetch[t.member].Eq(image.Point{})
	default:
		return false
	}
}

// settings returns what the relay must be told about the cameras that are
// fetched: how large they are shown, or that they are not.
func (r *room) settings(w *Wish) (all []*livekit.UpdateTrackSettings) {
	for sid, t := range r.tracks {
		if !t.fetched || t.source != livekit.TrackSource_CAMERA {
			continue
		}
		size := w.Fetch[t.member]
		if size.Eq(t.size) {
			continue
		}
		t.size = size
		r.tracks[sid] = t
		all = append(all, setting(sid, size))
	}
	return all
}

// setting asks for the layer that fills size when it is cropped to it.
// Cameras send 16:9; the relay compares heights.
func setting(sid string, size image.Point) *livekit.UpdateTrackSettings {
	if size.Eq(image.Point{}) {
		return &livekit.UpdateTrackSettings{TrackSids: []string{sid}, Disabled: true}
	}
	height := max(size.Y, size.X*9/16)
	return &livekit.UpdateTrackSettings{
		TrackSids: []string{sid},
		Width:     uint32(max(height*16/9, 1)),
		Height:    uint32(max(height, 1)),
	}
}
