package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"incamera/ui/look"
)

// An Item is one of several large things to choose from: a card, a sitting.
// Enter goes to the window, whose filled button then takes what is chosen;
// getting the keyboard chooses.
type Item struct {
	widget.BaseWidget
	content fyne.CanvasObject
	name    string
	chosen  bool
	choose  func()

	focused, hovered, disabled bool
}

// NewItem returns an item around content.
func NewItem(content fyne.CanvasObject, name string, choose func()) *Item {
	i := &Item{content: content, name: name, choose: choose}
	i.ExtendBaseWidget(i)
	return i
}

// Choose shows whether the item is the chosen one.
func (i *Item) Choose(yes bool) {
	if i.chosen != yes {
		i.chosen = yes
		i.Refresh()
	}
}

// Allow greys the item, or lets it be chosen.
func (i *Item) Allow(yes bool) {
	i.disabled = !yes
	i.Refresh()
}

// Disabled implements [fyne.Disableable].
func (i *Item) Disabled() bool { return i.disabled }

// Disable implements [fyne.Disableable].
func (i *Item) Disable() { i.Allow(false) }

// Enable implements [fyne.Disableable].
func (i *Item) Enable() { i.Allow(true) }

// AccessibilityLabel implements [fyne.Accessible].
func (i *Item) AccessibilityLabel() string { return i.name }

// AccessibilityRole implements [fyne.Accessible].
func (i *Item) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped implements [fyne.Tappable].
func (i *Item) Tapped(*fyne.PointEvent) {
	if !i.disabled {
		i.choose()
	}
}

// FocusGained implements [fyne.Focusable].
func (i *Item) FocusGained() {
	i.focused = true
	i.Refresh()
}

// FocusLost implements [fyne.Focusable].
func (i *Item) FocusLost() { i.focused = false; i.Refresh() }

// TypedRune implements [fyne.Focusable].
func (i *Item) TypedRune(r rune) { bubbleRune(i, r) }

// TypedKey implements [fyne.Focusable]. Space chooses; Enter chooses and goes on.
func (i *Item) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace:
		i.Tapped(nil)
	case fyne.KeyReturn, fyne.KeyEnter:
		i.Tapped(nil)
		bubble(i, e)
	default:
		bubble(i, e)
	}
}

// MouseIn implements [desktop.Hoverable].
func (i *Item) MouseIn(*desktop.MouseEvent) { i.hovered = true; i.Refresh() }

// MouseMoved implements [desktop.Hoverable].
func (i *Item) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (i *Item) MouseOut() { i.hovered = false; i.Refresh() }

// CreateRenderer implements [fyne.Widget].
func (i *Item) CreateRenderer() fyne.WidgetRenderer {
	i.ExtendBaseWidget(i)
	ring, ground, bar := canvas.NewRectangle(nil), canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	r := &renderer{objects: []fyne.CanvasObject{ring, ground, bar, i.content}}
	pad := fyne.NewSize(2*look.Room, 2*12)
	r.min = func() fyne.Size {
		m := i.content.MinSize().Add(pad)
		return m.Max(fyne.NewSize(0, look.Target()))
	}
	r.arrange = func(s fyne.Size) {
		surround(ring, s)
		ground.Resize(s)
		bar.Move(fyne.NewPos(0, 8))
		bar.Resize(fyne.NewSize(4, s.Height-16))
		i.content.Move(fyne.NewPos(look.Room, 12))
		i.content.Resize(s.Subtract(pad))
	}
	r.paint = func() {
		p := look.Colours()
		showRing(ring, i.focused)
		ground.CornerRadius, ground.StrokeWidth = look.Radius+2, 1
		ground.FillColor, ground.StrokeColor = p.Surface, p.Line
		switch {
		case i.chosen:
			ground.FillColor, ground.StrokeColor = p.AccentWash, p.AccentInk
		case i.hovered && !i.disabled:
			ground.FillColor, ground.StrokeColor = p.Raised, p.Edge
		}
		bar.FillColor, bar.CornerRadius, bar.Hidden = p.AccentInk, 2, !i.chosen
	}
	r.paint()
	return r
}
