package session

import (
	"fmt"
	"slices"
	"time"

	"incamera/e2ee"
	"incamera/sitting"
)

// A View is what there is to show of a session. It never changes.
type View struct {
	State     sitting.State
	Me        sitting.MemberID
	Line      Line
	Epoch     *e2ee.Epoch        // nil: not in the group
	Confirmed int                // members who have the keys of Epoch
	Of        int                // members who are seated
	Withheld  []sitting.MemberID // whose frames are withheld: somebody else may be sending them
	Alarms    []Alarm            // the newest last, at most [MaxAlarms]
	Refused   *Refused           // the last request that was refused
}

// A Line is how the link is.
type Line struct {
	Up    bool
	Since time.Time // up, or down
	Err   error     // why it is down; nil before the first try
}

// Refused is a request that the service did not put in the order. As an error
// it says so.
type Refused struct {
	Body sitting.Body
	Code string // a sitting.Refusal, or a word of wire
	At   time.Time
}

func (r *Refused) Error() string { return "session: the service refused a request: " + r.Code }

func (l Line) same(m Line) bool {
	return l.Up == m.Up && l.Since.Equal(m.Since) && fmt.Sprint(l.Err) == fmt.Sprint(m.Err)
}

// MaxAlarms is how many alarms a View holds.
const MaxAlarms = 100

// An Alarm is something that must not happen if all are honest.
type Alarm struct {
	Kind   AlarmKind
	Member sitting.MemberID // whose it is; "" if nobody's
	Seq    uint64           // the entry; 0 if there is none
	At     time.Time
	Detail string // for logs
}

// An AlarmKind is a word for what has happened.
type AlarmKind string

// The kinds of alarm.
const (
	AlarmSplit      AlarmKind = "split"      // the service has shown another record to another member
	AlarmHistory    AlarmKind = "history"    // a member says to have seen another record
	AlarmForged     AlarmKind = "forged"     // an entry with a signature that is not the member's
	AlarmRefused    AlarmKind = "refused"    // an entry that the rules do not allow
	AlarmHead       AlarmKind = "head"       // a head that the service has not signed
	AlarmCommit     AlarmKind = "commit"     // a commit that nobody may admit
	AlarmDivergence AlarmKind = "divergence" // a member has other keys than we
	AlarmImpostor   AlarmKind = "impostor"   // frames in a member's name that the member does not sign for
)

// alarm keeps a, and has it logged.
func (l *loop) alarm(a Alarm) {
	if a.At.IsZero() {
		a.At = l.s.o.Now()
	}
	l.s.o.Log.Warn("alarm", "kind", a.Kind, "member", a.Member, "entry", a.Seq, "detail", a.Detail)
	l.alarms = append(slices.Clip(l.alarms), a)
	if n := len(l.alarms); n > MaxAlarms {
		l.alarms = l.alarms[n-MaxAlarms:]
	}
}

// publish replaces the view and tells media and keyring what has changed.
func (l *loop) publish() {
	state, withheld := l.history.state, l.withheld()
	v := &View{
		State: state, Me: l.s.o.Me, Line: l.line.view(), Epoch: l.circle.epoch, Of: len(state.Seats),
		Withheld: withheld, Alarms: l.alarms, Refused: l.refused,
	}
	if v.Epoch != nil {
		v.Confirmed, v.Of = state.Confirmed(v.Epoch.Number)
	}
	if last := l.s.view.Load(); same(last, v) {
		return
	}
	l.s.o.Keyring.Saw(short(sitting.Head{Seq: state.Seq, Hash: state.Head}))
	l.permit(Permission(state, l.s.o.Me))
	l.s.view.Store(v)
	l.note()
	if _, ok := state.Seat(l.s.o.Me); ok && !l.wasSeated {
		l.wasSeated = true
		close(l.s.seated)
	}
}

// withheld are the members whose frames the keyring withholds. When it begins it
// is an alarm, which stays when the frames are good again.
func (l *loop) withheld() (now []sitting.MemberID) {
	var before []sitting.MemberID
	if last := l.s.view.Load(); last != nil {
		before = last.Withheld
	}
	for _, name := range l.s.o.Keyring.Withheld() {
		m := sitting.MemberID(name)
		if now = append(now, m); !slices.Contains(before, m) {
			l.alarm(Alarm{Kind: AlarmImpostor, Member: m, Detail: "frames that the member has not signed for"})
		}
	}
	return now
}

func (l *loop) note() {
	select {
	case l.s.changed <- struct{}{}:
	default:
	}
}

// same reports whether b shows nothing that a does not.
func same(a, b *View) bool {
	return a.State.Seq == b.State.Seq && a.Line.same(b.Line) && a.Epoch == b.Epoch &&
		len(a.Alarms) == len(b.Alarms) && a.Refused == b.Refused && slices.Equal(a.Withheld, b.Withheld) &&
		(len(a.Alarms) == 0 || a.Alarms[len(a.Alarms)-1] == b.Alarms[len(b.Alarms)-1])
}

// short is a head as the media path carries it.
func short(h sitting.Head) e2ee.Head { return e2ee.Head{Seq: uint32(h.Seq), Hash: [7]byte(h.Hash[:7])} }
