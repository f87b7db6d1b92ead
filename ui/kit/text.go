package kit

import (
	"sort"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"incamera/ui/look"
)

// A Text is words to be read, in one size and tone, without room around them.
type Text struct {
	widget.BaseWidget
	Text  string
	Type  look.Type
	Tone  look.Tone
	Bold  bool
	Mono  bool
	Align fyne.TextAlign
	// Wrap is the width at which lines break, in pixels at breadth 1; 0 keeps one line.
	Wrap float32
	// Cut shortens one line with "…" where there is too little room for it. Only
	// for what is shown whole elsewhere.
	Cut bool
	// Lines is into how many lines a text that is cut is broken first; 0 is one.
	Lines int

	lines []*canvas.Text
}

// NewText returns a text.
func NewText(text string, size look.Type, tone look.Tone) *Text {
	t := &Text{Text: text, Type: size, Tone: tone}
	t.ExtendBaseWidget(t)
	return t
}

// Bold returns a bold text.
func Bold(text string, size look.Type, tone look.Tone) *Text {
	t := NewText(text, size, tone)
	t.Bold = true
	return t
}

// Wrapped returns a text that breaks its lines at a width.
func Wrapped(text string, size look.Type, tone look.Tone, width float32) *Text {
	t := NewText(text, size, tone)
	t.Wrap = width
	return t
}

// Set changes the words.
func (t *Text) Set(text string) {
	if t.Text != text {
		t.Text = text
		t.Refresh()
	}
}

// SetTone changes the words and their tone.
func (t *Text) SetTone(text string, tone look.Tone) {
	t.Text, t.Tone = text, tone
	t.Refresh()
}

// AccessibilityLabel implements [fyne.Accessible].
func (t *Text) AccessibilityLabel() string { return t.Text }

// AccessibilityRole implements [fyne.Accessible].
func (t *Text) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements [fyne.Widget].
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	t.ExtendBaseWidget(t)
	r := &renderer{}
	r.min = func() fyne.Size { return t.min() }
	r.arrange = func(s fyne.Size) { t.arrange(s) }
	r.paint = func() {
		t.build()
		r.objects = r.objects[:0]
		for _, l := range t.lines {
			r.objects = append(r.objects, l)
		}
		t.arrange(t.Size())
	}
	r.paint()
	return r
}

func (t *Text) style() fyne.TextStyle { return fyne.TextStyle{Bold: t.Bold, Monospace: t.Mono} }

// build makes one canvas text per line.
func (t *Text) build() {
	broken := t.broken()
	for len(t.lines) < len(broken) {
		t.lines = append(t.lines, canvas.NewText("", nil))
	}
	t.lines = t.lines[:len(broken)]
	for i, l := range t.lines {
		l.Text, l.Color = broken[i], t.Tone.Now()
		l.TextSize, l.TextStyle, l.Alignment = t.Type.Pixels(), t.style(), t.Align
	}
}

// broken is the text in lines that fit Wrap. A word longer than that stays whole.
func (t *Text) broken() []string {
	if t.Cut && t.Lines > 1 {
		return make([]string, t.Lines) // [Text.arrange] knows how wide they are
	}
	if t.Wrap == 0 {
		return []string{t.Text}
	}
	var lines []string
	for paragraph := range strings.SplitSeq(t.Text, "\n") {
		lines = append(lines, t.wrap(paragraph)...)
	}
	return lines
}

func (t *Text) wrap(paragraph string) []string {
	width := t.Wrap * look.Breadth()
	lines := []string{""}
	for word := range strings.SplitSeq(paragraph, " ") {
		last := &lines[len(lines)-1]
		if *last == "" {
			*last = word
			continue
		}
		if longer := *last + " " + word; t.width(longer) <= width {
			*last = longer
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

func (t *Text) width(s string) float32 {
	return fyne.MeasureText(s, t.Type.Pixels(), t.style()).Width
}

func (t *Text) min() fyne.Size {
	var s fyne.Size
	for _, l := range t.broken() {
		m := fyne.MeasureText(l, t.Type.Pixels(), t.style())
		s.Width = max(s.Width, m.Width)
		s.Height += m.Height
	}
	if t.Cut {
		s.Width = min(t.width(t.Text), 3*t.Type.Pixels())
	}
	return s
}

func (t *Text) arrange(s fyne.Size) {
	y, rest := float32(0), t.Text
	for i, l := range t.lines {
		if t.Cut {
			var line string
			if line, rest = rest, ""; i < len(t.lines)-1 {
				line, rest = t.part(line, s.Width)
			}
			l.Text = shorten(line, s.Width, t.width)
		}
		h := l.MinSize().Height
		l.Move(fyne.NewPos(0, y))
		l.Resize(fyne.NewSize(s.Width, h))
		y += h
	}
}

// part is as much of a text as fits a width, up to a space or a hyphen, and the
// rest. A first word that is longer than that stays whole.
func (t *Text) part(text string, width float32) (line, rest string) {
	at := len(text)
	for at > 0 && t.width(strings.TrimRight(text[:at], " ")) > width {
		last := strings.LastIndexAny(text[:at-1], " -")
		if last < 0 {
			break
		}
		at = last + 1
	}
	return strings.TrimRight(text[:at], " "), text[at:]
}

// Whole is how wide the text is in one line.
func (t *Text) Whole() float32 { return t.width(t.Text) }

// shorten is a text, or as much of it as fits a width, with "…" for the rest.
func shorten(text string, width float32, measure func(string) float32) string {
	if measure(text) <= width+0.5 {
		return text
	}
	runes := []rune(text)
	part := func(n int) string { return strings.TrimRight(string(runes[:n]), " ,.") + "…" }
	n := sort.Search(len(runes), func(n int) bool { return measure(part(n+1)) > width })
	return part(n)
}
