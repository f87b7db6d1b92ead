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

// An OrderError says what makes an order useless, and where: in which field,
// by its name in a clerk's file, and of which place on the roster.
type OrderError struct {
	Field string // "kind", "title", "roster", …; of a member "id", "name", "cards", …
	At    int    // the place on the roster, from 0; -1 for a field of the order itself
	What  string // is wrong
}

func (e *OrderError) Error() string { return "sitting: " + e.What }

// wrong is an error in a field of the order itself.
func wrong(field, format string, args ...any) error {
	return &OrderError{Field: field, At: -1, What: fmt.Sprintf(format, args...)}
}

// Check reports what makes o useless as an order, as an [OrderError]; it does
// not look at Hash.
func (o *Order) Check() error {
	switch {
	case !o.Sitting.Valid():
		return wrong("sitting", "%q is no id of a sitting, which is 1 to 64 of a–z, 0–9 and \"-\"", o.Sitting)
	case o.Kind != Public && o.Kind != InCamera:
		return wrong("kind", "%q is no kind of sitting: %q or %q", o.Kind, Public, InCamera)
	case o.Suite == "" || !line(o.Suite):
		return wrong("suite", "the order names no suite")
	case o.Opens.IsZero():
		return wrong("opens", "the order does not say when it opens the sitting")
	case o.Closes.IsZero():
		return wrong("closes", "the order does not say when it closes the sitting")
	case !o.Opens.Before(o.Closes):
		return wrong("closes", "the order closes the sitting before it opens it")
	case len(o.Roster) == 0 || len(o.Roster) > MaxRoster:
		return wrong("roster", "a roster has 1 to %d members, not %d", MaxRoster, len(o.Roster))
	}
	if err := o.checkLanguages(); err != nil {
		return err
	}
	if err := o.checkHouse(); err != nil {
		return err
	}
	return o.checkRoster()
}

// checkHouse wants one name for all languages, or one for each.
func (o *Order) checkHouse() error {
	plain, one := o.House[""]
	switch {
	case len(o.House) == 0 || one && plain == "":
		return wrong("house", "the order names no house")
	case one && len(o.House) == 1:
		if !line(plain) {
			return wrong("house", "the house has a name that cannot be shown")
		}
		return nil
	}
	for _, l := range o.Languages {
		if !line(o.House[l]) {
			return wrong("house", "the order does not name the house in %q", l)
		}
	}
	if len(o.House) != len(o.Languages) {
		return wrong("house", "the order names the house in other languages than its own")
	}
	return nil
}

func (o *Order) checkLanguages() error {
	if len(o.Languages) == 0 || len(o.Languages) > 16 {
		return wrong("languages", "an order has 1 to 16 languages, not %d", len(o.Languages))
	}
	for _, l := range o.Languages {
		if len(l) < 2 || !valid(strings.ToLower(l), "-") {
			return wrong("languages", "%q is no language", l)
		}
		if !line(o.Title[l]) {
			return wrong("title", "the order has no title in %q", l)
		}
	}
	if len(o.Title) != len(o.Languages) {
		return wrong("title", "the order has titles in other languages than its own")
	}
	return nil
}

func (o *Order) checkRoster() error {
	chairs := 0
	ids, cards := map[MemberID]bool{}, map[string]MemberID{}
	for i, m := range o.Roster {
		if ids[m.ID] {
			return &OrderError{"id", i, fmt.Sprintf("%q is on the roster twice", m.ID)}
		}
		if field, what := m.check(); what != "" {
			return &OrderError{field, i, what}
		}
		for _, c := range m.Cards {
			if other, ok := cards[c]; ok {
				return &OrderError{"cards", i, fmt.Sprintf("members %q and %q have one card", other, m.ID)}
			}
			cards[c] = m.ID
		}
		ids[m.ID] = true
		if m.Role == RoleChair {
			chairs++
		}
	}
	if chairs == 0 {
		return wrong("roster", "nobody on the roster is the chair")
	}
	return nil
}

// check says what is wrong with a member, and in which field; "" if nothing is.
func (m Member) check() (field, what string) {
	switch {
	case !m.ID.Valid():
		return "id", fmt.Sprintf("%q is no id of a member, which is 1 to 64 of a–z, 0–9, \"-\" and \".\"", m.ID)
	case !line(m.Name):
		return "name", fmt.Sprintf("member %q has no name", m.ID)
	case !m.Role.Valid():
		return "role", fmt.Sprintf("member %q has the role %q, which is none", m.ID, m.Role)
	case m.Party != "" && !line(m.Party):
		return "party", fmt.Sprintf("member %q has a party that cannot be shown", m.ID)
	case m.Seat != "" && !line(m.Seat):
		return "seat", fmt.Sprintf("member %q has a seat that cannot be shown", m.ID)
	case len(m.Cards) == 0 || len(m.Cards) > MaxCards:
		return "cards", fmt.Sprintf("member %q has %d cards, not 1 to %d", m.ID, len(m.Cards), MaxCards)
	}
	for _, c := range m.Cards {
		if !line(c) {
			return "cards", fmt.Sprintf("member %q has a card without a name", m.ID)
		}
	}
	return "", ""
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
