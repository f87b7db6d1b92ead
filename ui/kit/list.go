package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"incamera/ui/look"
)

// A List is a long list of lines, of which only those in view are made. Up
// and down move in it, Enter chooses; all other keys go to the window.
type List struct {
	widget.List
	name string
}

// NewList returns a list: so many lines, made by create, filled by fill, and
// chosen by a person; fill marks the line that is.
func NewList(length func() int, create func() fyne.CanvasObject, fill func(int, fyne.CanvasObject), choose func(int)) *List {
	l := &List{}
	l.Length, l.CreateItem, l.HideSeparators = length, create, true
	l.UpdateItem = fill
	l.OnSelected = func(i int) {
		l.UnselectAll() // the filler marks what is chosen
		choose(i)
		l.Refresh()
	}
	l.ExtendBaseWidget(l)
	return l
}

// Say names the list.
func (l *List) Say(name string) { l.name = name }

// AccessibilityLabel implements [fyne.Accessible].
func (l *List) AccessibilityLabel() string { return l.name }

// AccessibilityRole implements [fyne.Accessible].
func (l *List) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

// TypedRune implements [fyne.Focusable].
func (l *List) TypedRune(r rune) { bubbleRune(l, r) }

// TypedKey implements [fyne.Focusable].
func (l *List) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyUp, fyne.KeyDown:
		l.List.TypedKey(e)
	case fyne.KeyReturn, fyne.KeyEnter:
		l.List.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	default:
		bubble(l, e)
	}
}

// KeyDown implements [desktop.Keyable].
func (l *List) KeyDown(e *fyne.KeyEvent) { bubbleDown(l, e) }

// KeyUp implements [desktop.Keyable].
func (l *List) KeyUp(e *fyne.KeyEvent) { bubbleUp(l, e) }

// A Cell is one line of a [List], with what its filler needs to know of it.
type Cell struct {
	widget.BaseWidget
	Content fyne.CanvasObject
	Data    any
	marked  bool
}

// NewCell returns a line.
func NewCell(content fyne.CanvasObject, data any) *Cell {
	c := &Cell{Content: content, Data: data}
	c.ExtendBaseWidget(c)
	return c
}

// Mark shows that the line is the chosen one. Fyne marks by place, and what
// is in a place changes.
func (c *Cell) Mark(yes bool) {
	if c.marked != yes {
		c.marked = yes
		c.Refresh()
	}
}

// CreateRenderer implements [fyne.Widget].
func (c *Cell) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	ground := canvas.NewRectangle(nil)
	r := &renderer{objects: []fyne.CanvasObject{ground, c.Content}}
	r.min = c.Content.MinSize
	r.arrange = func(s fyne.Size) {
		ground.Resize(s)
		c.Content.Resize(s)
	}
	r.paint = func() {
		ground.FillColor, ground.CornerRadius, ground.Hidden = look.Tone(look.AccentWash).Now(), look.Radius, !c.marked
	}
	r.paint()
	return r
}
