package chamber

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"incamera/ui/kit"
	"incamera/ui/look"
)

// floor lays the room out: the centre, the side on the right, the bar below,
// and along the top the rim that is amber in camera.
type floor struct{ bar *bar }

// rim is how high the amber rim is.
const rim = 4

func sideWidth() float32 { return 340 * look.Grown(0.42) }

func (f *floor) MinSize(o []fyne.CanvasObject) fyne.Size {
	c, b := o[0].MinSize(), o[2].MinSize()
	side := max(sideWidth(), o[1].MinSize().Width)
	return fyne.NewSize(max(c.Width+side, f.bar.two.MinSize().Width+2*look.Room), max(c.Height, o[1].MinSize().Height)+b.Height)
}

func (f *floor) Layout(o []fyne.CanvasObject, s fyne.Size) {
	f.bar.fit(s.Width - 2*look.Room)
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

// boards lays out the stage: the large picture, under it the row of tiles, and
// at the ends of the row, where not all tiles fit, what turns to others. Where
// it is too low for both, the large picture has all of it.
type boards struct{ stage *stage }

func (boards) MinSize(o []fyne.CanvasObject) fyne.Size {
	l, r := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(max(l.Width, r.Width+2*turnWidth()), l.Height)
}

func (b *boards) Layout(o []fyne.CanvasObject, s fyne.Size) {
	if s.Width <= 0 {
		return
	}
	width, left := s.Width, float32(0)
	if len(b.stage.order) > fits(width) {
		left = turnWidth()
		width -= 2 * left
	}
	row := tileSize(width)
	least := max(o[0].MinSize().Height, b.stage.plate.content.MinSize().Height+row.Height/2)
	b.stage.resized(fits(width), s.Height-row.Height-look.Room < least)
	o[0].Move(fyne.Position{})
	if !o[1].Visible() {
		o[0].Resize(s)
		return
	}
	y := s.Height - row.Height
	o[0].Resize(fyne.NewSize(s.Width, max(0, y-look.Room)))
	o[1].Move(fyne.NewPos(left, y))
	o[1].Resize(fyne.NewSize(width, row.Height))
	for i, x := range []float32{0, s.Width - look.Target()} {
		o[2+i].Move(fyne.NewPos(x, y))
		o[2+i].Resize(fyne.NewSize(look.Target(), row.Height))
	}
}

// turnWidth is what a button that turns the tiles takes from their row.
func turnWidth() float32 { return look.Target() + look.Hair }

// tileGap is between tiles.
const tileGap = look.Gap + 2

// tileMin is how wide a tile is at least.
func tileMin() float32 { return 128 * look.Grown(0.65) }

// fits is how many tiles fit in a width.
func fits(width float32) int { return max(1, int((width+tileGap)/(tileMin()+tileGap))) }

// tileSize is the size of each tile in a row so wide: a picture of 16 to 9 and
// a plate under it.
func tileSize(width float32) fyne.Size {
	n := float32(fits(width))
	w := (width - (n-1)*tileGap) / n
	return fyne.NewSize(w, w*9/16+plateHeight())
}

// plateHeight is the height of a tile's two lines of words, of a name at most.
func plateHeight() float32 {
	return 2*fyne.MeasureText("Ég", look.Body.Pixels(), fyne.TextStyle{Bold: true}).Height + 10
}

// nameplate lays out the words of a tile: name and party; where the name does
// not fit one line, the name alone, in two.
type nameplate struct{ *small }

func (p *nameplate) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(p.whole.MinSize().Width, p.whole.MinSize().Height)
}

func (p *nameplate) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	long := p.name.Whole() > s.Width+0.5
	show(p.whole, long)
	show(p.name, !long)
	show(p.about, !long)
	name := p.name.MinSize().Height
	p.whole.Resize(s)
	p.name.Resize(fyne.NewSize(s.Width, name))
	p.about.Move(fyne.NewPos(0, name))
	p.about.Resize(fyne.NewSize(s.Width, s.Height-name))
}

// titled lays out the words of the large picture: the name, as much of it as
// there is room for, the seal, and what the member is, where some of that fits.
type titled struct{ *plate }

