package client

import (
	"sync"
	"time"

	"incamera/cmd/seat"
	"incamera/e2ee"
	"incamera/identity"
	"incamera/sitting/session"
	"incamera/ui"
	"incamera/ui/security"
)

// A follower turns views of a session into scenes.
type follower struct {
	seat   *seat.Seat
	verify func(chain [][]byte, at time.Time) (identity.Person, error)

	mu    sync.Mutex
	epoch *e2ee.Epoch
	since time.Time                  // when epoch was first seen
	known map[string]identity.Person // by leaf key: judging a chain takes two verifications
}

func (f *follower) scene() ui.Scene {
	v := f.seat.Session.State()
	s := ui.Scene{Sitting: v.State, Me: v.Me, Security: f.facts(v)}
	if !v.Line.Up {
		s.LinkLost = v.Line.Since
	}
	if v.Refused != nil {
		s.Refused, s.RefusedAt = explain(v.Refused), v.Refused.At
	}
	return s
}

// facts are what the security panel shows.
func (f *follower) facts(v *session.View) *security.Facts {
	if v.Epoch == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.epoch != v.Epoch {
		f.epoch, f.since = v.Epoch, time.Now()
	}
	facts := &security.Facts{
		Suite: v.Epoch.Suite, Epoch: v.Epoch.Number, Since: f.since, Code: v.Epoch.Words,
		Confirmed: v.Confirmed, Of: v.Of,
	}
	for _, l := range v.Epoch.Leaves {
		facts.Holders = append(facts.Holders, f.holder(v, l))
	}
	for _, a := range v.Alarms {
		facts.Alarms = append(facts.Alarms, security.Alarm{Kind: alarmKinds[a.Kind], Who: a.Member, At: a.At})
	}
	return facts
}

var alarmKinds = map[session.AlarmKind]security.AlarmKind{
	session.AlarmSplit: security.Split, session.AlarmHistory: security.Split, session.AlarmHead: security.Split,
	session.AlarmDivergence: security.OtherKeys, session.AlarmImpostor: security.Impostor,
	session.AlarmForged: security.Forged, session.AlarmRefused: security.Forged, session.AlarmCommit: security.Forged,
}

func (f *follower) holder(v *session.View, l e2ee.Leaf) security.Holder {
	who, ok := f.known[l.Key]
	if !ok {
		// It was judged good when the leaf came in; what is shown is as of now.
		who, _ = f.verify(l.Chain, time.Now())
		f.known[l.Key] = who
	}
	h := security.Holder{Member: memberID(l.Member), Person: who, Chain: l.Chain}
	if t, ok := v.State.Seat(h.Member); ok {
		h.Confirmed = t.Group == v.State.Founding && t.Confirmed >= v.Epoch.Number
	}
	return h
}
