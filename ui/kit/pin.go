package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"incamera/ui/look"
)

// A PIN takes a PIN and shows a dot for each character. What is typed is kept
// in one buffer that can be wiped; it never becomes a string, and cannot be
// copied or pasted.
type PIN struct {
	widget.BaseWidget
	name    string
	hint    string
	typed   []byte
	changed func(n int) // how many characters there are
	entered func()      // Enter was pressed

	focused, disabled bool
}

// maxPIN is what a PIV card takes (NIST SP 800-73-4 part 2, section 2.4.3).
const maxPIN = 8

// NewPIN returns an empty PIN field.
func NewPIN(changed func(int), entered func()) *PIN {
	p := &PIN{changed: changed, entered: entered, typed: make([]byte, 0, maxPIN)}
	p.ExtendBaseWidget(p)
	return p
}

// Say changes the name of the field and the hint shown while it is empty.
func (p *PIN) Say(name, hint string) {
	p.name, p.hint = name, hint
	p.Refresh()
}

// Allow greys the field, or lets one type.
func (p *PIN) Allow(yes bool) {
	p.disabled = !yes
	p.Refresh()
}

// Len is how many characters have been typed.
func (p *PIN) Len() int { return len(p.typed) }

// Take hands over a copy of what was typed and wipes the field.
func (p *PIN) Take() []byte {
	pin := append(make([]byte, 0, maxPIN), p.typed...)
	p.Wipe()
	return pin
}

// Wipe empties the field and the memory behind it.
func (p *PIN) Wipe() {
	clear(p.typed[:cap(p.typed)])
	p.typed = p.typed[:0]
	p.tell()
}

func (p *PIN) tell() {
	p.changed(len(p.typed))
	p.Refresh()
}

// AccessibilityLabel implements [fyne.Accessible]. It does not tell how long the PIN is.
func (p *PIN) AccessibilityLabel() string { return p.name }

// AccessibilityRole implements [fyne.Accessible].
func (p *PIN) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// Tapped implements [fyne.Tappable].
func (p *PIN) Tapped(*fyne.PointEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(p); c != nil {
		c.Focus(p)
	}
}

// Disabled implements [fyne.Disableable].
func (p *PIN) Disabled() bool { return p.disabled }

// Disable implements [fyne.Disableable].
func (p *PIN) Disable() { p.Allow(false) }

// Enable implements [fyne.Disableable].
func (p *PIN) Enable() { p.Allow(true) }

// FocusGained implements [fyne.Focusable].
func (p *PIN) FocusGained() { p.focused = true; p.Refresh() }

// FocusLost implements [fyne.Focusable].
func (p *PIN) FocusLost() { p.focused = false; p.Refresh() }

// TypedRune implements [fyne.Focusable]. Cards take printable ASCII.
func (p *PIN) TypedRune(r rune) {
	if p.disabled || r < 0x20 || r > 0x7e || len(p.typed) == maxPIN {
		return
	}
	p.typed = append(p.typed, byte(r))
	p.tell()
}

// TypedKey implements [fyne.Focusable].
func (p *PIN) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyBackspace, fyne.KeyDelete:
		if n := len(p.typed); n > 0 {
			p.typed[n-1] = 0
			p.typed = p.typed[:n-1]
			p.tell()
		}
	case fyne.KeyReturn, fyne.KeyEnter:
		p.entered()
	case fyne.KeySpace:
	default:
		bubble(p, e)
	}
}

// CreateRenderer implements [fyne.Widget].
func (p *PIN) CreateRenderer() fyne.WidgetRenderer {
	p.ExtendBaseWidget(p)
	ring, ground, caret := canvas.NewRectangle(nil), canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	hint := canvas.NewText("", nil)
	r := &renderer{objects: []fyne.CanvasObject{ring, ground, hint, caret}}
	dots := make([]*canvas.Circle, maxPIN)
	for i := range dots {
		dots[i] = canvas.NewCircle(nil)
		r.objects = append(r.objects, dots[i])
	}
	d := func() float32 { return 10 * look.Scale() }
	step := func() float32 { return 20 * look.Scale() }
	r.min = func() fyne.Size {
		return fyne.NewSize(max(step()*maxPIN+28, hint.MinSize().Width+36), look.Target()+6)
	}
	r.arrange = func(s fyne.Size) {
		surround(ring, s)
		ground.Resize(s)
		hint.Resize(hint.MinSize())
		hint.Move(fyne.NewPos(14, (s.Height-hint.MinSize().Height)/2))
		for i, c := range dots {
			c.Resize(fyne.NewSquareSize(d()))
			c.Move(fyne.NewPos(12+float32(i)*step(), (s.Height-d())/2))
		}
		caret.Resize(fyne.NewSize(2, s.Height*0.45))
		caret.Move(fyne.NewPos(9+float32(len(p.typed))*step(), s.Height*0.275))
	}
	r.paint = func() {
		c := look.Colours()
		showRing(ring, p.focused)
		ground.FillColor, ground.StrokeColor, ground.StrokeWidth, ground.CornerRadius = c.Surface, c.Edge, 1, look.Radius
		if p.disabled {
			ground.FillColor, ground.StrokeColor = c.Raised, c.Line
		}
		hint.Text, hint.Color, hint.TextSize, hint.Hidden = p.hint, c.Muted, look.Body.Pixels(), len(p.typed) > 0
		caret.FillColor, caret.Hidden = c.Ink, !p.focused || p.disabled
		for i, dot := range dots {
			dot.FillColor, dot.Hidden = c.Ink, i >= len(p.typed)
		}
		r.arrange(p.Size())
	}
	r.paint()
	return r
}
