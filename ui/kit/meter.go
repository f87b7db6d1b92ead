package kit

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"incamera/media"
	"incamera/ui/look"
)

// A Meter shows how loud a sound is: bars that rise from -60 dBFS to full scale.
type Meter struct {
	widget.BaseWidget
	Lit   look.Tone // of the bars that the sound reaches
	Dark  look.Tone // of the others
	name  string
	level float64 // dBFS, RMS
	bars  int
}

// NewMeter returns a level of so many bars.
func NewMeter(bars int) *Meter {
	m := &Meter{Lit: look.AccentInk, Dark: look.Unlit, level: media.Silence.RMS, bars: bars}
	m.ExtendBaseWidget(m)
	return m
}

// Say names the meter for screen readers.
func (m *Meter) Say(name string) { m.name = name }

// Set shows a level; nothing is drawn unless a bar changes.
func (m *Meter) Set(l media.Level) {
	before := m.lit()
	m.level = l.RMS
	if m.lit() != before {
		m.Refresh()
	}
}

// AccessibilityLabel implements [fyne.Accessible].
func (m *Meter) AccessibilityLabel() string { return m.name }

// AccessibilityRole implements [fyne.Accessible].
func (m *Meter) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// lit is how many bars the level reaches: none below -60 dBFS, all from -6.
func (m *Meter) lit() int {
	part := (m.level + 60) / 54
	return int(math.Round(min(max(part, 0), 1) * float64(m.bars)))
}

// CreateRenderer implements [fyne.Widget].
func (m *Meter) CreateRenderer() fyne.WidgetRenderer {
	m.ExtendBaseWidget(m)
	r := &renderer{}
	bars := make([]*canvas.Rectangle, m.bars)
	for i := range bars {
		bars[i] = canvas.NewRectangle(nil)
		bars[i].CornerRadius = 1.5
		r.objects = append(r.objects, bars[i])
	}
	r.min = func() fyne.Size { return fyne.NewSize(float32(m.bars)*7-3, 20*look.Scale()) }
	r.arrange = func(s fyne.Size) {
		step := (s.Width + 3) / float32(m.bars)
		for i, b := range bars {
			h := s.Height * (0.35 + 0.65*float32(i+1)/float32(m.bars))
			b.Resize(fyne.NewSize(step-3, h))
			b.Move(fyne.NewPos(float32(i)*step, s.Height-h))
		}
	}
	r.paint = func() {
		lit, dark, n := m.Lit.Now(), m.Dark.Now(), m.lit()
		for i, b := range bars {
			if b.FillColor = dark; i < n {
				b.FillColor = lit
			}
		}
	}
	r.paint()
	return r
}
