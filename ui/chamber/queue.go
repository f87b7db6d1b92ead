package chamber

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"incamera/sitting"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
)

// queue is the order of speakers: who has the floor, since when, and who asked.
type queue struct {
	title   *kit.Text
	rows    *fyne.Container
	clocks  []clock
	content fyne.CanvasObject
}

// clock is a text that runs since some moment.
type clock struct {
	text  *kit.Text
	since time.Time
}

func newQueue() *queue {
	q := &queue{title: kit.Bold("", look.Body, look.Ink), rows: kit.Column(look.Hair)}
	scroll := container.NewVScroll(q.rows)
	q.content = kit.With(&headed{gap: look.Gap}, q.title, scroll)
	return q
}

func (q *queue) show(v *View) {
	w := v.words.Chamber
	q.title.Set(w.Queue)
	q.rows.RemoveAll()
	q.clocks = q.clocks[:0]
	n := 0
	for _, g := range v.scene.Sitting.Floor {
		n++
		q.rows.Add(q.speaker(n, g, v))
	}
	for _, h := range v.scene.Sitting.Hands {
		n++
		q.rows.Add(waiting(n, h, v))
	}
	if n == 0 {
		q.rows.Add(kit.Wrapped(w.QueueEmpty, look.Body, look.Muted, 280))
	}
	q.tick(v)
	q.content.Refresh()
}

// speaker is one who has the floor, with a clock that runs.
func (q *queue) speaker(n int, g sitting.Grant, v *View) fyne.CanvasObject {
	time := kit.Bold("00:00", look.Body, look.AccentInk)
	q.clocks = append(q.clocks, clock{time, g.Since})
	p := kit.NewMark(line(n, v.called(g.To), look.AccentInk, true,
		kit.Row(6, time, kit.NewIcon(look.Floor, look.AccentInk, 0.9))), look.AccentWash)
	p.PadX, p.PadY = 8, 6
	return p
}

// waiting is one whose hand is up.
func waiting(n int, h sitting.Hand, v *View) fyne.CanvasObject {
	return kit.Inset(8, 5, line(n, v.called(h.By), look.Ink, false,
		kit.Row(6, kit.NewText(v.words.Chamber.HandMark, look.Body, look.Muted), kit.NewIcon(look.Hand, look.Muted, 0.9))))
}

// line is a number, a name and something at the end.
func line(n int, name string, tone look.Tone, bold bool, end fyne.CanvasObject) fyne.CanvasObject {
	text := kit.NewText(name, look.Body, tone)
	text.Bold, text.Cut = bold, true
	number := kit.NewText(fmt.Sprint(n), look.Body, look.Muted)
	return kit.With(&kit.Trail{Gap: look.Gap},
		kit.With(&kit.Lead{Gap: look.Gap}, kit.Sized(16, 0, number), text), end)
}

// called is a member's name, with "you" for oneself.
func (v *View) called(id sitting.MemberID) string {
	if id == v.scene.Me {
		return v.name(id) + " (" + v.words.Common.You + ")"
	}
	return v.name(id)
}

// tick runs the clocks.
func (q *queue) tick(v *View) {
	if v.now.IsZero() {
		return
	}
	for _, c := range q.clocks {
		c.text.Set(words.Since(v.now.Sub(c.since)))
	}
}

// headed is a layout of a title and, under it, all the rest.
type headed struct{ gap float32 }

func (l *headed) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	if s, ok := o[1].(*container.Scroll); ok {
		b = s.Content.MinSize()
	}
	return fyne.NewSize(max(a.Width, b.Width), a.Height+l.gap+b.Height)
}

func (l *headed) Layout(o []fyne.CanvasObject, s fyne.Size) {
	h := o[0].MinSize().Height
	o[0].Move(fyne.Position{})
	o[0].Resize(fyne.NewSize(s.Width, h))
	o[1].Move(fyne.NewPos(0, h+l.gap))
	o[1].Resize(fyne.NewSize(s.Width, max(0, s.Height-h-l.gap)))
}
