package sitting

import "slices"

// Member returns the member of that id on the roster.
func (o *Order) Member(id MemberID) (Member, bool) {
	if o == nil {
		return Member{}, false
	}
	for i := range o.Roster {
		if o.Roster[i].ID == id {
			return o.Roster[i], true
		}
	}
	return Member{}, false
}

// Role returns what the member is there for; "" if not on the roster.
func (s State) Role(id MemberID) Role {
	m, _ := s.Order.Member(id)
	return m.Role
}

// Seat returns the seat of a member who is present.
func (s State) Seat(id MemberID) (Seat, bool) {
	return find(func(t *Seat) bool { return t.Member == id }, s.Seats)
}

// Waits returns the place of a member who waits to be admitted.
func (s State) Waits(id MemberID) (Seat, bool) {
	return find(func(t *Seat) bool { return t.Member == id }, s.Waiting)
}

// Arrival returns the seat, present or waiting, that began with the entry seq.
func (s State) Arrival(seq uint64) (Seat, bool) {
	return find(func(t *Seat) bool { return t.Arrival == seq }, s.Seats, s.Waiting)
}

// Session returns the seat, present or waiting, of a session certificate.
func (s State) Session(hash Hash) (Seat, bool) {
	return find(func(t *Seat) bool { return t.Session == hash }, s.Seats, s.Waiting)
}

// find returns the first seat that fits.
func find(fits func(*Seat) bool, lists ...[]Seat) (Seat, bool) {
	for _, list := range lists {
		for i := range list {
			if fits(&list[i]) {
				return list[i], true
			}
		}
	}
	return Seat{}, false
}

// HasFloor reports whether the member may speak.
func (s State) HasFloor(id MemberID) bool {
	return slices.ContainsFunc(s.Floor, func(g Grant) bool { return g.To == id })
}

// HandUp reports whether the member is in the queue.
func (s State) HandUp(id MemberID) bool {
	return slices.ContainsFunc(s.Hands, func(h Hand) bool { return h.By == id })
}

// Confirmed counts the seated members who have the keys of an epoch of the
// present group, and all who are seated.
func (s State) Confirmed(epoch uint64) (n, of int) {
	for i := range s.Seats {
		if t := &s.Seats[i]; t.Group == s.Founding && t.Confirmed >= epoch {
			n++
		}
	}
	return n, len(s.Seats)
}
