package kit

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"incamera/ui/look"
)

// A Moving is three dots, one of which is lit in turn, while work goes on.
type Moving struct {
	widget.BaseWidget
	at int
}

// NewMoving returns dots that do not move until they are ticked.
func NewMoving() *Moving {
	m := &Moving{}
	m.ExtendBaseWidget(m)
	return m
}

// Tick lights the dot whose turn it is.
func (m *Moving) Tick(now time.Time) {
	if at := int(now.UnixMilli()/400) % 3; at != m.at {
		m.at = at
		m.Refresh()
	}
}

// CreateRenderer implements [fyne.Widget].
func (m *Moving) CreateRenderer() fyne.WidgetRenderer {
	m.ExtendBaseWidget(m)
	r := &renderer{}
	var dots []*canvas.Circle
	for range 3 {
		dots = append(dots, canvas.NewCircle(nil))
		r.objects = append(r.objects, dots[len(dots)-1])
	}
	r.min = func() fyne.Size { return fyne.NewSize(40*look.Scale(), 8*look.Scale()) }
	r.arrange = func(s fyne.Size) {
		for i, d := range dots {
			d.Resize(fyne.NewSquareSize(s.Height))
			d.Move(fyne.NewPos(float32(i)*s.Height*1.8, 0))
		}
	}
	r.paint = func() {
		for i, d := range dots {
			if d.FillColor = look.Tone(look.Edge).Now(); i == m.at {
				d.FillColor = look.Tone(look.AccentInk).Now()
			}
		}
	}
	r.paint()
	return r
}
