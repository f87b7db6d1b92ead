package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// A Type is a size of text, by its place on the screen.
type Type uint8

// The sizes of text. At scale 1 they are 14, 12, 20 and 28 pixels.
const (
	Body Type = iota
	Caption
	Name
	Title
	Clock // the speaker's time, as large as a name
)

// Pixels is the size of the text at the scale on show.
func (t Type) Pixels() float32 {
	switch t {
	case Caption:
		return theme.Size(theme.SizeNameCaptionText)
	case Name, Clock:
		return theme.Size(theme.SizeNameSubHeadingText)
	case Title:
		return theme.Size(theme.SizeNameHeadingText)
	}
	return theme.Size(theme.SizeNameText)
}

// Scale is the text scale on show, 1 to 2.
func Scale() float32 {
	if t, ok := fyne.CurrentApp().Settings().Theme().(*Theme); ok {
		return t.scale
	}
	return 1
}

// Breadth is how much wider columns are at the scale on show, 1 to 1.5: less
// than the text, so that at twice the size everything still fits a small
// window, in lines of fewer words.
func Breadth() float32 { return Grown(0.5) }

// Grown is how much larger something is at the scale on show that grows by a
// part of what the text does: 0 not at all, 1 as much.
func Grown(part float32) float32 { return 1 + (Scale()-1)*part }

// Target is the least width and height of anything that can be pressed: 36
// pixels at scale 1, never below the 32 that a hand needs.
func Target() float32 { return 36 * Grown(0.75) }

// Gaps between things.
const (
	Hair   float32 = 4
	Gap    float32 = 8
	Room   float32 = 16
	Margin float32 = 24
	Radius float32 = 6
	Ring   float32 = 2 // of the focus ring, and how far it stands off
)
