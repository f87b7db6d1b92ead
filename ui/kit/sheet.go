package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"incamera/ui/look"
)

// A Leaf is what lies on a sheet.
type Leaf struct {
	Title   string
	Content fyne.CanvasObject
	Buttons []*Button // the last is the one that goes on, or closes
}

// Sheets lays one sheet at a time over a room: a title, content that scrolls
// when it is high, and buttons at the foot. The keyboard stays within it, and
// Escape closes it.
type Sheets struct {
	canvas fyne.Canvas
	popup  *widget.PopUp
	scroll *container.Scroll
	build  func() Leaf
	closed func()
	main   *Button
}

// NewSheets returns the place for the sheets of a canvas.
func NewSheets(c fyne.Canvas) *Sheets { return &Sheets{canvas: c} }

// Open lays down a sheet and takes away the one before. build is called again
// whenever the language, the size or what is shown changes; closed, if not
// nil, once the sheet is gone.
func (s *Sheets) Open(build func() Leaf, closed func()) {
	s.Close()
	s.build, s.closed = build, closed
	s.lay()
}

// Renew builds the sheet again, where it was scrolled to.
func (s *Sheets) Renew() {
	if s.popup == nil {
		return
	}
	at := s.scroll.Offset
	s.popup.Hide()
	s.lay()
	s.scroll.Offset = at
	s.scroll.Refresh()
}

// Close takes the sheet away, and reports whether there was one.
func (s *Sheets) Close() bool {
	if s.popup == nil {
		return false
	}
	s.popup.Hide()
	s.popup, s.build, s.main = nil, nil, nil
	if closed := s.closed; closed != nil {
		s.closed = nil
		closed()
	}
	return true
}

// Main is the button that goes on; nil without a sheet.
func (s *Sheets) Main() *Button { return s.main }

func (s *Sheets) lay() {
	leaf := s.build()
	head := Bold(leaf.Title, look.Title, look.Ink)
	head.Wrap = 620
	foot := Row(look.Gap, Spacer())
	for _, b := range leaf.Buttons {
		foot.Add(b)
		s.main = b
	}
	s.scroll = container.NewVScroll(Inset(6, 6, leaf.Content))
	body := fyne.NewContainerWithLayout(&sheet{canvas: s.canvas}, head, s.scroll, foot)
	s.popup = widget.NewModalPopUp(Inset(28, 24, body), s.canvas)
	s.popup.Show()
	if s.main != nil {
		s.canvas.Focus(s.main)
	}
}

// sheet is the layout of a sheet: as high as its content, at most as the canvas.
type sheet struct{ canvas fyne.Canvas }

func (l *sheet) MinSize(o []fyne.CanvasObject) fyne.Size {
	head, foot := o[0].MinSize(), o[2].MinSize()
	content := o[1].(*container.Scroll).Content.MinSize()
	room := l.canvas.Size().Subtract(fyne.NewSize(140, 140+head.Height+foot.Height))
	w := max(head.Width, foot.Width, content.Width+8)
	return fyne.NewSize(w, head.Height+foot.Height+2*look.Room+max(80, min(content.Height, room.Height)))
}

func (l *sheet) Layout(o []fyne.CanvasObject, s fyne.Size) {
	head, foot := o[0].MinSize(), o[2].MinSize()
	o[0].Resize(fyne.NewSize(s.Width, head.Height))
	o[0].Move(fyne.Position{})
	o[1].Move(fyne.NewPos(0, head.Height+look.Room))
	o[1].Resize(fyne.NewSize(s.Width, s.Height-head.Height-foot.Height-2*look.Room))
	o[2].Move(fyne.NewPos(0, s.Height-foot.Height))
	o[2].Resize(fyne.NewSize(s.Width, foot.Height))
}
