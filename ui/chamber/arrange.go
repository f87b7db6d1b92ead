package chamber

import (
	"slices"

	"incamera/sitting"
)

// arrange says who is in which tile. A member who was on show before keeps the
// place; who comes takes the first place that somebody left, or a new one at
// the end. So tiles never jump. A place without a member is "".
func arrange(before []sitting.MemberID, seats []sitting.Seat) []sitting.MemberID {
	here := make(map[sitting.MemberID]bool, len(seats))
	for _, s := range seats {
		here[s.Member] = true
	}
	after := slices.Clone(before)
	placed := make(map[sitting.MemberID]bool, len(seats))
	for i, m := range after {
		if !here[m] {
			after[i] = ""
		}
		placed[m] = true
	}
	for _, s := range seats {
		if placed[s.Member] {
			continue
		}
		if i := slices.Index(after, ""); i >= 0 {
			after[i] = s.Member
		} else {
			after = append(after, s.Member)
		}
	}
	for len(after) > 0 && after[len(after)-1] == "" {
		after = after[:len(after)-1]
	}
	return after
}

// page is which tiles are on show when so many fit: from is moved so that the
// row is full as far as there are members.
func page(from, fit, all int) (first, last int) {
	first = max(0, min(from, all-fit))
	return first, min(first+fit, all)
}
