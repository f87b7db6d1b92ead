// Package lobby is the room where a person sees the sittings that they may
// enter, and chooses one. It owns which one is chosen. It may touch the words
// of sitting.
package lobby

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"

	"incamera/sitting"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
	"incamera/ui/trouble"
)

// A Door is what a person may ask here. No method waits.
type Door interface {
	Enter(sitting.ID)
	Refresh() // fetch the sittings again
	SignOut()
}

// A Sitting is one line of the lobby.
type Sitting struct {
	Order   *sitting.Order
	Me      sitting.MemberID // who the person is on its roster
	Trouble error            // why it cannot be entered; nil if it can
}

const width = 600

// A View is the room. Its fields belong to the UI goroutine.
type View struct {
	door     Door
	words    *words.Catalogue
	person   string // the name on the card
	now      time.Time
	sittings []Sitting
	chosen   sitting.ID

	items                 map[sitting.ID]*kit.Item
	title, lead, who      *kit.Text
	list                  *fyne.Container
	emptyTitle, emptyText *kit.Text
	empty                 *fyne.Container
	trouble               *kit.Banner
	details               *kit.Details
	enter, refresh, out   *kit.Button
	err                   error
	content               *kit.Panel
}

// New returns the room for a person, with no sittings yet.
func New(w *words.Catalogue, person string, desk kit.Desk, d Door) *View {
	v := &View{door: d, words: w, person: person}
	v.title = kit.Bold("", look.Title, look.Ink)
	v.lead = kit.Wrapped("", look.Body, look.Muted, width)
	v.who = kit.NewText("", look.Body, look.Muted)
	v.list = kit.Column(look.Gap)
	v.emptyTitle, v.emptyText = kit.Bold("", look.Name, look.Ink), kit.Wrapped("", look.Body, look.Muted, width-80)
	v.empty = kit.Row(look.Room, kit.NewIcon(look.Info, look.AccentInk, 2), kit.Column(look.Hair, v.emptyTitle, v.emptyText))
	v.trouble = kit.NewBanner(width, func() { v.door.Refresh() })
	v.details = kit.NewDetails(desk, width, func() { v.content.Refresh() })
	v.enter = kit.NewButton(kit.Filled, "", "", func() { v.door.Enter(v.chosen) })
	v.refresh = kit.NewButton(kit.Plain, "", "", func() { v.door.Refresh() })
	v.out = kit.NewButton(kit.Quiet, look.Leave, "", func() { v.door.SignOut() })
	v.content = kit.NewPanel(kit.Sized(width, 0, kit.Column(look.Room,
		v.title, v.lead, v.trouble, v.details.Content, v.empty, v.list,
		kit.Row(look.Gap, v.out, v.who, kit.Spacer(), v.refresh, v.enter))), 32)
	v.show()
	return v
}

// Content is what the room shows.
func (v *View) Content() fyne.CanvasObject { return kit.Centred(v.content) }

// Say changes the language.
func (v *View) Say(w *words.Catalogue) { v.words = w; v.build() }

// Go is the button that goes on; without a sitting, it looks again.
func (v *View) Go() *kit.Button {
	if len(v.sittings) == 0 {
		return v.refresh
	}
	return v.enter
}

// Tell says what is wrong; nil says nothing.
func (v *View) Tell(err error) { v.err = err; v.show() }

// Show shows the sittings as of now. The first that is open is chosen, unless
// another was.
func (v *View) Show(sittings []Sitting, now time.Time) {
	v.sittings, v.now = sittings, now
	if !v.open(v.chosen) {
		v.chosen = ""
		for _, s := range sittings {
			if v.open(s.Order.Sitting) {
				v.chosen = s.Order.Sitting
				break
			}
		}
	}
	v.build()
}

// open reports whether a sitting may be entered now, which is so from when its
// doors are open on.
func (v *View) open(id sitting.ID) bool {
	for _, s := range v.sittings {
		if s.Order.Sitting == id {
			return s.Trouble == nil && !v.now.Before(s.Order.Doors()) && v.now.Before(s.Order.Closes)
		}
	}
	return false
}

func (v *View) build() {
	v.items = map[sitting.ID]*kit.Item{}
	v.list.RemoveAll()
	for _, s := range v.sittings {
		item := v.item(s)
		v.items[s.Order.Sitting] = item
		v.list.Add(item)
	}
	v.show()
}

// item shows one sitting: title and kind, when it is open, and the person's role.
func (v *View) item(s Sitting) *kit.Item {
	w, o := v.words, s.Order
	id := o.Sitting
	title := kit.Bold(Title(o, w.Lang), look.Name, look.Ink)
	title.Wrap = width - 190
	lines := []fyne.CanvasObject{title, kit.NewText(v.when(s), look.Body, look.Muted)}
	if s.Trouble != nil {
		said := trouble.Say(s.Trouble, w)
		bad := kit.Bold(said.Title, look.Body, look.DangerInk)
		bad.Wrap = width - 190
		lines = append(lines, bad, kit.Wrapped(said.Text, look.Body, look.Ink, width-190))
	} else if m, ok := member(o, s.Me); ok {
		lines = append(lines, kit.NewText(fmt.Sprintf(w.Lobby.YourRole, Role(m.Role, w)), look.Body, look.Muted))
	}
	content := kit.With(&kit.Trail{Gap: look.Room}, kit.Column(3, lines...), Kind(o.Kind, w))
	item := kit.NewItem(content, Title(o, w.Lang)+", "+KindWord(o.Kind, w)+", "+v.when(s), func() { v.choose(id) })
	item.Allow(v.open(id))
	return item
}

func (v *View) choose(id sitting.ID) {
	v.chosen = id
	v.show()
}

// when says when a sitting is open, or that it has ended.
func (v *View) when(s Sitting) string {
	w, o := v.words, s.Order
	switch {
	case v.now.Before(o.Doors()):
		return fmt.Sprintf(w.Lobby.OpensAt, w.ShortDay(o.Opens), w.Clock(o.Opens))
	case v.now.Before(o.Opens):
		return fmt.Sprintf(w.Lobby.DoorsOpen, w.Clock(o.Opens))
	case !v.now.Before(o.Closes):
		return w.Lobby.Ended
	}
	return w.Lobby.OpenNow + ", " + fmt.Sprintf(w.Lobby.Until, w.Clock(o.Closes))
}

func (v *View) show() {
	w := v.words
	v.title.Set(w.Lobby.Title)
	v.lead.Set(w.Lobby.Lead)
	v.who.Set(v.person)
	v.emptyTitle.Set(w.Lobby.Empty)
	v.emptyText.Set(w.Lobby.EmptyHint)
	v.empty.Hidden = len(v.sittings) > 0
	v.lead.Hidden = !v.empty.Hidden
	v.trouble.Say("", "", "", false)
	said := trouble.Said{}
	if v.err != nil {
		said = trouble.Say(v.err, w)
		v.trouble.Say(said.Title, said.Text, "", said.Grave)
	}
	v.details.Set(said.Details)
	v.details.Say(w.Common.Details, w.Common.Copy, w.Common.Copied)
	for id, item := range v.items {
		item.Choose(id == v.chosen)
	}
	v.enter.Say(w.Lobby.Enter, "")
	v.enter.Allow(v.open(v.chosen))
	v.enter.Hidden = len(v.sittings) == 0
	v.refresh.Look(kit.Plain, "")
	if v.enter.Hidden {
		v.refresh.Look(kit.Filled, "")
	}
	v.refresh.Say(w.Lobby.Refresh, "")
	v.out.Say(w.Lobby.SignOut, "")
	v.content.Refresh()
}
