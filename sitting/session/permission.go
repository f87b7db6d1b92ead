package session

import (
	"reflect"

	"incamera/media"
	"incamera/sitting"
)

// Permission is what a state lets media do on the machine of one member: sound
// is heard from those who have the floor and a seat, and from nobody else.
func Permission(s sitting.State, me sitting.MemberID) media.Permission {
	var p media.Permission
	_, seated := s.Seat(me)
	if !seated || s.Closed {
		return p
	}
	p.Show, p.Speak = true, s.HasFloor(me)
	for _, t := range s.Seats {
		if t.Member == me {
			continue
		}
		p.Seen = append(p.Seen, string(t.Member))
		if s.HasFloor(t.Member) {
			p.Heard = append(p.Heard, string(t.Member))
		}
	}
	return p
}

// permit tells media if something has changed.
func (l *loop) permit(p media.Permission) {
	if !reflect.DeepEqual(p, l.permitted) {
		l.permitted = p
		l.s.o.Media.Permit(p)
	}
}
