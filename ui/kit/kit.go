// Package kit holds widgets with no opinion: text, button, tile, level, PIN.
// They own how they are drawn and how the keyboard moves over them. They know
// nothing of a sitting and no words; they may touch Fyne, ui/look and the
// words of media that a tile and a level need.
package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"

	"incamera/ui/look"
)

// Named is what a screen reader and the tests ask of everything that can be
// pressed or typed into.
type Named interface {
	fyne.Accessible
	fyne.CanvasObject
}

// renderer draws a widget by two functions: arrange places the objects in a
// size, paint sets their colours and words from the widget's fields.
type renderer struct {
	objects []fyne.CanvasObject
	min     func() fyne.Size
	arrange func(fyne.Size)
	paint   func()
}

func (r *renderer) MinSize() fyne.Size           { return r.min() }
func (r *renderer) Layout(s fyne.Size)           { r.arrange(s) }
func (r *renderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *renderer) Destroy()                     {}
func (r *renderer) Refresh() {
	r.paint()
	for _, o := range r.objects {
		o.Refresh()
	}
}

// Column stacks objects with a gap between them.
func Column(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return With(layout.NewCustomPaddedVBoxLayout(gap), objects...)
}

// Row sets objects side by side with a gap between them, each as wide as it
// needs and centred from top to bottom. A text that may be cut is cut when
// there is too little room for all.
func Row(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return With(&row{gap: gap}, objects...)
}

// Spacer takes the room that is left in a [Row] or [Column].
func Spacer() fyne.CanvasObject { return layout.NewSpacer() }

// Inset puts room around an object.
func Inset(x, y float32, o fyne.CanvasObject) *fyne.Container {
	return With(layout.NewCustomPaddedLayout(y, y, x, x), o)
}

// bubble hands a key that a widget has no use for to the window, as if
// nothing had the keyboard.
func bubble(o fyne.CanvasObject, e *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(e)
	}
}

func bubbleRune(o fyne.CanvasObject, r rune) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedRune() != nil {
		c.OnTypedRune()(r)
	}
}

func bubbleDown(o fyne.CanvasObject, e *fyne.KeyEvent) {
	if c, ok := canvasOf(o); ok && c.OnKeyDown() != nil {
		c.OnKeyDown()(e)
	}
}

func bubbleUp(o fyne.CanvasObject, e *fyne.KeyEvent) {
	if c, ok := canvasOf(o); ok && c.OnKeyUp() != nil {
		c.OnKeyUp()(e)
	}
}

func canvasOf(o fyne.CanvasObject) (desktop.Canvas, bool) {
	c, ok := fyne.CurrentApp().Driver().CanvasForObject(o).(desktop.Canvas)
	return c, ok
}

// surround puts the focus ring outside of a widget of that size, where it
// covers nothing: whoever lays widgets out leaves a gap for it.
func surround(ring *canvas.Rectangle, s fyne.Size) {
	ring.Move(fyne.NewPos(-RingRoom, -RingRoom))
	ring.Resize(s.Add(fyne.NewSquareSize(2 * RingRoom)))
}

// showRing shows the focus ring around what has the keyboard.
func showRing(ring *canvas.Rectangle, focused bool) {
	ring.FillColor, ring.StrokeColor = look.Tone(look.None).Now(), look.Tone(look.FocusRing).Now()
	ring.CornerRadius, ring.StrokeWidth = look.Radius+4, look.Ring
	ring.Hidden = !focused
}
