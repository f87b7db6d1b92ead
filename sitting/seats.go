package sitting

import "slices"

// Member returns the member of that id on the roster.
func (o *Order) Member(id MemberID) (Member, bool) {
	if o == nil {
		return Member{}, false
	}
	i := slices.IndexFunc(o.Roster, func(m Member) bool { return m.ID == id })
	if i < 0 {
		return Member{}, false
	}
	return o.Roster[i], true
}

// Role returns what the member is there for; "" if not on the roster.
func (s State) Role(id MemberID) Role {
	m, _ := s.Order.Member(id)
	return m.Role
}

// Seat returns the seat of a member who is present.
func (s State) Seat(id MemberID) (Seat, bool) { return seatOf(s.Seats, id) }

// Waits returns the place of a member who waits to be admitted.
func (s State) Waits(id MemberID) (Seat, bool) { return seatOf(s.Waiting, id) }

// Arrival returns the seat, present or waiting, that began with the entry seq.
func (s State) Arrival(seq uint64) (Seat, bool) {
	for _, list := range [][]Seat{s.Seats, s.Waiting} {
		if i := slices.IndexFunc(list, func(t Seat) bool { return t.Arrival == seq }); i >= 0 {
			return list[i], true
		}
	}
	return Seat{}, false
}

// Session returns the seat, present or waiting, of a session certificate.
func (s State) Session(hash Hash) (Seat, bool) {
	for _, list := range [][]Seat{s.Seats, s.Waiting} {
		if i := slices.IndexFunc(list, func(t Seat) bool { return t.Session == hash }); i >= 0 {
			return list[i], true
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
	for _, t := range s.Seats {
		if t.Group == s.Founding && t.Confirmed >= epoch {
			n++
		}
	}
	return n, len(s.Seats)
}

func seatOf(list []Seat, id MemberID) (Seat, bool) {
	i := slices.IndexFunc(list, func(t Seat) bool { return t.Member == id })
	if i < 0 {
		return Seat{}, false
	}
	return list[i], true
}
