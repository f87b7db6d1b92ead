package session

import (
	"incamera/e2ee"
	"incamera/sitting"
	"incamera/sitting/wire"
)

// A heardHead is what a member has signed on the media path. A member can
// lie, so it is an alarm and stops nothing: what is signed in the order does.
type heardHead struct {
	member sitting.MemberID
	head   e2ee.Head
}

func (l *loop) hear(h heardHead) {
	n := h.head.Seq
	if n == 0 || uint64(n) > uint64(len(l.history.hashes)) {
		return
	}
	if short(sitting.Head{Seq: uint64(n), Hash: l.history.hashes[n-1]}) != h.head && !l.warned(h.member) {
		l.alarm(Alarm{Kind: AlarmHistory, Member: h.member, Seq: uint64(n), Detail: "a sender signature names another entry"})
	}
}

// warned reports whether the same was said of the member before.
func (l *loop) warned(id sitting.MemberID) bool {
	for _, a := range l.alarms {
		if a.Kind == AlarmHistory && a.Member == id {
			return true
		}
	}
	return false
}

// signedHead holds the service to what it signs.
func (l *loop) signedHead(signed []byte) {
	h, err := wire.OpenHead(signed, l.line.link.Service())
	if err != nil || h.Sitting != l.history.order.Sitting {
		l.alarm(Alarm{Kind: AlarmHead, Detail: "the service's head is not signed by the service"})
		return
	}
	if err := l.history.promise(h.Head); err != nil {
		l.split(h.Head.Seq, "the service has signed another entry than it has shown")
	}
}

// split ends the sitting for this member.
func (l *loop) split(seq uint64, detail string) {
	l.alarm(Alarm{Kind: AlarmSplit, Seq: seq, Detail: detail})
	l.over = ErrSplit
}
