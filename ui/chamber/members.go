package chamber

import (
	"fmt"

	"fyne.io/fyne/v2"

	"incamera/sitting"
	"incamera/ui/kit"
	"incamera/ui/look"
)

// members is the roster, in the order that the person has chosen.
type members struct {
	view    *View
	shown   []sitting.Member
	chosen  sitting.MemberID // for what the chair may do; "" for none
	sought  string
	by      sorting
	title   *kit.Text
	count   *kit.Text
	none    *kit.Text
	search  *kit.Search
	sorted  *kit.Segments
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
	m.count = kit.NewText("", look.Body, look.Muted)
	m.search = kit.NewSearch(func(s string) {
		m.sought = s
		m.show(v)
	})
	m.sorted = kit.NewSegments([]string{"", "", ""}, 0, func(i int) {
		m.by = sorting(i)
		m.show(v)
		m.list.ScrollToTop()
	})
	m.list = kit.NewList(func() int { return len(m.shown) }, newEntry, m.fill, m.choose)
	head := kit.With(&kit.Lead{Gap: look.Room}, kit.Row(look.Gap, m.title, m.count), m.search)
	m.content = kit.With(&headed{gap: look.Gap}, kit.Column(look.Gap, head, kit.Row(0, m.sorted), m.none), m.list)
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
	if m.by == bySeat && who.Seat != "" {
		more = who.Seat + " · " + party(who, v.words)
	}
	switch {
	case away:
		e.mark.Set(look.Away, look.AmberInk)
		more = v.words.Chamber.AwayMark + " · " + more
	case v.waits(who.ID):
		e.mark.Set(look.Lock, look.AmberInk)
		more = v.words.Chamber.WaitingMark + " · " + more
	case !here:
		e.mark.Set(look.Seal, look.None)
		more = v.words.Chamber.NoSeat + " · " + more
	case v.holds(who.ID):
		e.mark.Set(look.Seal, look.AccentInk)
	case v.scene.Security == nil: // there are no keys yet: it cannot be said of anybody
		e.mark.Set(look.Seal, look.None)
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
	m.title.Set(w.Members)
	m.count.Set(fmt.Sprintf(w.Of, len(v.scene.Sitting.Seats), len(v.scene.Sitting.Order.Roster)))
	m.search.Say(w.Find, w.Search)
	m.sorted.Say(w.Sorted, []string{w.ByName, w.ByParty, w.BySeat})
	m.shown = sought(&v.scene.Sitting, m.sought, m.by, v.words)
	m.none.Set(w.SearchNone)
	m.none.Hidden = len(m.shown) > 0
	m.list.Refresh()
	m.content.Refresh()
}
