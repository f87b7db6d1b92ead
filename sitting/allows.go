package sitting

import "slices"

// Allows reports whether the rules let r.Member have what r.Body asks for, as
// nil or a [Refusal]. It looks at nothing else of r: a view asks it whether to
// offer a button. Whether an entry has an effect is for [Judge].
func Allows(s State, r Request) error {
	if s.Closed {
		return RefusedClosed
	}
	if s.Role(r.Member) == "" {
		return RefusedRoster
	}
	if b, ok := r.Body.(Arrive); ok {
		return allowsArrive(s, r.Member, b)
	}
	if _, ok := r.Body.(Leave); ok {
		return allowsLeave(s, r.Member)
	}
	if _, ok := s.Seat(r.Member); !ok {
		return RefusedAbsent
	}
	switch b := r.Body.(type) {
	case RaiseHand, LowerHand:
		return allowsHand(s, r.Member, b)
	case GiveFloor:
		return allowsGive(s, r.Member, b.To)
	case TakeFloor:
		return allowsTake(s, r.Member, b.From)
	case Admit:
		return allowsAdmit(s, r.Member, b.Who)
	case Remove:
		return allowsRemove(s, r.Member, b)
	case Commit:
		return allowsCommit(s, b)
	case Confirm:
		return allowsConfirm(s, r.Member, b)
	case Close:
		return presides(s.Role(r.Member))
	}
	return RefusedBody
}

// presides lets chairs and clerks.
func presides(r Role) error {
	if r != RoleChair && r != RoleClerk {
		return RefusedRole
	}
	return nil
}

// Speaks reports whether a role can be given the floor.
func (r Role) Speaks() bool {
	switch r {
	case RoleMember, RoleChair, RoleClerk, RoleStaff, RoleWitness:
		return true
	}
	return false
}

func allowsArrive(s State, id MemberID, b Arrive) error {
	if slices.Contains(s.Removed, id) {
		return RefusedRemoved
	}
	if len(b.KeyPackage) == 0 || len(b.Chain) == 0 {
		return RefusedBody
	}
	return nil
}

func allowsLeave(s State, id MemberID) error {
	_, seated := s.Seat(id)
	_, waits := s.Waits(id)
	if !seated && !waits {
		return RefusedAbsent
	}
	return nil
}

func allowsHand(s State, id MemberID, b Body) error {
	if _, lower := b.(LowerHand); lower {
		if !s.HandUp(id) {
			return RefusedNoHand
		}
		return nil
	}
	switch {
	case !s.Role(id).Speaks():
		return RefusedNoVoice
	case s.HandUp(id):
		return RefusedHand
	case s.HasFloor(id):
		return RefusedHasFloor
	}
	return nil
}

func allowsGive(s State, by, to MemberID) error {
	if s.Role(by) != RoleChair {
		return RefusedRole
	}
	if _, ok := s.Seat(to); !ok {
		return RefusedTarget
	}
	if !s.Role(to).Speaks() {
		return RefusedNoVoice
	}
	if s.HasFloor(to) {
		return RefusedHasFloor
	}
	return nil
}

func allowsTake(s State, by, from MemberID) error {
	if by != from && s.Role(by) != RoleChair {
		return RefusedRole
	}
	if !s.HasFloor(from) {
		return RefusedNoFloor
	}
	return nil
}

func allowsAdmit(s State, by, who MemberID) error {
	if err := presides(s.Role(by)); err != nil {
		return err
	}
	if _, waits := s.Waits(who); !waits && !slices.Contains(s.Removed, who) {
		return RefusedTarget
	}
	return nil
}

func allowsRemove(s State, by MemberID, b Remove) error {
	if err := presides(s.Role(by)); err != nil {
		return err
	}
	if by == b.Who {
		return RefusedSelf
	}
	if len(b.Why) > MaxWhy {
		return RefusedBody
	}
	role := s.Role(b.Who)
	if role == RoleClerk || role == RoleChair && s.Role(by) != RoleClerk {
		return RefusedProtect
	}
	if allowsLeave(s, b.Who) != nil {
		return RefusedTarget
	}
	return nil
}

// allowsCommit lets every seated member: whether the commit is admissible is
// for those in the group to see.
func allowsCommit(s State, b Commit) error {
	if b.Founding != s.Founding {
		return RefusedGroup
	}
	if b.Epoch > s.Offered {
		return RefusedEpoch
	}
	if b.Message == (Hash{}) || (b.Welcome == Hash{}) != (b.Tree == Hash{}) {
		return RefusedBody
	}
	return nil
}

func allowsConfirm(s State, id MemberID, b Confirm) error {
	if b.Founding != s.Founding {
		return RefusedGroup
	}
	t, _ := s.Seat(id)
	if b.Epoch == 0 || b.Epoch > s.Offered || t.Group == b.Founding && b.Epoch <= t.Confirmed {
		return RefusedEpoch
	}
	return nil
}
