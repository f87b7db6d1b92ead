package chamber

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"incamera/sitting"
	"incamera/ui/kit"
	"incamera/ui/look"
)

// members is the roster: who is here first, then who is not, each by name.
type members struct {
	view    *View
	shown   []sitting.Member
	chosen  sitting.MemberID // for what the chair may do; "" for none
	sought  string
	title   *kit.Text
	none    *kit.Text
	search  *kit.Search
	list    *kit.List
	content fyne.CanvasObject
}

// entry is one line of the list; Fyne uses the same few for all members.
type entry struct {
	fyne.CanvasObject
	mark        *kit.Icon
	name, about *kit.Text
}

func newMembers(v *View) *members {
	m := &members{view: v, title: kit.Bold("", look.Body, look.Ink), none: kit.Wrapped("", look.Body, look.Muted, 280)}
	m.search = kit.NewSearch(func(s string) {
		m.sought = s
		m.show(v)
	})
	m.list = kit.NewList(func() int { return len(m.shown) }, newEntry, m.fill, m.choose)
	m.content = kit.With(&headed{gap: look.Gap}, kit.Column(look.Gap, m.title, m.search, m.none), m.list)
	return m
}

func newEntry() fyne.CanvasObject {
	e := &entry{mark: kit.NewIcon(look.Seal, look.AccentInk, 0.9), name: kit.NewText("Ég", look.Body, look.Ink), about: kit.NewText("Ég", look.Caption, look.Muted)}
	e.name.Cut, e.about.Cut = true, true
	e.CanvasObject = kit.Inset(6, 4, kit.With(&kit.Lead{Gap: 10}, e.mark, kit.Column(0, e.name, e.about)))
	return kit.NewCell(e.CanvasObject, e)
}

// fill shows one member in a line.
func (m *members) fill(i int, o fyne.CanvasObject) {
	e, v := o.(*kit.Cell).Data.(*entry), m.view
	who := m.shown[i]
	away, here := v.away(who.ID)
	tone := look.Tone(look.Ink)
	if !here {
		tone = look.Muted
	}
	e.name.SetTone(v.called(who.ID), tone)
	more := about(who, v.words)
	switch {
	case away:
		e.mark.Set(look.Away, look.AmberInk)
		more = v.words.Chamber.AwayMark + " · " + more
	case !here:
		e.mark.Set(look.Seal, look.None)
		more = v.words.Chamber.NoSeat + " · " + more
	case v.holds(who.ID):
		e.mark.Set(look.Seal, look.AccentInk)
	default:
		e.mark.Set(look.Info, look.AmberInk)
		more = v.words.Security.NotVerified + " · " + more
	}
	e.about.SetTone(more, look.Muted)
	o.(*kit.Cell).Mark(who.ID == m.chosen && v.presides())
	o.Refresh()
}

// choose marks a member for what the chair may do.
func (m *members) choose(i int) {
	if i >= 0 && i < len(m.shown) {
		m.chosen = m.shown[i].ID
		m.view.showConsole()
	}
}

func (m *members) show(v *View) {
	w := v.words.Chamber
	if _, here := v.scene.Sitting.Seat(m.chosen); !here {
		m.chosen = ""
	}
	m.list.Say(w.Members)
	m.title.Set(fmt.Sprintf("%s · %d", w.Members, len(v.scene.Sitting.Seats)))
	m.search.Say(w.Search)
	m.shown = sought(&v.scene.Sitting, m.sought)
	m.none.Set(w.SearchNone)
	m.none.Hidden = len(m.shown) > 0
	m.list.Refresh()
	m.content.Refresh()
}

// sought is who is on the roster and has what is looked for in name, party or
// seat: those who are here first, each by name.
func sought(s *sitting.State, words string) []sitting.Member {
	here := make(map[sitting.MemberID]bool, len(s.Seats))
	for _, seat := range s.Seats {
		here[seat.Member] = true
	}
	type candidate struct {
		sitting.Member
		key string
	}
	var list []candidate
	for _, m := range s.Order.Roster {
		if !has(m, words) {
			continue
		}
		key := "1 " + fold(m.Name)
		if here[m.ID] {
			key = "0 " + fold(m.Name)
		}
		list = append(list, candidate{m, key})
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(a.key, b.key) })
	found := make([]sitting.Member, len(list))
	for i, c := range list {
		found[i] = c.Member
	}
	return found
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
