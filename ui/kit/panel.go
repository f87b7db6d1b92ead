package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"incamera/ui/look"
)

// A Panel is a ground for other things: filled, perhaps with an edge.
type Panel struct {
	widget.BaseWidget
	Content fyne.CanvasObject
	Fill    look.Tone
	Edge    look.Tone // nil for none
	Radius  float32
	PadX    float32
	PadY    float32
}

// NewPanel returns a panel with a hairline edge around content.
func NewPanel(content fyne.CanvasObject, pad float32) *Panel {
	p := &Panel{Content: content, Fill: look.Surface, Edge: look.Line, Radius: look.Radius + 4, PadX: pad, PadY: pad}
	p.ExtendBaseWidget(p)
	return p
}

// NewStrip returns a panel without edge and corners, as bars are.
func NewStrip(content fyne.CanvasObject, fill look.Tone, x, y float32) *Panel {
	p := &Panel{Content: content, Fill: fill, PadX: x, PadY: y}
	p.ExtendBaseWidget(p)
	return p
}

// NewBar returns a strip with a hairline around it, as at the edges of a window.
func NewBar(content fyne.CanvasObject, x, y float32) *Panel {
	p := NewStrip(content, look.Surface, x, y)
	p.Edge = look.Line
	return p
}

// NewMark returns a small filled label with rounded ends.
func NewMark(content fyne.CanvasObject, fill look.Tone) *Panel {
	p := &Panel{Content: content, Fill: fill, Radius: look.Radius, PadX: 10, PadY: 4}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer implements [fyne.Widget].
func (p *Panel) CreateRenderer() fyne.WidgetRenderer {
	p.ExtendBaseWidget(p)
	ground := canvas.NewRectangle(nil)
	r := &renderer{objects: []fyne.CanvasObject{ground, p.Content}}
	pad := func() fyne.Size { return fyne.NewSize(2*p.PadX, 2*p.PadY) }
	r.min = func() fyne.Size { return p.Content.MinSize().Add(pad()) }
	r.arrange = func(s fyne.Size) {
		ground.Resize(s)
		p.Content.Move(fyne.NewPos(p.PadX, p.PadY))
		p.Content.Resize(s.Subtract(pad()))
	}
	r.paint = func() {
		ground.FillColor, ground.CornerRadius = p.Fill.Now(), p.Radius
		ground.StrokeColor, ground.StrokeWidth = look.Tone(look.None).Now(), 0
		if p.Edge != nil {
			ground.StrokeColor, ground.StrokeWidth = p.Edge.Now(), 1
		}
		r.objects[1] = p.Content
	}
	r.paint()
	return r
}
