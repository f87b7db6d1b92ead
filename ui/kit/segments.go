package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"incamera/ui/look"
)

// Segments are a few choices side by side, one of which is chosen. Left and
// right move over them.
type Segments struct {
	widget.BaseWidget
	name    string
	choices []string
	chosen  int
	changed func(int)

	focused, disabled bool
}

// NewSegments returns choices; changed is called when a person chooses another.
func NewSegments(choices []string, chosen int, changed func(int)) *Segments {
	s := &Segments{choices: choices, chosen: chosen, changed: changed}
	s.ExtendBaseWidget(s)
	return s
}

// Say changes the words; there are as many as before.
func (s *Segments) Say(name string, choices []string) {
	s.name, s.choices = name, choices
	s.Refresh()
}

// Choose shows a choice, without calling changed.
func (s *Segments) Choose(i int) {
	if s.chosen != i {
		s.chosen = i
		s.Refresh()
	}
}

// Allow greys the choices, or lets one choose.
func (s *Segments) Allow(yes bool) {
	s.disabled = !yes
	s.Refresh()
}

func (s *Segments) pick(i int) {
	if s.disabled || i < 0 || i >= len(s.choices) || i == s.chosen {
		return
	}
	s.Choose(i)
	s.changed(i)
}

// AccessibilityLabel implements [fyne.Accessible].
func (s *Segments) AccessibilityLabel() string { return s.name + ", " + s.choices[s.chosen] }

// AccessibilityRole implements [fyne.Accessible].
func (s *Segments) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped implements [fyne.Tappable].
func (s *Segments) Tapped(e *fyne.PointEvent) {
	x := float32(0)
	for i, w := range s.widths() {
		x += w
		if e.Position.X < x {
			s.pick(i)
			return
		}
	}
}

// FocusGained implements [fyne.Focusable].
func (s *Segments) FocusGained() { s.focused = true; s.Refresh() }

// FocusLost implements [fyne.Focusable].
func (s *Segments) FocusLost() { s.focused = false; s.Refresh() }

// TypedRune implements [fyne.Focusable].
func (s *Segments) TypedRune(r rune) { bubbleRune(s, r) }

// TypedKey implements [fyne.Focusable].
func (s *Segments) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyUp:
		s.pick(s.chosen - 1)
	case fyne.KeyRight, fyne.KeyDown:
		s.pick(s.chosen + 1)
	default:
		bubble(s, e)
	}
}

// KeyDown implements [desktop.Keyable].
func (s *Segments) KeyDown(e *fyne.KeyEvent) { bubbleDown(s, e) }

// KeyUp implements [desktop.Keyable].
func (s *Segments) KeyUp(e *fyne.KeyEvent) { bubbleUp(s, e) }

func (s *Segments) widths() []float32 {
	w := make([]float32, len(s.choices))
	for i, c := range s.choices {
		// bold is the wider: the choice must not move when it is chosen
		w[i] = max(look.Target(), fyne.MeasureText(c, look.Body.Pixels(), fyne.TextStyle{Bold: true}).Width+24)
	}
	return w
}

// CreateRenderer implements [fyne.Widget].
func (s *Segments) CreateRenderer() fyne.WidgetRenderer {
	s.ExtendBaseWidget(s)
	ring, ground, mark := canvas.NewRectangle(nil), canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	var texts []*canvas.Text
	r := &renderer{}
	for range s.choices {
		t := canvas.NewText("", nil)
		t.Alignment = fyne.TextAlignCenter
		texts = append(texts, t)
	}
	r.objects = []fyne.CanvasObject{ring, ground, mark}
	for _, t := range texts {
		r.objects = append(r.objects, t)
	}
	r.min = func() fyne.Size {
		size := fyne.NewSize(0, look.Target())
		for _, w := range s.widths() {
			size.Width += w
		}
		return size
	}
	r.arrange = func(size fyne.Size) {
		surround(ring, size)
		ground.Resize(size)
		x := float32(0)
		for i, w := range s.widths() {
			h := texts[i].MinSize().Height
			texts[i].Move(fyne.NewPos(x, (size.Height-h)/2))
			texts[i].Resize(fyne.NewSize(w, h))
			if i == s.chosen {
				mark.Move(fyne.NewPos(x, 0))
				mark.Resize(fyne.NewSize(w, size.Height))
			}
			x += w
		}
	}
	r.paint = func() {
		p := look.Colours()
		showRing(ring, s.focused)
		ground.FillColor, ground.StrokeColor, ground.StrokeWidth, ground.CornerRadius = p.Surface, p.Edge, 1, look.Radius
		mark.FillColor, mark.CornerRadius = p.Accent, look.Radius
		if s.disabled {
			ground.StrokeColor, mark.FillColor = p.Line, p.Raised
		}
		for i, t := range texts {
			t.Text, t.TextSize = s.choices[i], look.Body.Pixels()
			t.TextStyle = fyne.TextStyle{Bold: i == s.chosen}
			switch {
			case s.disabled:
				t.Color = p.Muted
			case i == s.chosen:
				t.Color = p.OnAccent
			default:
				t.Color = p.Ink
			}
		}
		r.arrange(s.Size())
	}
	r.paint()
	return r
}
