package chamber

import (
	"slices"
	"strings"

	"incamera/sitting"
	"incamera/ui/look/words"
)

// A sorting is what the roster is sorted by.
type sorting int

// The sortings, in the order in which they are offered.
const (
	byName  sorting = iota // who is here first, then who is not
	byParty                // or role, of those who sit for none
	bySeat
)

// sought is who is on the roster and has what is looked for in name, party or
// seat; those alike are sorted by their last names.
func sought(s *sitting.State, text string, by sorting, w *words.Catalogue) []sitting.Member {
	here := make(map[sitting.MemberID]bool, len(s.Seats))
	for _, seat := range s.Seats {
		here[seat.Member] = true
	}
	type candidate struct {
		sitting.Member
		key []string
	}
	var list []candidate
	for _, m := range s.Order.Roster {
		if !has(m, text) {
			continue
		}
		first := ""
		switch {
		case by == byParty:
			first = fold(party(m, w))
		case by == bySeat && m.Seat != "":
			first = fold(m.Seat)
		case by == bySeat, !here[m.ID]:
			first = last
		}
		list = append(list, candidate{m, []string{first, surname(m.Name)}})
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return slices.Compare(a.key, b.key) })
	found := make([]sitting.Member, len(list))
	for i, c := range list {
		found[i] = c.Member
	}
	return found
}

// last comes after all that a person may be called.
const last = "\U0010ffff"

// surname is what a name is sorted by: its last word, then the others.
func surname(name string) string {
	all := strings.Fields(fold(name))
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1] + " " + strings.Join(all[:len(all)-1], " ")
}

func has(m sitting.Member, words string) bool {
	if words == "" {
		return true
	}
	text := fold(m.Name + " " + m.Party + " " + m.Seat)
	for word := range strings.FieldsSeq(fold(words)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// accents are the letters with marks of the two languages, without them: who
// types "Bédard" or "bedard" finds the same.
var accents = strings.NewReplacer(
	"à", "a", "â", "a", "ä", "a", "é", "e", "è", "e", "ê", "e", "ë", "e", "î", "i", "ï", "i",
	"ô", "o", "ö", "o", "ù", "u", "û", "u", "ü", "u", "ç", "c", "ÿ", "y", "œ", "oe", "æ", "ae", "’", "'")

func fold(s string) string { return accents.Replace(strings.ToLower(s)) }
