// Package chair is what the one who presides has on top: who waits at the
// door, who speaks next, and what may be done with the member chosen. It owns
// no state of the sitting; what it asks comes back as a new state. It may
// touch the words of sitting.
package chair

import (
	"fmt"

	"fyne.io/fyne/v2"

	"incamera/sitting"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
)

// A Floor is what the chair may ask of the order of speakers. A request never
// waits; an error says that it found no room.
type Floor interface {
	GiveFloor(to sitting.MemberID) error
	TakeFloor(from sitting.MemberID) error
}

// A Door is what chair and clerk may ask of who is here.
type Door interface {
	Admit(who sitting.MemberID) error
	// Remove tells the one removed why, which may be "".
	Remove(who sitting.MemberID, why string) error
	// CloseSitting ends the sitting for everyone.
	CloseSitting() error
}

// Allowed says which requests the rules of the sitting allow now.
type Allowed struct {
	Floor                     bool // it is for this member to give the floor and take it
	Give, Take, Admit, Remove func(sitting.MemberID) bool
}

// A Console presides over a sitting. Its fields belong to the UI goroutine.
type Console struct {
	floor Floor
	door  Door
	tell  func(error)

	waiting *fyne.Container
	title   *kit.Text
	next    *kit.Button
	take    *kit.Button
	give    *kit.Button
	remove  *kit.Button
	top     *fyne.Container
	bottom  *fyne.Container

	first, speaker, chosen sitting.MemberID
	confirm                func(name string, yes func(why string))
}

// New returns a console. tell is called with what a request answered, when it
// found no room; confirm asks before somebody is removed, and why.
func New(f Floor, d Door, tell func(error), confirm func(name string, yes func(why string))) *Console {
	c := &Console{floor: f, door: d, tell: tell, confirm: confirm}
	c.waiting = kit.Column(look.Gap)
	c.title = kit.Bold("", look.Body, look.AmberInk)
	c.next = named(kit.Filled, look.Floor, func() { c.ask(c.floor.GiveFloor(c.first)) })
	c.take = named(kit.Plain, look.Close, func() { c.ask(c.floor.TakeFloor(c.speaker)) })
	c.give = named(kit.Plain, look.Floor, func() { c.ask(c.floor.GiveFloor(c.chosen)) })
	c.remove = named(kit.Plain, look.Remove, nil)
	c.top = kit.Column(look.Gap, c.title, kit.Capped(3.6, c.waiting)) // part of the next shows that there is more
	c.bottom = kit.Column(look.Gap, c.remove, c.give, c.take, c.next)
	return c
}

// named is a button with a member's name on it, which may be a long one.
func named(rank kit.Rank, icon look.Icon, pressed func()) *kit.Button {
	b := kit.NewButton(rank, icon, "", pressed)
	b.Cut = true
	return b
}

// Top is who waits at the door.
func (c *Console) Top() fyne.CanvasObject { return c.top }

// Bottom is what may be done with the member chosen, and under it, always in
// the same place, what is done with the floor.
func (c *Console) Bottom() fyne.CanvasObject { return c.bottom }

// Go is the button that goes on: the next speaker.
func (c *Console) Go() *kit.Button { return c.next }

func (c *Console) ask(err error) {
	if err != nil {
		c.tell(err)
	}
}

// Show shows a state: who may be admitted, given the floor, removed. chosen is
// the member chosen in the list, "" for none.
func (c *Console) Show(s *sitting.State, chosen sitting.MemberID, name func(sitting.MemberID) string, may Allowed, w *words.Catalogue) {
	c.first, c.speaker, c.chosen = "", "", chosen
	if len(s.Hands) > 0 {
		c.first = s.Hands[0].By
	}
	if n := len(s.Floor); n > 0 {
		c.speaker = s.Floor[n-1].To
	}
	c.showWaiting(s, name, may, w)
	c.showFloor(name, may, w)
	c.showChosen(name, may, w)
	c.top.Hidden = c.title.Hidden
	c.bottom.Hidden = c.next.Hidden && c.give.Hidden && c.remove.Hidden
	c.top.Refresh()
	c.bottom.Refresh()
}

// showFloor shows who can be given the floor next, and from whom it can be
// taken. Both buttons stay where they are when there is nobody.
func (c *Console) showFloor(name func(sitting.MemberID) string, may Allowed, w *words.Catalogue) {
	c.next.Hidden, c.take.Hidden = !may.Floor, !may.Floor
	c.next.Allow(c.first != "" && may.Give(c.first))
	c.take.Allow(c.speaker != "" && may.Take(c.speaker))
	c.next.Say(w.Chair.GiveNext, "")
	if c.first != "" {
		c.next.Say(fmt.Sprintf(w.Chair.Give, name(c.first)), "")
	}
	c.take.Say(w.Chair.TakeBack, "")
	if c.speaker != "" {
		c.take.Say(fmt.Sprintf(w.Chair.Take, name(c.speaker)), "")
	}
}

func (c *Console) showWaiting(s *sitting.State, name func(sitting.MemberID) string, may Allowed, w *words.Catalogue) {
	c.waiting.RemoveAll()
	c.title.SetTone(fmt.Sprintf("%s · %d", w.Chair.Waiting, len(s.Waiting)), look.AmberInk)
	c.title.Hidden = len(s.Waiting) == 0
	for _, seat := range s.Waiting {
		who := seat.Member
		b := named(kit.Plain, look.Admit, func() { c.ask(c.door.Admit(who)) })
		b.Say(fmt.Sprintf(w.Chair.Admit, name(who)), "")
		b.Allow(may.Admit(who))
		c.waiting.Add(b)
	}
}

func (c *Console) showChosen(name func(sitting.MemberID) string, may Allowed, w *words.Catalogue) {
	who := c.chosen
	c.give.Hidden = who == "" || !may.Floor || !may.Give(who) || who == c.first
	c.give.Say(fmt.Sprintf(w.Chair.Give, name(who)), "")
	c.remove.Hidden = who == "" || !may.Remove(who)
	c.remove.Say(fmt.Sprintf(w.Chair.Remove, name(who)), "")
	c.remove.Do(func() { c.confirm(name(who), func(why string) { c.ask(c.door.Remove(who, why)) }) })
}