// titledGap is between them.
const titledGap = 10

func (p *titled) MinSize([]fyne.CanvasObject) fyne.Size {
	name, seal := p.name.MinSize(), p.seal.MinSize()
	return fyne.NewSize(name.Width+titledGap+seal.Width, max(name.Height, seal.Height))
}

func (p *titled) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	seal, x := p.seal.MinSize(), float32(0)
	put := func(o fyne.CanvasObject, size fyne.Size) {
		o.Resize(size)
		o.Move(fyne.NewPos(x, (s.Height-size.Height)/2))
		x += size.Width + titledGap
	}
	put(p.name, fyne.NewSize(min(p.name.Whole(), s.Width-titledGap-seal.Width), p.name.MinSize().Height))
	if p.seal.Visible() {
		put(p.seal, seal)
	}
	about := p.about.MinSize()
	show(p.about, s.Width-x >= about.Width)
	put(p.about, fyne.NewSize(min(p.about.Whole(), s.Width-x), about.Height))
}

func show(o fyne.CanvasObject, yes bool) {
	switch {
	case yes && !o.Visible():
		o.Show()
	case !yes && o.Visible():
		o.Hide()
	}
}

// strip is the layout of the row of tiles.
type strip struct{}

func (strip) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(tileMin(), tileMin()*9/16+plateHeight())
}

func (strip) Layout(o []fyne.CanvasObject, s fyne.Size) {
	size := tileSize(s.Width)
	for i, c := range o {
		c.Move(fyne.NewPos(float32(i)*(size.Width+tileGap), 0))
		c.Resize(size)
	}
}

// side is the right of the room: the sidebar, which scrolls in a low window,
// and under it, always in view, what the chair can do.
type side struct{}

func (side) MinSize(o []fyne.CanvasObject) fyne.Size {
	list, console := o[0].(*container.Scroll).Content.MinSize().SubtractWidthHeight(2*kit.RingRoom, 2*kit.RingRoom), o[1].MinSize()
	s := fyne.NewSize(list.Width, min(list.Height, 120*look.Breadth()))
	if o[1].Visible() {
		s = fyne.NewSize(max(s.Width, console.Width), s.Height+look.Gap+console.Height)
	}
	return s
}

func (side) Layout(o []fyne.CanvasObject, s fyne.Size) {
	h := s.Height
	if o[1].Visible() {
		console := o[1].MinSize().Height
		o[1].Move(fyne.NewPos(0, h-console))
		o[1].Resize(fyne.NewSize(s.Width, console))
		h -= console + look.Room
	}
	o[0].Move(fyne.NewPos(-kit.RingRoom, -kit.RingRoom)) // focus rings are not cut
	o[0].Resize(fyne.NewSize(s.Width+2*kit.RingRoom, h+2*kit.RingRoom))
}

// sidebar lays out who waits at the door, the order of speakers in at most
// two fifths, and the members in the rest.
type sidebar struct{}

// What is shown at least of the order of speakers and of the members.
func queueLeast() float32   { return 4 * look.Target() }
func membersLeast() float32 { return 7 * look.Target() }

func (sidebar) MinSize(o []fyne.CanvasObject) fyne.Size {
	queue, members := o[1].MinSize(), o[2].MinSize()
	s := fyne.NewSize(max(queue.Width, members.Width), min(queue.Height, queueLeast())+look.Room+membersLeast())
	if door := o[0].MinSize(); o[0].Visible() {
		s = fyne.NewSize(max(s.Width, door.Width), s.Height+door.Height+look.Room)
	}
	return s
}

func (sidebar) Layout(o []fyne.CanvasObject, s fyne.Size) {
	y := float32(0)
	put := func(c fyne.CanvasObject, height float32) {
		c.Move(fyne.NewPos(0, y))
		c.Resize(fyne.NewSize(s.Width, height))
		y += height + look.Room
	}
	if o[0].Visible() {
		put(o[0], o[0].MinSize().Height)
	}
	put(o[1], min(o[1].MinSize().Height, max((s.Height-y)*0.45, queueLeast())))
	put(o[2], max(0, s.Height-y))
}
