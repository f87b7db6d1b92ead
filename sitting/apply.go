package sitting

import "slices"

// Apply returns the state after e, which has to be the next entry. What
// [Judge] refuses changes nothing but the place in the order.
func (s State) Apply(e Entry) State {
	next := s
	if Judge(s, e) == nil {
		if e.Fact != nil {
			next = next.fact(e)
		} else {
			next = next.request(*e.Request, e)
		}
		next.found()
	}
	next.Seq, next.Head, next.At = e.Seq, e.Hash, e.At
	return next
}

func (s State) fact(e Entry) State {
	switch f := e.Fact.(type) {
	case Opened:
		s.Order = f.Order
	case Away:
		s.seat(f.Arrival, func(t *Seat) { t.Away = true })
	case Back:
		s.seat(f.Arrival, func(t *Seat) { t.Away = false })
	case Left:
		t, _ := s.Arrival(f.Arrival)
		s.leave(t)
	case Revoked:
		t, _ := s.Arrival(f.Arrival)
		s.leave(t)
		s.ban(t.Member)
	case Closed:
		s.close()
	}
	return s
}

func (s State) request(r Request, e Entry) State {
	if b, ok := r.Body.(Arrive); ok {
		s.arrive(r, b, e)
		return s
	}
	if t, ok := s.Session(r.Session); ok {
		s.seat(t.Arrival, func(t *Seat) { t.Counter = r.Counter })
	}
	switch b := r.Body.(type) {
	case Leave:
		t, _ := s.Session(r.Session)
		s.leave(t)
	case RaiseHand:
		s.Hands = append(slices.Clip(s.Hands), Hand{r.Member, e.At})
	case LowerHand:
		s.lower(r.Member)
	case GiveFloor:
		s.Floor = append(slices.Clip(s.Floor), Grant{b.To, r.Member, e.At})
		s.lower(b.To)
	case TakeFloor:
		s.silence(b.From)
	case Admit:
		s.admit(b.Who)
	case Remove:
		s.remove(b.Who)
	case Commit:
		s.Offered = max(s.Offered, b.Epoch+1)
	case Confirm:
		t, _ := s.Session(r.Session)
		s.seat(t.Arrival, func(t *Seat) { t.Group, t.Confirmed = b.Founding, b.Epoch })
	case Close:
		s.close()
	}
	return s
}

// arrive seats the member, or lets the member wait.
func (s *State) arrive(r Request, b Arrive, e Entry) {
	seated := s.dismiss(r.Member)
	t := Seat{
		Member: r.Member, Arrival: e.Seq, Since: e.At, Session: r.Session,
		Chain: b.Chain, KeyPackage: b.KeyPackage, Counter: r.Counter,
	}
	s.Past = without(s.Past, func(v Visit) bool { return v.Session == r.Session })
	if seated || s.Order.Kind != InCamera || presides(s.Role(r.Member)) == nil {
		s.Seats = append(slices.Clip(s.Seats), t)
	} else {
		s.Waiting = append(slices.Clip(s.Waiting), t)
	}
}

// dismiss ends the member's visits, and reports whether there was a seat.
// Floor and hand stay.
func (s *State) dismiss(id MemberID) (seated bool) {
	mine := func(t Seat) bool { return t.Member == id }
	if t, ok := s.Waits(id); ok {
		s.Past = append(slices.Clip(s.Past), Visit{t.Session, t.Counter})
		s.Waiting = without(s.Waiting, mine)
	}
	t, seated := s.Seat(id)
	if seated {
		s.Past = append(slices.Clip(s.Past), Visit{t.Session, t.Counter})
		s.Seats = without(s.Seats, mine)
	}
	return seated
}

// leave ends the visit that t began.
func (s *State) leave(t Seat) {
	s.dismiss(t.Member)
	s.lower(t.Member)
	s.silence(t.Member)
}

func (s *State) remove(id MemberID) {
	s.leave(Seat{Member: id})
	s.ban(id)
}

func (s *State) ban(id MemberID) {
	if !slices.Contains(s.Removed, id) {
		s.Removed = append(slices.Clip(s.Removed), id)
	}
}

func (s *State) admit(id MemberID) {
	s.Removed = without(s.Removed, func(r MemberID) bool { return r == id })
	if t, ok := s.Waits(id); ok {
		s.Waiting = without(s.Waiting, func(w Seat) bool { return w.Member == id })
		s.Seats = append(slices.Clip(s.Seats), t)
		slices.SortFunc(s.Seats, func(a, b Seat) int { return int(a.Arrival) - int(b.Arrival) })
	}
}

func (s *State) lower(id MemberID) {
	s.Hands = without(s.Hands, func(h Hand) bool { return h.By == id })
}

func (s *State) silence(id MemberID) {
	s.Floor = without(s.Floor, func(g Grant) bool { return g.To == id })
}

// close leaves the seats as they were, for the record.
func (s *State) close() { s.Closed, s.Floor, s.Hands = true, nil, nil }

// seat changes one seat, present or waiting.
func (s *State) seat(arrival uint64, change func(*Seat)) {
	for _, list := range []*[]Seat{&s.Seats, &s.Waiting} {
		for i := range *list {
			if (*list)[i].Arrival == arrival {
				*list = slices.Clone(*list)
				change(&(*list)[i])
				return
			}
		}
	}
}

// found has the first seated arrival found a group if nobody is in the
// present one.
func (s *State) found() {
	if s.Closed {
		return
	}
	inGroup := func(t *Seat) bool { return s.Founding != 0 && t.Group == s.Founding }
	if _, ok := find(inGroup, s.Seats); ok {
		return
	}
	s.Founding, s.Offered = 0, 0
	if len(s.Seats) > 0 {
		s.Founding = s.Seats[0].Arrival
		s.seat(s.Founding, func(t *Seat) { t.Group, t.Confirmed = t.Arrival, 0 })
	}
}

// without returns list less what is gone, never changing list.
func without[T any](list []T, gone func(T) bool) []T {
	if !slices.ContainsFunc(list, gone) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), gone)
}
