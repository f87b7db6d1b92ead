package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"incamera/media"
	"incamera/ui/look"
)

// A Live is the truth about the microphone: a red bar with a dot, the word and
// the level while sealed frames leave, and a plain one with other words while
// they do not. Its width does not depend on which.
type Live struct {
	widget.BaseWidget
	on      bool
	yes, no string // what it says when live, and when not
	meter   *Meter
}

// NewLive returns a bar that is not live.
func NewLive() *Live {
	l := &Live{meter: NewMeter(9)}
	l.meter.Dark = look.None
	l.ExtendBaseWidget(l)
	return l
}

// Say changes the words for live and not live.
func (l *Live) Say(yes, no string) {
	if l.yes != yes || l.no != no {
		l.yes, l.no = yes, no
		l.meter.Say(yes)
		l.Refresh()
	}
}

// Set shows whether frames leave, and how loud they are.
func (l *Live) Set(on bool, level media.Level) {
	if !on {
		level = media.Silence
	}
	if on != l.on {
		l.on = on
		l.Refresh()
	}
	l.meter.Set(level)
}

// On reports whether the bar says that frames leave.
func (l *Live) On() bool { return l.on }

// AccessibilityLabel implements [fyne.Accessible].
func (l *Live) AccessibilityLabel() string {
	if l.on {
		return l.yes
	}
	return l.no
}

// AccessibilityRole implements [fyne.Accessible].
func (l *Live) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements [fyne.Widget].
func (l *Live) CreateRenderer() fyne.WidgetRenderer {
	l.ExtendBaseWidget(l)
	ground, dot, text := canvas.NewRectangle(nil), canvas.NewCircle(nil), canvas.NewText("", nil)
	r := &renderer{objects: []fyne.CanvasObject{ground, dot, text, l.meter}}
	width := func(s string) float32 {
		return fyne.MeasureText(s, look.Body.Pixels(), fyne.TextStyle{Bold: true}).Width
	}
	d := func() float32 { return 11 * look.Scale() }
	r.min = func() fyne.Size {
		words := max(width(l.yes)+look.Gap+l.meter.MinSize().Width, width(l.no))
		return fyne.NewSize(2*14+d()+look.Gap+words, look.Target())
	}
	r.arrange = func(s fyne.Size) {
		ground.Resize(s)
		dot.Resize(fyne.NewSquareSize(d()))
		dot.Move(fyne.NewPos(14, (s.Height-d())/2))
		h := text.MinSize().Height
		text.Move(fyne.NewPos(14+d()+look.Gap, (s.Height-h)/2))
		text.Resize(fyne.NewSize(text.MinSize().Width, h))
		m := l.meter.MinSize()
		l.meter.Resize(m)
		l.meter.Move(fyne.NewPos(s.Width-14-m.Width, (s.Height-m.Height)/2))
	}
	r.paint = func() {
		p := look.Colours()
		ground.CornerRadius, ground.StrokeWidth = look.Radius, 1
		text.TextSize = look.Body.Pixels()
		l.meter.Lit = look.OnLive
		if l.meter.Hidden = !l.on; l.on {
			ground.FillColor, ground.StrokeColor, dot.FillColor = p.Live, p.Live, p.OnLive
			dot.StrokeWidth = 0
			text.Text, text.Color, text.TextStyle = l.yes, p.OnLive, fyne.TextStyle{Bold: true}
		} else {
			ground.FillColor, ground.StrokeColor, dot.FillColor = p.Raised, p.Line, look.Tone(look.None).Now()
			dot.StrokeColor, dot.StrokeWidth = p.Muted, 1.5
			text.Text, text.Color, text.TextStyle = l.no, p.Muted, fyne.TextStyle{}
		}
		r.arrange(l.Size())
	}
	r.paint()
	return r
}
