package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
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
	canvas  fyne.Canvas
	curtain *curtain // nil for none
	scroll  *container.Scroll
	build   func() Leaf
	closed  func()
	main    *Button
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
	if s.curtain == nil {
		return
	}
	at := s.scroll.Offset
	s.canvas.Overlays().Remove(s.curtain)
	s.lay()
	s.scroll.Offset = at
	s.scroll.Refresh()
}

// Close takes the sheet away, and reports whether there was one.
func (s *Sheets) Close() bool {
	if s.curtain == nil {
		return false
	}
	s.canvas.Overlays().Remove(s.curtain)
	s.curtain, s.build, s.main = nil, nil, nil
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
	s.scroll = container.NewVScroll(Inset(scrollPad, scrollPad, leaf.Content))
	body := With(&sheet{canvas: s.canvas}, head, s.scroll, foot)
	panel := NewPanel(body, sheetPad)
	panel.Radius = 12
	s.curtain = newCurtain(panel)
	s.canvas.Overlays().Add(s.curtain)
	if s.main != nil {
		s.canvas.Focus(s.main)
	}
}

// sheet is the layout of a sheet: as high as its content, at most as the canvas.
type sheet struct{ canvas fyne.Canvas }

func (l *sheet) MinSize(o []fyne.CanvasObject) fyne.Size {
	head, foot := o[0].MinSize(), o[2].MinSize()
	content := o[1].(*container.Scroll).Content.MinSize()
	room := l.canvas.Size().Height - 2*look.Margin - 2*sheetPad - head.Height - foot.Height - 2*look.Room
	return fyne.NewSize(max(head.Width, foot.Width, content.Width), head.Height+foot.Height+2*look.Room+max(48, min(content.Height, room)))
}

func (l *sheet) Layout(o []fyne.CanvasObject, s fyne.Size) {
	head, foot := o[0].MinSize(), o[2].MinSize()
	o[0].Resize(fyne.NewSize(s.Width, head.Height))
	o[0].Move(fyne.Position{})
	// the scroll is wider than the words, so that focus rings are not cut
	o[1].Move(fyne.NewPos(-scrollPad, head.Height+look.Room-scrollPad))
	o[1].Resize(fyne.NewSize(s.Width+2*scrollPad, s.Height-head.Height-foot.Height-2*look.Room+2*scrollPad))
	o[2].Move(fyne.NewPos(0, s.Height-foot.Height))
	o[2].Resize(fyne.NewSize(s.Width, foot.Height))
}

const (
	sheetPad  = 30 // around what is on a sheet
	scrollPad = 6  // around what scrolls
)

// A curtain dims the room, takes every press that is not for the sheet, and
// holds the sheet in the middle.
type curtain struct {
	widget.BaseWidget
	sheet *Panel
}

func newCurtain(p *Panel) *curtain {
	c := &curtain{sheet: p}
	c.ExtendBaseWidget(c)
	return c
}

// Tapped implements [fyne.Tappable]: a press beside the sheet does nothing.
func (c *curtain) Tapped(*fyne.PointEvent) {}

// MouseIn implements [desktop.Hoverable].
func (c *curtain) MouseIn(*desktop.MouseEvent) {}

// MouseMoved implements [desktop.Hoverable].
func (c *curtain) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (c *curtain) MouseOut() {}

// CreateRenderer implements [fyne.Widget].
func (c *curtain) CreateRenderer() fyne.WidgetRenderer {
	dim := canvas.NewRectangle(nil)
	r := &renderer{objects: []fyne.CanvasObject{dim, c.sheet}}
	r.min = func() fyne.Size { return fyne.Size{} } // never wider than the window
	r.arrange = func(s fyne.Size) {
		dim.Resize(s)
		m := c.sheet.MinSize().Min(s)
		c.sheet.Resize(m)
		c.sheet.Move(fyne.NewPos((s.Width-m.Width)/2, (s.Height-m.Height)/2))
	}
	r.paint = func() {
		dim.FillColor = look.Colours().Curtain
		r.arrange(c.Size())
	}
	r.paint()
	return r
}
