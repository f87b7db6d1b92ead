package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"incamera/ui/look"
)

// A Rank is how much a button asks to be pressed.
type Rank uint8

// The ranks. A screen has one Filled button: the one that goes on.
const (
	Plain  Rank = iota // an edge
	Filled             // bench green: the one that goes on
	Quiet              // words only, until the pointer is on it
	Grave              // red: cannot be undone
	On                 // a toggle that is on
	Warned             // a toggle that is on, and red: what is sent
)

// A Button is pressed by pointer, by Enter, and by the key that a room gives
// it. It hands all other keys on to the window.
type Button struct {
	widget.BaseWidget
	text    string
	icon    look.Icon
	name    string // for screen readers, when the text alone does not say it
	rank    Rank
	pressed func()
	// Cut shortens the words with "…" where there is too little room for them,
	// as there may be for a name.
	Cut bool

	disabled, focused, hovered bool
}

// NewButton returns a button; icon may be "".
func NewButton(rank Rank, icon look.Icon, text string, pressed func()) *Button {
	b := &Button{rank: rank, icon: icon, text: text, pressed: pressed}
	b.ExtendBaseWidget(b)
	return b
}

// Say changes what the button says, and its name where words alone do not tell.
func (b *Button) Say(text, name string) {
	if b.text == text && b.name == name {
		return
	}
	b.text, b.name = text, name
	b.Refresh()
}

// Look changes rank and icon.
func (b *Button) Look(rank Rank, icon look.Icon) {
	if b.rank == rank && b.icon == icon {
		return
	}
	b.rank, b.icon = rank, icon
	b.Refresh()
}

// Rank is the rank on show.
func (b *Button) Rank() Rank { return b.rank }

// Allow greys the button, or lets it be pressed.
func (b *Button) Allow(yes bool) {
	if b.disabled == !yes {
		return
	}
	b.disabled = !yes
	b.Refresh()
}

// Disabled implements [fyne.Disableable].
func (b *Button) Disabled() bool { return b.disabled }

// Disable implements [fyne.Disableable].
func (b *Button) Disable() { b.Allow(false) }

// Enable implements [fyne.Disableable].
func (b *Button) Enable() { b.Allow(true) }

// Press does what the button does, unless it is greyed.
func (b *Button) Press() {
	if !b.disabled && b.pressed != nil {
		b.pressed()
	}
}

// Tapped implements [fyne.Tappable].
func (b *Button) Tapped(*fyne.PointEvent) { b.Press() }

// AccessibilityLabel implements [fyne.Accessible].
func (b *Button) AccessibilityLabel() string {
	if b.name != "" {
		return b.name
	}
	return b.text
}

// AccessibilityRole implements [fyne.Accessible].
func (b *Button) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// FocusGained implements [fyne.Focusable].
func (b *Button) FocusGained() { b.focused = true; b.Refresh() }

// FocusLost implements [fyne.Focusable].
func (b *Button) FocusLost() { b.focused = false; b.Refresh() }

// TypedRune implements [fyne.Focusable].
func (b *Button) TypedRune(r rune) { bubbleRune(b, r) }

// TypedKey implements [fyne.Focusable].
func (b *Button) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter {
		b.Press()
		return
	}
	bubble(b, e)
}

// KeyDown implements [desktop.Keyable].
func (b *Button) KeyDown(e *fyne.KeyEvent) { bubbleDown(b, e) }

// KeyUp implements [desktop.Keyable].
func (b *Button) KeyUp(e *fyne.KeyEvent) { bubbleUp(b, e) }

// MouseIn implements [desktop.Hoverable].
func (b *Button) MouseIn(*desktop.MouseEvent) { b.hovered = true; b.Refresh() }

// MouseMoved implements [desktop.Hoverable].
func (b *Button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (b *Button) MouseOut() { b.hovered = false; b.Refresh() }

// tones are the fill, the edge and the words of a button.
func (b *Button) tones() (fill, edge, ink look.Tone) {
	if b.disabled {
		switch b.rank {
		case Quiet:
			return look.None, look.None, look.Faint
		case Filled, Grave:
			return look.Raised, look.Line, look.Faint
		}
		return look.None, look.Line, look.Faint
	}
	switch b.rank {
	case Filled:
		return look.Accent, look.Accent, look.OnAccent
	case Grave, Warned:
		return look.Danger, look.Danger, look.OnDanger
	case On:
		return look.AccentWash, look.AccentInk, look.AccentInk
	case Quiet:
		if b.hovered {
			return look.Raised, look.Raised, look.Ink
		}
		return look.None, look.None, look.Ink
	}
	if b.hovered {
		return look.Raised, look.Edge, look.Ink
	}
	return look.Surface, look.Edge, look.Ink
}

// CreateRenderer implements [fyne.Widget].
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	ring, ground := canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	icon, text := canvas.NewImageFromResource(nil), canvas.NewText("", nil)
	icon.FillMode = canvas.ImageFillContain
	r := &renderer{objects: []fyne.CanvasObject{ring, ground, icon, text}}
	measure := func(s string) float32 { return fyne.MeasureText(s, text.TextSize, text.TextStyle).Width }
	size := func() (iconSize, gap, words float32) {
		if b.icon != "" {
			iconSize = theme.IconInlineSize()
		}
		if b.text != "" {
			words = measure(b.text)
		}
		if b.icon != "" && b.text != "" {
			gap = look.Gap
		}
		return
	}
	r.min = func() fyne.Size {
		i, g, w := size()
		if b.Cut {
			w = min(w, 6*text.TextSize)
		}
		if b.text == "" {
			return fyne.NewSquareSize(look.Target())
		}
		return fyne.NewSize(max(i+g+w+2*buttonPad, look.Target()), look.Target())
	}
	r.arrange = func(s fyne.Size) {
		surround(ring, s)
		ground.Resize(s)
		i, g, w := size()
		if room := s.Width - i - g - 2*buttonPad; b.Cut && room > 0 && w > room {
			text.Text, w = shorten(b.text, room, measure), room
		}
		x := (s.Width - i - g - w) / 2
		icon.Move(fyne.NewPos(x, (s.Height-i)/2))
		icon.Resize(fyne.NewSquareSize(i))
		h := text.MinSize().Height
		text.Move(fyne.NewPos(x+i+g, (s.Height-h)/2))
		text.Resize(fyne.NewSize(w, h))
	}
	r.paint = func() {
		fill, edge, ink := b.tones()
		ground.FillColor, ground.StrokeColor, ground.StrokeWidth, ground.CornerRadius = fill.Now(), edge.Now(), 1, look.Radius
		showRing(ring, b.focused)
		text.Text, text.Color, text.TextSize = b.text, ink.Now(), look.Body.Pixels()
		text.TextStyle = fyne.TextStyle{Bold: b.rank == Filled || b.rank == Grave || b.rank == Warned}
		icon.Hidden = b.icon == ""
		if b.icon != "" {
			icon.Resource = b.icon.In(ink.Now())
		}
		r.arrange(b.Size())
	}
	r.paint()
	return r
}

// buttonPad is at both ends of a button's words.
const buttonPad = 12

// Do changes what pressing does.
func (b *Button) Do(pressed func()) { b.pressed = pressed }
