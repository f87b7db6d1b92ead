package kit

import (
	"fyne.io/fyne/v2"

	"incamera/ui/look"
)

// A Desk copies details for the service desk to where they can be pasted. A
// nil one is a House that leaves none.
type Desk func(details string)

// Details are what the service desk wants to know, behind a fold, and a button
// that copies them. They hold no secrets: whoever sets them sees to that.
type Details struct {
	Content *fyne.Container

	none                   bool // they are never shown
	open, copied           bool
	foldWord, take, copies string // words: of the fold, of the button, and once copied
	text                   *Text
	fold, button           *Button
	changed                func()
}

// NewDetails returns details that say nothing yet, in lines so wide, in pixels
// at breadth 1; changed is called when their size is another.
func NewDetails(desk Desk, width float32, changed func()) *Details {
	d := &Details{text: Wrapped("", look.Caption, look.Muted, width), none: desk == nil, changed: changed}
	d.text.Mono = true
	d.fold = NewButton(Quiet, look.Forward, "", func() { d.open = !d.open; d.show() })
	d.button = NewButton(Plain, look.Copy, "", func() {
		desk(d.text.Text)
		d.copied = true
		d.show()
	})
	d.Content = Column(look.Gap, Row(0, d.fold), d.text, Row(0, d.button))
	d.Content.Hide()
	return d
}

// Say changes the words of the fold, of the button that copies, and what that
// says once it has.
func (d *Details) Say(fold, take, copied string) {
	d.foldWord, d.take, d.copies = fold, take, copied
	d.show()
}

// Set changes the details, and closes the fold; "" hides all.
func (d *Details) Set(text string) {
	if d.text.Text == text {
		return
	}
	d.open, d.copied = false, false
	d.text.Set(text)
	d.show()
}

func (d *Details) show() {
	d.Content.Hidden = d.none || d.text.Text == ""
	d.text.Hidden, d.button.Hidden = !d.open, !d.open
	icon := look.Forward
	if d.open {
		icon = look.Down
	}
	d.fold.Look(Quiet, icon)
	d.fold.Say(d.foldWord, "")
	d.button.Say(d.take, "")
	if d.copied {
		d.button.Say(d.copies, "")
	}
	d.Content.Refresh()
	d.changed()
}
