package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"incamera/ui/look"
)

// A Banner says in place what is the matter and what to do: an icon, a title,
// a sentence and perhaps a button. It is as high as its words need at the
// width that it was told; the button stands beside them, or under them where
// there is too little room.
type Banner struct {
	widget.BaseWidget
	title, text *Text
	icon        *Icon
	next        *Button
	grave       bool
	width       float32 // of the whole banner, in pixels
}

// NewBanner returns a hidden banner so wide, in pixels at breadth 1; next does
// what its button offers.
func NewBanner(width float32, next func()) *Banner {
	b := &Banner{
		title: Bold("", look.Body, look.AmberInk), text: NewText("", look.Body, look.Ink),
		icon: NewIcon(look.Warning, look.AmberInk, 1), next: NewButton(Plain, "", "", next),
	}
	b.Hidden = true
	b.next.Hidden = true
	b.ExtendBaseWidget(b)
	b.Fit(width * look.Breadth())
	return b
}

// Fit breaks the lines for a width in pixels.
func (b *Banner) Fit(width float32) {
	if b.width == width {
		return
	}
	b.width = width
	b.wrap()
}

// wrap breaks the lines again, as after the size of the text has changed.
func (b *Banner) wrap() {
	w := b.words() / look.Breadth()
	b.title.Wrap, b.text.Wrap = w, w
	b.Refresh()
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
	b.Hidden = false
	b.wrap()
}

const (
	bannerX = look.Room // around what is on a banner
	bannerY = 11
)

// words is how wide the words may be.
func (b *Banner) words() float32 {
	w := b.room()
	if b.beside() {
		w -= b.next.MinSize().Width + look.Room
	}
	return max(w, 120)
}

// room is what there is beside the icon.
func (b *Banner) room() float32 { return b.width - 2*bannerX - theme.IconInlineSize() - look.Room }

// beside reports whether the button has room beside the words.
func (b *Banner) beside() bool {
	next := b.next.MinSize().Width
	return b.next.Visible() && next < (b.width-2*bannerX)*0.4 && b.room()-next-look.Room >= 14*look.Body.Pixels()
}

func (b *Banner) min() fyne.Size {
	h := b.title.MinSize().Height
	if b.text.Visible() {
		h += 2 + b.text.MinSize().Height
	}
	if b.next.Visible() {
		if n := b.next.MinSize().Height; b.beside() {
			h = max(h, n)
		} else {
			h += look.Gap + n
		}
	}
	return fyne.NewSize(b.width, h+2*bannerY)
}

func (b *Banner) arrange(s fyne.Size) {
	icon, next := b.icon.MinSize(), b.next.MinSize()
	b.icon.Resize(icon)
	b.icon.Move(fyne.NewPos(bannerX, bannerY))
	x, y, w := bannerX+icon.Width+look.Room, float32(bannerY), b.words()
	for _, t := range []*Text{b.title, b.text} {
		if t.Visible() {
			h := t.MinSize().Height
			t.Resize(fyne.NewSize(w, h))
			t.Move(fyne.NewPos(x, y))
			y += h + 2
		}
	}
	b.next.Resize(next)
	if b.beside() {
		b.next.Move(fyne.NewPos(s.Width-bannerX-next.Width, (s.Height-next.Height)/2))
	} else {
		b.next.Move(fyne.NewPos(x, y-2+look.Gap))
	}
}

// CreateRenderer implements [fyne.Widget].
func (b *Banner) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	ground := canvas.NewRectangle(nil)
	r := &renderer{objects: []fyne.CanvasObject{ground, b.icon, b.title, b.text, b.next}}
	r.min = b.min
	r.arrange = func(s fyne.Size) {
		ground.Resize(s)
		b.arrange(s)
	}
	r.paint = func() {
		p := look.Colours()
		ground.CornerRadius, ground.StrokeWidth = look.Radius, 1
		ground.FillColor, ground.StrokeColor = p.AmberWash, p.AmberInk
		if b.grave {
			ground.FillColor, ground.StrokeColor = p.DangerWsh, p.DangerInk
		}
		r.arrange(b.Size())
	}
	r.paint()
	return r
}
