package kit

import (
	"image"
	"strings"
	"time"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"incamera/media"
	"incamera/ui/look"
)

// A Tile shows one person: the picture while there is one, initials while
// there is none, never black; and under it what the caller puts there.
//
// The picture is painted by [Tile.Tick], once per tick of the display and only
// into a tile that can be seen.
type Tile struct {
	widget.BaseWidget
	name   string
	screen media.Screen // nil: no picture is wanted
	plate  fyne.CanvasObject
	marked bool      // this person has the floor
	blank  look.Icon // instead of initials; "" for initials

	raster  *canvas.Raster
	pixels  *image.RGBA // what the raster shows; owned by the UI goroutine
	want    image.Point // the raster's size in pixels, when last drawn
	picture bool
	painted time.Time // when the last new picture came
	large   bool
}

// NewTile returns a tile with a plate of words under the picture.
func NewTile(plate fyne.CanvasObject, large bool) *Tile {
	t := &Tile{plate: plate, large: large}
	t.raster = canvas.NewRaster(t.draw)
	t.raster.ScaleMode = canvas.ImageScaleFastest
	t.ExtendBaseWidget(t)
	return t
}

// Person changes who is on the tile. A nil screen shows initials.
func (t *Tile) Person(name string, screen media.Screen) {
	if t.name == name && t.screen == screen {
		return
	}
	t.name, t.screen, t.picture = name, screen, false
	t.Refresh()
}

// Blank shows an icon instead of initials while there is no picture.
func (t *Tile) Blank(i look.Icon) { t.blank = i }

// Mark shows a frame around the one who has the floor.
func (t *Tile) Mark(yes bool) {
	if t.marked != yes {
		t.marked = yes
		t.Refresh()
	}
}

// AccessibilityLabel implements [fyne.Accessible].
func (t *Tile) AccessibilityLabel() string { return t.name }

// AccessibilityRole implements [fyne.Accessible].
func (t *Tile) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// Pixels is how large the picture is on the screen, in pixels; zero before the
// tile was first drawn.
func (t *Tile) Pixels() image.Point { return t.want }

// stale is how long a picture stays without a newer one: a camera that was
// turned off leaves initials, not a face that does not move.
const stale = 2 * time.Second

// Tick paints the newest picture, if there is one that was not painted yet.
func (t *Tile) Tick(now time.Time) {
	if t.screen == nil || t.want == (image.Point{}) {
		return
	}
	t.fit()
	if !t.screen.Paint(t.pixels) {
		if now.Sub(t.painted) > stale {
			t.forget()
		}
		return
	}
	t.painted = now
	if !t.picture {
		t.picture = true
		t.Refresh()
		return
	}
	t.raster.Refresh()
}

// forget forgets the picture.
func (t *Tile) forget() {
	if t.picture {
		t.picture = false
		t.Refresh()
	}
}

// fit gives pixels the size that is wanted.
func (t *Tile) fit() {
	if t.pixels == nil || t.pixels.Rect.Size() != t.want {
		t.pixels = image.NewRGBA(image.Rectangle{Max: t.want})
	}
}

// draw is the raster's generator: it remembers the size and hands over the pixels.
func (t *Tile) draw(w, h int) image.Image {
	resized := t.want != image.Pt(w, h)
	t.want = image.Pt(w, h)
	if t.picture && resized && t.screen != nil && w > 0 && h > 0 {
		t.fit()
		t.screen.Paint(t.pixels)
	}
	if !t.picture || t.pixels == nil {
		return image.NewUniform(look.Tone(look.None).Now())
	}
	return t.pixels
}

// Initials are the first letters of the first and the last name: "A. Tremblay"
// is "AT".
func Initials(name string) string {
	var letters []rune
	for word := range strings.FieldsSeq(name) {
		for _, r := range word {
			if unicode.IsLetter(r) {
				letters = append(letters, unicode.ToUpper(r))
				break
			}
		}
	}
	switch len(letters) {
	case 0:
		return "–"
	case 1:
		return string(letters)
	}
	return string([]rune{letters[0], letters[len(letters)-1]})
}

// CreateRenderer implements [fyne.Widget].
func (t *Tile) CreateRenderer() fyne.WidgetRenderer {
	t.ExtendBaseWidget(t)
	ground, disc, frame := canvas.NewRectangle(nil), canvas.NewCircle(nil), canvas.NewRectangle(nil)
	initials := canvas.NewText("", nil)
	initials.Alignment = fyne.TextAlignCenter
	icon := canvas.NewImageFromResource(nil)
	icon.FillMode = canvas.ImageFillContain
	r := &renderer{objects: []fyne.CanvasObject{ground, disc, initials, icon, t.raster, t.plate, frame}}
	r.min = func() fyne.Size {
		p := t.plate.MinSize()
		if t.large {
			return p // all there is to spare goes to it
		}
		return fyne.NewSize(max(p.Width, 120), p.Height+68)
	}
	r.arrange = func(s fyne.Size) {
		p := t.plate.MinSize()
		pic := fyne.NewSize(s.Width, s.Height-p.Height)
		ground.Resize(s)
		frame.Resize(s)
		t.raster.Resize(pic)
		d := min(pic.Width, pic.Height) * 0.56
		disc.Resize(fyne.NewSquareSize(d))
		disc.Move(fyne.NewPos((pic.Width-d)/2, (pic.Height-d)/2))
		initials.TextSize = d * 0.38
		h := initials.MinSize().Height
		initials.Move(fyne.NewPos(0, (pic.Height-h)/2))
		initials.Resize(fyne.NewSize(pic.Width, h))
		icon.Resize(fyne.NewSquareSize(d * 0.44))
		icon.Move(fyne.NewPos((pic.Width-d*0.44)/2, (pic.Height-d*0.44)/2))
		t.plate.Move(fyne.NewPos(0, pic.Height))
		t.plate.Resize(fyne.NewSize(s.Width, p.Height))
	}
	r.paint = func() {
		p := look.Colours()
		ground.FillColor = p.Raised
		disc.FillColor = p.AccentWash
		initials.Text, initials.Color, initials.TextStyle = Initials(t.name), p.AccentInk, fyne.TextStyle{Bold: true}
		ground.Hidden = t.picture // nothing of it would be seen
		disc.Hidden, initials.Hidden, icon.Hidden = t.picture, t.picture || t.blank != "", t.picture || t.blank == ""
		if t.blank != "" {
			icon.Resource = t.blank.In(p.AccentInk)
		}
		frame.FillColor, frame.StrokeColor, frame.StrokeWidth = look.Tone(look.None).Now(), p.AccentInk, 3
		frame.Hidden = !t.marked
		r.arrange(t.Size())
	}
	r.paint()
	return r
}
