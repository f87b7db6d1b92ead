package rehearsal

import (
	"context"
	"time"

	"incamera/cmd/cue"
	"incamera/sitting"
)

// preside is the course of a rehearsal for a person. Where a delegate is the
// chair, it gives the floor to whoever raises a hand; where the person is, the
// delegates raise theirs. In camera a delegate admits whom the person cannot.
func (r *run) preside(ctx context.Context) {
	const patience = 2 * time.Second
	raised := map[sitting.MemberID]bool{}
	for {
		s := &r.own.Session.State().State
		r.raise(s, raised)
		if r.As == sitting.RoleMember {
			r.admit(s)
		}
		if r.As != sitting.RoleChair {
			r.next(s)
		}
		select {
		case <-ctx.Done():
			return
		case <-r.own.done:
			return
		case <-time.After(patience):
		}
	}
}

// raise has each delegate who is seated raise a hand once; where one of them
// is the chair, only the speaker.
func (r *run) raise(s *sitting.State, raised map[sitting.MemberID]bool) {
	for i, p := range r.cast {
		if _, seated := s.Seat(p.ID); !seated || i == mine || raised[p.ID] || r.As != sitting.RoleChair && i != speaker {
			continue
		}
		raised[p.ID] = true
		if err := r.actors[p.ID].do(cue.Raise); err != nil {
			r.trouble("no hand: %v", err)
		}
	}
}

// admit admits all who wait.
func (r *run) admit(s *sitting.State) {
	for _, seat := range s.Waiting {
		if err := r.chairs(cue.Admit, seat.Member); err != nil {
			r.trouble("nobody was admitted: %v", err)
		}
	}
}

// next gives the floor to the first hand.
func (r *run) next(s *sitting.State) {
	if len(s.Hands) == 0 {
		return
	}
	for _, g := range s.Floor {
		if err := r.chairs(cue.Take, g.To); err != nil {
			r.trouble("the floor was not taken: %v", err)
		}
	}
	if err := r.chairs(cue.Give, s.Hands[0].By); err != nil {
		r.trouble("the floor was not given: %v", err)
	}
}
