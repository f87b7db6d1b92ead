package chamber

import (
	"fyne.io/fyne/v2"

	"incamera/ui/kit"
	"incamera/ui/look"
)

// floor lays the room out: the centre, the side on the right, the bar below,
// and along the top the rim that is amber in camera.
type floor struct{}

// rim is how high the amber rim is.
const rim = 4

func sideWidth() float32 { return 340 * (1 + (look.Scale()-1)*0.62) }

func (floor) MinSize(o []fyne.CanvasObject) fyne.Size {
	c, b := o[0].MinSize(), o[2].MinSize()
	side := max(sideWidth(), o[1].MinSize().Width)
	return fyne.NewSize(max(c.Width+side, b.Width), max(c.Height, o[1].MinSize().Height)+b.Height)
}

func (floor) Layout(o []fyne.CanvasObject, s fyne.Size) {
	h := o[2].MinSize().Height
	w := max(sideWidth(), o[1].MinSize().Width)
	o[3].Move(fyne.NewPos(0, -1))
	o[3].Resize(fyne.NewSize(s.Width, rim))
	o[0].Move(fyne.Position{})
	o[0].Resize(fyne.NewSize(s.Width-w, s.Height-h))
	o[1].Move(fyne.NewPos(s.Width-w, -1)) // bars share their lines
	o[1].Resize(fyne.NewSize(w, s.Height-h+1))
	o[2].Move(fyne.NewPos(0, s.Height-h))
	o[2].Resize(fyne.NewSize(s.Width, h))
}

// centre puts the banner, while there is one, above the stage.
type centre struct{}

func (centre) MinSize(o []fyne.CanvasObject) fyne.Size {
	s := o[1].MinSize()
	if o[0].Visible() {
		s.Height += o[0].MinSize().Height + look.Room
	}
	return s.Add(fyne.NewSize(2*look.Room, 2*look.Room))
}

func (centre) Layout(o []fyne.CanvasObject, s fyne.Size) {
	y, w := look.Room, s.Width-2*look.Room
	if b, ok := o[0].(*kit.Banner); ok && b.Visible() && w > 0 {
		b.Fit(w)
		h := o[0].MinSize().Height
		o[0].Move(fyne.NewPos(look.Room, y))
		o[0].Resize(fyne.NewSize(w, h))
		y += h + look.Room
	}
	o[1].Move(fyne.NewPos(look.Room, y))
	o[1].Resize(fyne.NewSize(w, s.Height-y-look.Room))
}

// boards lays out the stage: large picture, row of tiles, pages.
type boards struct{}

func (boards) MinSize(o []fyne.CanvasObject) fyne.Size {
	l, r, p := o[0].MinSize(), o[1].MinSize(), o[2].MinSize()
	return fyne.NewSize(max(l.Width, r.Width, p.Width), l.Height+r.Height+p.Height+2*look.Gap)
}

func (boards) Layout(o []fyne.CanvasObject, s fyne.Size) {
	row, pages := tileSize(s.Width), o[2].MinSize().Height
	y := s.Height - pages
	o[2].Move(fyne.NewPos(0, y))
	o[2].Resize(fyne.NewSize(s.Width, pages))
	if pages > 0 {
		y -= look.Hair
	}
	if !o[1].Visible() {
		o[0].Move(fyne.Position{})
		o[0].Resize(s)
		return
	}
	y -= row.Height
	o[1].Move(fyne.NewPos(0, y))
	o[1].Resize(fyne.NewSize(s.Width, row.Height))
	o[0].Move(fyne.Position{})
	o[0].Resize(fyne.NewSize(s.Width, max(0, y-look.Room)))
}

// tileGap is between tiles.
const tileGap = look.Gap + 2

// tileMin is how wide a tile is at least.
func tileMin() float32 { return 138 * (1 + (look.Scale()-1)*0.5) }

// fits is how many tiles fit in a width.
func fits(width float32) int { return max(1, int((width+tileGap)/(tileMin()+tileGap))) }

// tileSize is the size of each tile in a row so wide: a picture of 16 to 9 and
// a plate under it.
func tileSize(width float32) fyne.Size {
	n := float32(fits(width))
	w := (width - (n-1)*tileGap) / n
	return fyne.NewSize(w, w*9/16+plateHeight())
}

// plateHeight is the height of a tile's two lines of words.
func plateHeight() float32 {
	return fyne.MeasureText("Ég", look.Body.Pixels(), fyne.TextStyle{Bold: true}).Height +
		fyne.MeasureText("Ég", look.Caption.Pixels(), fyne.TextStyle{}).Height + 10
}

// strip is the layout of the row of tiles; it tells the stage how many fit.
type strip struct{ stage *stage }

func (t *strip) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(2*tileMin(), tileMin()*9/16+plateHeight())
}

func (t *strip) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	if t.stage.row == nil || s.Width == 0 {
		return
	}
	t.stage.resized(fits(s.Width))
	size := tileSize(s.Width)
	for i, c := range t.stage.row.Objects {
		c.Move(fyne.NewPos(float32(i)*(size.Width+tileGap), 0))
		c.Resize(size)
	}
}

// sidebar lays out the side: what the chair needs, the order of speakers in
// at most two fifths, the members in the rest, and the one chosen.
type sidebar struct{}

func (sidebar) MinSize(o []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for i, c := range o {
		if !c.Visible() {
			continue
		}
		m := c.MinSize()
		s.Width = max(s.Width, m.Width)
		if i == 1 || i == 2 {
			m.Height = 120
		}
		s.Height += m.Height + look.Room
	}
	return s
}

func (sidebar) Layout(o []fyne.CanvasObject, s fyne.Size) {
	y, end := float32(0), s.Height
	if c := o[3]; c.Visible() {
		h := c.MinSize().Height
		end -= h
		c.Move(fyne.NewPos(0, end))
		c.Resize(fyne.NewSize(s.Width, h))
		end -= look.Gap
	}
	if c := o[0]; c.Visible() && c.MinSize().Height > 0 {
		h := c.MinSize().Height
		c.Move(fyne.Position{})
		c.Resize(fyne.NewSize(s.Width, h))
		y += h + look.Room
	}
	h := min(o[1].MinSize().Height, (end-y)*0.45)
	o[1].Move(fyne.NewPos(0, y))
	o[1].Resize(fyne.NewSize(s.Width, h))
	y += h + look.Room
	o[2].Move(fyne.NewPos(0, y))
	o[2].Resize(fyne.NewSize(s.Width, max(0, end-y)))
}
