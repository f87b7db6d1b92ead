package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
)

// head is the bar at the head of the window: what the room puts there, the
// settings, and the language, always in the same corner.
type head struct {
	brand    *kit.Text
	house    *kit.Text
	slot     *fyne.Container
	gear     *kit.Button
	language *kit.Segments
	content  fyne.CanvasObject
}

func newHead(w *Window) *head {
	h := &head{brand: kit.Bold("Incamera", look.Body, look.AccentInk), house: kit.NewText("", look.Body, look.Muted)}
	h.slot = kit.With(&kit.Stack{})
	h.gear = kit.NewButton(kit.Quiet, look.Gear, "", w.openSettings)
	h.language = kit.NewSegments([]string{"EN", "FR"}, slices.Index(words.Languages, w.values.Language), func(i int) {
		v := w.values
		v.Language = words.Languages[i]
		w.choose(v)
	})
	h.language.Allow(w.rule(0) == nil)
	row := kit.With(&kit.Trail{Gap: look.Room}, h.slot, kit.Row(look.Gap, h.gear, h.language))
	h.content = kit.NewBar(row, look.Room, look.Gap)
	return h
}

// show puts the room's part in the bar, or the name of program and house.
func (h *head) show(w *Window) {
	h.gear.Say("", w.words.Common.Settings)
	h.language.Say(w.words.Common.Language, []string{"EN", "FR"})
	h.house.Set(w.o.House.In(w.words.Lang))
	var own fyne.CanvasObject = kit.Row(10, kit.NewIcon(look.Seal, look.AccentInk, 1.2), h.brand, h.house)
	if r, ok := w.room.(header); ok {
		own = r.Header()
	}
	h.slot.Objects = []fyne.CanvasObject{own}
	h.content.Refresh()
}

// progress is the strip at the foot of the window that says what long work is
// at, and lets it be cancelled.
type progress struct {
	step    Step
	changed func() // lays the window out again
	text    *kit.Text
	moving  *kit.Moving
	stop    *kit.Button
	content *kit.Panel
}

func newProgress(changed func()) *progress {
	p := &progress{changed: changed, text: kit.NewText("", look.Body, look.Ink), moving: kit.NewMoving(), stop: kit.NewButton(kit.Plain, "", "", nil)}
	p.content = kit.NewStrip(kit.Row(look.Room, p.moving, p.text, kit.Spacer(), p.stop), look.AccentWash, look.Room, look.Gap)
	p.content.Hide()
	return p
}

func (p *progress) show(text string, cancel func()) {
	p.text.Set(text)
	p.stop.Do(cancel)
	p.stop.Hidden = cancel == nil
	if p.content.Hidden = text == ""; text == "" {
		p.step = Idle
	}
	p.changed()
}

// say changes the language.
func (p *progress) say(w *words.Catalogue) {
	p.stop.Say(w.Common.Cancel, "")
	p.text.Set(stepWords(p.step, w))
}

func (p *progress) tick(now time.Time) {
	if p.content.Visible() {
		p.moving.Tick(now)
	}
}

// frameLayout puts head, room and progress under each other.
type frameLayout struct{}

func (frameLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	h, r := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(max(h.Width, r.Width), h.Height+r.Height)
}

func (frameLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	h := o[0].MinSize().Height
	o[0].Move(fyne.Position{})
	o[0].Resize(fyne.NewSize(s.Width, h))
	o[1].Move(fyne.NewPos(0, h))
	o[1].Resize(fyne.NewSize(s.Width, s.Height-h))
	foot := o[2].MinSize().Height // lies over the foot of the room
	o[2].Move(fyne.NewPos(0, s.Height-foot))
	o[2].Resize(fyne.NewSize(s.Width, foot))
}
