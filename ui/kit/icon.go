package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"incamera/ui/look"
)

// An Icon is a drawing beside words that say the same.
type Icon struct {
	widget.BaseWidget
	Icon  look.Icon
	Tone  look.Tone
	Times float32 // of the size of an icon beside text
}

// NewIcon returns an icon as large as those beside text, times a factor.
func NewIcon(i look.Icon, tone look.Tone, times float32) *Icon {
	w := &Icon{Icon: i, Tone: tone, Times: times}
	w.ExtendBaseWidget(w)
	return w
}

// Set changes the drawing and its tone.
func (w *Icon) Set(i look.Icon, tone look.Tone) {
	w.Icon, w.Tone = i, tone
	w.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (w *Icon) CreateRenderer() fyne.WidgetRenderer {
	w.ExtendBaseWidget(w)
	img := canvas.NewImageFromResource(w.Icon.In(w.Tone.Now()))
	img.FillMode = canvas.ImageFillContain
	r := &renderer{objects: []fyne.CanvasObject{img}}
	r.min = func() fyne.Size { return fyne.NewSquareSize(theme.IconInlineSize() * w.Times) }
	r.arrange = func(s fyne.Size) { img.Resize(s) }
	r.paint = func() {
		c := w.Tone.Now()
		img.Hidden = c.A == 0
		img.Resource = w.Icon.In(c)
	}
	r.paint()
	return r
}
