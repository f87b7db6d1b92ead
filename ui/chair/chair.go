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

// An Asker has the person say whether something is meant, before it is done. yes is
// called if it is.
type Asker interface {
	Removal(name string, yes func(why string))
	Admission(names []string, yes func())
}

// A Console presides over a sitting. Its fields belong to the UI goroutine.
type Console struct {
	floor Floor
	door  Door
	asker Asker
	tell  func(error)

	waiting *fyne.Container
	title   *kit.Text
	all     *kit.Button
	next    *kit.Button
	take    *kit.Button
	give    *kit.Button
	remove  *kit.Button
	top     *fyne.Container
	bottom  *fyne.Container

	first, speaker, chosen sitting.MemberID
	holders                []sitting.MemberID // of the floor
	entrants               []sitting.Seat     // who wait
	admitted               map[uint64]bool    // by arrival: true once it was asked
}

// New returns a console. tell is called with what a request answered, when it
// found no room.
func New(f Floor, d Door, tell func(error), a Asker) *Console {
	c := &Console{floor: f, door: d, tell: tell, asker: a, admitted: map[uint64]bool{}}
	c.waiting = kit.Column(look.Gap)
	c.title = kit.Bold("", look.Body, look.AmberInk)
	c.all = named(kit.Plain, look.Admit, nil)
	c.next = named(kit.Filled, look.Floor, c.pass)
	c.take = named(kit.Plain, look.Close, func() { c.ask(c.take, c.floor.TakeFloor(c.speaker)) })
	c.give = named(kit.Plain, look.Floor, func() { c.ask(c.give, c.floor.GiveFloor(c.chosen)) })
	c.remove = named(kit.Plain, look.Remove, nil)
	c.top = kit.Column(look.Gap, c.title, kit.Capped(seen+0.6, c.waiting), c.all) // part of the next shows that there is more
	c.bottom = kit.Column(look.Gap, c.remove, c.give, c.take, c.next)
	return c
}

// seen is how many who wait can be seen at once. More are admitted together
// only after all names were shown.
const seen = 3

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

// ask greys the button that was pressed until there is a new state: it was
// heard, and is not asked twice.
func (c *Console) ask(pressed *kit.Button, err error) {
	if err != nil {
		c.tell(err)
		return
	}
	pressed.Allow(false)
}

// pass gives the floor to the next, and takes it from all who have it.
func (c *Console) pass() {
	if err := c.floor.GiveFloor(c.first); err != nil {
		c.tell(err)
		return
	}
	for _, who := range c.holders {
		c.ask(c.next, c.floor.TakeFloor(who))
	}
	c.next.Allow(false)
}

// Show shows a state: who may be admitted, given the floor, removed. chosen is
// the member chosen in the list, "" for none.
func (c *Console) Show(s *sitting.State, chosen sitting.MemberID, name func(sitting.MemberID) string, may Allowed, w *words.Catalogue) {
	c.first, c.speaker, c.chosen = "", "", chosen
	if len(s.Hands) > 0 {
		c.first = s.Hands[0].By
	}
	c.holders = nil
	for _, g := range s.Floor {
		c.holders = append(c.holders, g.To)
		c.speaker = g.To
	}
	if s.HasFloor(chosen) {
		c.speaker = chosen
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
	c.entrants = s.Waiting
	c.title.SetTone(fmt.Sprintf("%s · %d", w.Chair.Waiting, len(s.Waiting)), look.AmberInk)
	c.title.Hidden = len(s.Waiting) == 0
	for _, seat := range s.Waiting {
		b := named(kit.Plain, look.Admit, nil)
		b.Do(func() { c.ask(b, c.door.Admit(seat.Member)) })
		b.Say(fmt.Sprintf(w.Chair.Admit, name(seat.Member)), "")
		b.Allow(may.Admit(seat.Member) && !c.admitted[seat.Arrival])
		c.waiting.Add(b)
	}
	c.all.Hidden = len(s.Waiting) < 2
	c.all.Say(fmt.Sprintf(w.Chair.AdmitAll, len(s.Waiting)), "")
	c.all.Do(func() { c.admitAll(name) })
	c.all.Allow(true)
	c.goOnAdmitting()
}

// admitAll admits those who wait now; where not all can be seen, after all
// names were shown.
func (c *Console) admitAll(name func(sitting.MemberID) string) {
	all := c.entrants
	yes := func() {
		for _, seat := range all {
			c.admitted[seat.Arrival] = false
		}
		c.goOnAdmitting()
	}
	if len(all) <= seen {
		yes()
		return
	}
	names := make([]string, len(all))
	for i, seat := range all {
		names[i] = name(seat.Member)
	}
	c.asker.Admission(names, yes)
}

// atOnce is how many admissions are on their way at a time: half of what a
// session takes.
const atOnce = 16

// goOnAdmitting asks for as many as may be on their way, each by a request of
// its own; those who are in make room for the next.
func (c *Console) goOnAdmitting() {
	asked, waiting := 0, make(map[uint64]bool, len(c.admitted))
	for _, seat := range c.entrants {
		done, wanted := c.admitted[seat.Arrival]
		if !wanted {
			continue
		}
		if !done && asked < atOnce {
			done = c.door.Admit(seat.Member) == nil // else with the next state
		}
		if waiting[seat.Arrival] = done; done {
			asked++
		}
		c.all.Allow(false)
	}
	c.admitted = waiting
}

func (c *Console) showChosen(name func(sitting.MemberID) string, may Allowed, w *words.Catalogue) {
	who := c.chosen
	c.give.Hidden = who == "" || !may.Floor || !may.Give(who) || who == c.first
	give := w.Chair.Give
	if len(c.holders) > 0 {
		give = w.Chair.GiveAlso
	}
	c.give.Say(fmt.Sprintf(give, name(who)), "")
	c.give.Allow(true)
	c.remove.Hidden = who == "" || !may.Remove(who)
	c.remove.Say(fmt.Sprintf(w.Chair.Remove, name(who)), "")
	c.remove.Allow(true)
	c.remove.Do(func() { c.asker.Removal(name(who), func(why string) { c.ask(c.remove, c.door.Remove(who, why)) }) })
}
