package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/layout"
)

// row is the layout of [Row]. What room there is to spare goes first to the
// texts that would be cut, from the left, and then to the spacers.
type row struct{ gap float32 }

func (r *row) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	n := 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		n++
		if spacer(o) {
			continue
		}
		m := o.MinSize()
		s.Width += m.Width
		s.Height = max(s.Height, m.Height)
	}
	s.Width += r.gap * float32(max(0, n-1))
	return s
}

func (r *row) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	spacers := 0
	for _, o := range objects {
		if o.Visible() && spacer(o) {
			spacers++
		}
	}
	spare := max(0, size.Width-r.MinSize(objects).Width)
	grown := make(map[fyne.CanvasObject]float32)
	for _, o := range objects {
		if t, ok := o.(*Text); ok && t.Cut && t.Visible() {
			grown[o] = min(spare, max(0, t.width(t.Text)-t.MinSize().Width))
			spare -= grown[o]
		}
	}
	x := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if spacer(o) {
			m = fyne.NewSize(spare/float32(spacers), 0)
		}
		m.Width += grown[o]
		o.Resize(m)
		o.Move(fyne.NewPos(x, (size.Height-m.Height)/2))
		x += m.Width + r.gap
	}
}

func spacer(o fyne.CanvasObject) bool {
	_, ok := o.(layout.SpacerObject)
	return ok
}
