package sitting

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of an order.
const (
	MaxRoster = 1000
	MaxName   = 200 // bytes of a name, a title, a party, a seat
	MaxCards  = 8   // of one member
)

// Valid reports whether id is one.
func (id ID) Valid() bool { return valid(string(id), "-") }

// Valid reports whether id is one.
func (id MemberID) Valid() bool { return valid(string(id), "-.") }

func valid(id, marks string) bool {
	if len(id) < 1 || len(id) > 64 {
		return false
	}
	for _, c := range id {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune(marks, c) {
			return false
		}
	}
	return true
}

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool {
	switch r {
	case RoleMember, RoleChair, RoleClerk, RoleInterpreter, RoleStaff, RoleWitness, RoleBroadcaster:
		return true
	}
	return false
}

// Check reports what makes o useless as an order; it does not look at Hash.
func (o *Order) Check() error {
	switch {
	case !o.Sitting.Valid():
		return fmt.Errorf("sitting: %q is no id of a sitting", o.Sitting)
	case !line(o.House):
		return fmt.Errorf("sitting: the order names no house")
	case o.Kind != Public && o.Kind != InCamera:
		return fmt.Errorf("sitting: %q is no kind of sitting", o.Kind)
	case o.Suite == "" || !line(o.Suite):
		return fmt.Errorf("sitting: the order names no suite")
	case !o.Opens.Before(o.Closes):
		return fmt.Errorf("sitting: the order closes the sitting before it opens it")
	case len(o.Roster) == 0 || len(o.Roster) > MaxRoster:
		return fmt.Errorf("sitting: a roster has 1 to %d members, not %d", MaxRoster, len(o.Roster))
	}
	if err := o.checkLanguages(); err != nil {
		return err
	}
	return o.checkRoster()
}

func (o *Order) checkLanguages() error {
	if len(o.Languages) == 0 || len(o.Languages) > 16 {
		return fmt.Errorf("sitting: an order has 1 to 16 languages, not %d", len(o.Languages))
	}
	for _, l := range o.Languages {
		if len(l) < 2 || !valid(strings.ToLower(l), "-") {
			return fmt.Errorf("sitting: %q is no language", l)
		}
		if !line(o.Title[l]) {
			return fmt.Errorf("sitting: the order has no title in %q", l)
		}
	}
	if len(o.Title) != len(o.Languages) {
		return fmt.Errorf("sitting: the order has titles in other languages than its own")
	}
	return nil
}

func (o *Order) checkRoster() error {
	chairs := 0
	ids, cards := map[MemberID]bool{}, map[string]MemberID{}
	for _, m := range o.Roster {
		switch {
		case !m.ID.Valid():
			return fmt.Errorf("sitting: %q is no id of a member", m.ID)
		case ids[m.ID]:
			return fmt.Errorf("sitting: %q is on the roster twice", m.ID)
		case !line(m.Name):
			return fmt.Errorf("sitting: member %q has no name", m.ID)
		case !m.Role.Valid():
			return fmt.Errorf("sitting: member %q has the role %q, which is none", m.ID, m.Role)
		case m.Party != "" && !line(m.Party) || m.Seat != "" && !line(m.Seat):
			return fmt.Errorf("sitting: member %q has a party or seat that cannot be shown", m.ID)
		case len(m.Cards) == 0 || len(m.Cards) > MaxCards:
			return fmt.Errorf("sitting: member %q has %d cards", m.ID, len(m.Cards))
		}
		for _, c := range m.Cards {
			if !line(c) {
				return fmt.Errorf("sitting: member %q has a card without a name", m.ID)
			}
			if other, ok := cards[c]; ok {
				return fmt.Errorf("sitting: members %q and %q have one card", other, m.ID)
			}
			cards[c] = m.ID
		}
		ids[m.ID] = true
		if m.Role == RoleChair {
			chairs++
		}
	}
	if chairs == 0 {
		return fmt.Errorf("sitting: nobody on the roster is the chair")
	}
	return nil
}

// Known returns the member whose card goes by one of names.
func (o *Order) Known(names []string) (Member, bool) {
	for _, name := range names {
		for _, m := range o.Roster {
			for _, c := range m.Cards {
				if c == name {
					return m, true
				}
			}
		}
	}
	return Member{}, false
}

// line reports whether text is one line that can be shown.
func line(text string) bool {
	if text == "" || len(text) > MaxName || !utf8.ValidString(text) {
		return false
	}
	return !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f || c == 0xfffd })
}
