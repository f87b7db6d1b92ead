package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"incamera/ui/look"
)

// A Banner says in place what is the matter and what to do: an icon, a title,
// a sentence and perhaps a button.
type Banner struct {
	widget.BaseWidget
	title, text *Text
	icon        *Icon
	next        *Button
	grave       bool
	content     fyne.CanvasObject
}

// NewBanner returns a hidden banner whose sentence breaks at a width; next
// does what its button offers.
func NewBanner(width float32, next func()) *Banner {
	b := &Banner{
		title: Bold("", look.Body, look.AmberInk), text: Wrapped("", look.Body, look.Ink, width),
		icon: NewIcon(look.Warning, look.AmberInk, 1), next: NewButton(Plain, "", "", next),
	}
	b.title.Wrap = width
	b.content = Row(look.Room, b.icon, Column(2, b.title, b.text), Spacer(), b.next)
	b.Hidden = true
	b.ExtendBaseWidget(b)
	return b
}

// Say shows the banner; grave is red, otherwise it is amber. An empty button
// text shows no button, an empty title hides all.
func (b *Banner) Say(title, text, button string, grave bool) {
	if title == "" {
		if b.Visible() {
			b.Hide()
		}
		return
	}
	if b.Visible() && b.title.Text == title && b.text.Text == text && b.next.text == button && b.grave == grave {
		return
	}
	b.title.Text, b.text.Text, b.grave = title, text, grave
	tone := look.Tone(look.AmberInk)
	if grave {
		tone = look.DangerInk
	}
	b.title.Tone, b.icon.Tone = tone, tone
	b.text.Hidden = text == ""
	b.next.Hidden = button == ""
	b.next.Say(button, "")
	b.Show()
	b.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (b *Banner) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	ground := canvas.NewRectangle(nil)
	r := &renderer{objects: []fyne.CanvasObject{ground, b.content}}
	pad := fyne.NewSize(2*look.Room, 2*10)
	r.min = func() fyne.Size { return b.content.MinSize().Add(pad) }
	r.arrange = func(s fyne.Size) {
		ground.Resize(s)
		b.content.Move(fyne.NewPos(look.Room, 10))
		b.content.Resize(s.Subtract(pad))
	}
	r.paint = func() {
		p := look.Colours()
		ground.CornerRadius, ground.StrokeWidth = look.Radius, 1
		ground.FillColor, ground.StrokeColor = p.AmberWash, p.AmberInk
		if b.grave {
			ground.FillColor, ground.StrokeColor = p.DangerWsh, p.DangerInk
		}
	}
	r.paint()
	return r
}
