package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"incamera/ui/look"
)

// Centred puts an object in the middle of the room, and lets it be scrolled
// when the room is lower than the object.
func Centred(o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewVScroll(container.NewCenter(Inset(24, 24, o)))
}

// Capped lets an object be scrolled when it is higher than so many things to press.
func Capped(targets float32, o fyne.CanvasObject) fyne.CanvasObject {
	return With(&capped{targets}, container.NewVScroll(Inset(RingRoom, RingRoom, o)))
}

// RingRoom is what a focus ring needs around what it surrounds, in pixels.
const RingRoom = look.Ring + 2

type capped struct{ targets float32 }

func (c *capped) MinSize(objects []fyne.CanvasObject) fyne.Size {
	m := objects[0].(*container.Scroll).Content.MinSize().Subtract(fyne.NewSquareSize(2 * RingRoom))
	return fyne.NewSize(m.Width, min(m.Height, c.targets*(look.Target()+look.Gap)))
}

func (c *capped) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.NewPos(-RingRoom, -RingRoom))
	objects[0].Resize(size.Add(fyne.NewSquareSize(2 * RingRoom)))
}

// Lead is a layout of two: the first as wide as it needs, the second in all
// that is left.
type Lead struct{ Gap float32 }

// MinSize implements [fyne.Layout].
func (l *Lead) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(a.Width+l.Gap+b.Width, max(a.Height, b.Height))
}

// Layout implements [fyne.Layout].
func (l *Lead) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	objects[0].Resize(a)
	objects[0].Move(fyne.NewPos(0, (s.Height-a.Height)/2))
	objects[1].Resize(fyne.NewSize(s.Width-a.Width-l.Gap, b.Height))
	objects[1].Move(fyne.NewPos(a.Width+l.Gap, (s.Height-b.Height)/2))
}

// Trail is a layout of two: the second as wide as it needs at the far end, the
// first in all that is left.
type Trail struct{ Gap float32 }

// MinSize implements [fyne.Layout].
func (t *Trail) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	if !objects[1].Visible() {
		return a
	}
	return fyne.NewSize(a.Width+t.Gap+b.Width, max(a.Height, b.Height))
}

// Layout implements [fyne.Layout].
func (t *Trail) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	rest := s.Width
	if objects[1].Visible() {
		rest -= b.Width + t.Gap
		objects[1].Resize(b)
		objects[1].Move(fyne.NewPos(s.Width-b.Width, (s.Height-b.Height)/2))
	}
	objects[0].Resize(fyne.NewSize(rest, a.Height))
	objects[0].Move(fyne.NewPos(0, (s.Height-a.Height)/2))
}

// Sized gives an object at least so many pixels, at breadth 1.
func Sized(w, h float32, o fyne.CanvasObject) fyne.CanvasObject {
	return With(&sized{w: w, h: h}, o)
}

type sized struct{ w, h float32 }

func (s *sized) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().Max(fyne.NewSize(s.w*look.Breadth(), s.h*look.Breadth()))
}

func (s *sized) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.Position{})
	objects[0].Resize(size)
}

// Halves is a layout of two columns of one width, each as high as it needs.
type Halves struct{ Gap float32 }

// MinSize implements [fyne.Layout].
func (h *Halves) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(2*max(a.Width, b.Width)+h.Gap, max(a.Height, b.Height))
}

// Layout implements [fyne.Layout].
func (h *Halves) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	w := (s.Width - h.Gap) / 2
	for i, o := range objects {
		o.Move(fyne.NewPos(float32(i)*(w+h.Gap), 0))
		o.Resize(fyne.NewSize(w, o.MinSize().Height))
	}
}

// Stack is a layout of things on top of each other, all as large as the room.
type Stack struct{}

// MinSize implements [fyne.Layout].
func (Stack) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		if o.Visible() {
			s = s.Max(o.MinSize())
		}
	}
	return s
}

// Layout implements [fyne.Layout].
func (Stack) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.Position{})
		o.Resize(s)
	}
}

// Middle is a layout of one, in the middle, as large as it needs.
type Middle struct{}

// MinSize implements [fyne.Layout].
func (Middle) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

// Layout implements [fyne.Layout].
func (Middle) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	m := objects[0].MinSize()
	objects[0].Resize(m)
	objects[0].Move(fyne.NewPos((s.Width-m.Width)/2, (s.Height-m.Height)/2))
}

// With sets objects out by a layout.
func With(l fyne.Layout, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(l, objects...)
}
