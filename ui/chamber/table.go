package chamber

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"incamera/identity"
	"incamera/sitting"
	"incamera/ui/kit"
	"incamera/ui/look"
)

// table is the row of those who sit at one machine, above the bar: whose place
// is on show, who has the floor or a hand up, and the cards of who may join.
type table struct {
	title   *kit.Text
	places  map[sitting.MemberID]*kit.Button
	cards   map[identity.Card]*kit.Button
	content *container.Scroll // sideways: more may sit here than there is room for
}

func newTable() *table {
	t := &table{
		title:  kit.Bold("", look.Body, look.Ink),
		places: map[sitting.MemberID]*kit.Button{}, cards: map[identity.Card]*kit.Button{},
	}
	t.content = container.NewHScroll(kit.Row(look.Gap))
	t.content.Hide()
	return t
}

// show keeps the buttons of those who stay, so that the keyboard does not lose
// its place.
func (t *table) show(v *View) {
	if v.o.Table == nil {
		return
	}
	t.title.Set(v.words.Chamber.Table)
	sit, join := []fyne.CanvasObject{t.title}, []fyne.CanvasObject{}
	for _, who := range v.scene.Table {
		b := t.places[who]
		if b == nil {
			b = kit.NewButton(kit.Plain, "", "", func() { v.o.Table.Turn(who) })
			t.places[who] = b
		}
		t.place(b, who, v)
		sit = append(sit, b)
	}
	for _, card := range v.scene.Cards {
		b := t.cards[card]
		if b == nil {
			b = kit.NewButton(kit.Quiet, look.Card, "", func() { v.o.Table.Join(card) })
			t.cards[card] = b
		}
		b.Say(fmt.Sprintf(v.words.Chamber.Join, called(card.Info())), "")
		join = append(join, b)
	}
	t.content.Content = kit.Row(look.Gap, append(sit, join...)...)
	if look.Scale() > 1.25 && len(join) > 0 { // as the bar: in two rows
		t.content.Content = kit.Column(look.Gap, kit.Row(look.Gap, sit...), kit.Row(look.Gap, join...))
	}
	t.content.Show()
	t.content.Refresh()
}

// place sets the button of one who sits here: what the member's state is, is
// said in words.
func (t *table) place(b *kit.Button, who sitting.MemberID, v *View) {
	rank, icon, text := kit.Plain, look.Icon(""), v.name(who)
	if who == v.scene.Me {
		rank = kit.On
	}
	switch at := place(v.scene.Sitting.Hands, who); {
	case v.scene.Sitting.HasFloor(who):
		icon, text = look.Floor, text+" · "+v.words.Chamber.HasFloor
	case at > 0:
		icon, text = look.Hand, text+" · "+v.words.Chamber.HandMark
	}
	b.Look(rank, icon)
	b.Say(text, "")
}

// called is what a card is known by.
func called(c identity.CardInfo) string {
	if c.Serial != "" {
		return c.Make + " · " + c.Serial
	}
	return c.Make + " · " + c.Reader
}
