package kit

import (
	"image"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"incamera/media"
	"incamera/ui/look"
)

func TestPINIsWiped(t *testing.T) {
	test.NewTempApp(t)
	n, entered := 0, 0
	p := NewPIN(func(i int) { n = i }, func() { entered++ })
	for _, r := range "1234567890" {
		p.TypedRune(r)
	}
	p.TypedRune('é') // cards take ASCII
	if p.Len() != maxPIN || n != maxPIN {
		t.Fatalf("%d characters are kept, %d told", p.Len(), n)
	}
	p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	memory := p.typed[:cap(p.typed)]
	if pin := p.Take(); string(pin) != "1234567" || entered != 1 {
		t.Errorf("took %d characters, entered %d times", len(pin), entered)
	}
	for i, b := range memory {
		if b != 0 {
			t.Errorf("byte %d is still there", i)
		}
	}
	if p.Len() != 0 || n != 0 {
		t.Error("the field is not empty")
	}
}

func TestPINIsNotTold(t *testing.T) {
	test.NewTempApp(t)
	p := NewPIN(func(int) {}, func() {})
	p.Say("PIN", "6 to 8 characters")
	for _, r := range "123456" {
		p.TypedRune(r)
	}
	if strings.Contains(p.AccessibilityLabel(), "123456") {
		t.Error("a screen reader would say the PIN")
	}
	p.Disable()
	p.TypedRune('7')
	if p.Len() != 6 {
		t.Error("a greyed field takes characters")
	}
}

func TestButtonIsPressed(t *testing.T) {
	test.NewTempApp(t)
	pressed := 0
	b := NewButton(Filled, "", "Go on", func() { pressed++ })
	test.Tap(b)
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace}) // not the button's: it is to speak
	b.Allow(false)
	test.Tap(b)
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if pressed != 2 {
		t.Errorf("pressed %d times, want 2", pressed)
	}
}

func TestKeysGoOnToTheWindow(t *testing.T) {
	test.NewTempApp(t)
	b := NewButton(Plain, "", "Hand", nil)
	w := test.NewTempWindow(t, b)
	var keys []fyne.KeyName
	var runes []rune
	w.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) { keys = append(keys, e.Name) })
	w.Canvas().SetOnTypedRune(func(r rune) { runes = append(runes, r) })
	w.Canvas().Focus(b)
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	b.TypedRune('h')
	if len(keys) != 1 || keys[0] != fyne.KeyEscape || string(runes) != "h" {
		t.Errorf("the window got %v, %q", keys, string(runes))
	}
}

func TestSegments(t *testing.T) {
	test.NewTempApp(t)
	var chosen []int
	s := NewSegments([]string{"EN", "FR"}, 0, func(i int) { chosen = append(chosen, i) })
	s.Say("Language", []string{"EN", "FR"})
	s.Resize(s.MinSize())
	test.TapAt(s, fyne.NewPos(s.MinSize().Width-5, 5))
	test.TapAt(s, fyne.NewPos(s.MinSize().Width-5, 5)) // chosen already
	s.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	s.Allow(false)
	s.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	if len(chosen) != 2 || chosen[0] != 1 || chosen[1] != 0 {
		t.Errorf("chosen %v", chosen)
	}
	if s.AccessibilityLabel() != "Language, EN" {
		t.Errorf("called %q", s.AccessibilityLabel())
	}
}

func TestDetailsAreFolded(t *testing.T) {
	test.NewTempApp(t)
	changed, copied := 0, ""
	d := NewDetails(func(s string) { copied = s }, 400, func() { changed++ })
	d.Say("Details", "Copy", "Copied")
	if d.Content.Visible() {
		t.Error("there is a fold with nothing in it")
	}
	d.Set("pcsc: 0x80100069")
	if !d.Content.Visible() || d.text.Visible() || d.button.Visible() {
		t.Error("details are not folded")
	}
	d.fold.Press()
	d.button.Press()
	if !d.text.Visible() || copied != "pcsc: 0x80100069" || d.button.AccessibilityLabel() != "Copied" {
		t.Errorf("the desk gets %q", copied)
	}
	d.Set("another")
	if d.text.Visible() || d.button.AccessibilityLabel() != "Copy" {
		t.Error("other details are open already")
	}
	if changed == 0 {
		t.Error("nobody is told of another size")
	}
	none := NewDetails(nil, 400, func() {})
	if none.Set("secret"); none.Content.Visible() {
		t.Error("a House that leaves no details shows them")
	}
}

func TestShorten(t *testing.T) {
	measure := func(s string) float32 { return float32(len([]rune(s))) }
	for _, tt := range []struct {
		width float32
		want  string
	}{{20, "É. de la Tour"}, {13, "É. de la Tour"}, {10, "É. de la…"}, {1, "…"}} {
		if got := shorten("É. de la Tour", tt.width, measure); got != tt.want {
			t.Errorf("in %v: %q, want %q", tt.width, got, tt.want)
		}
	}
}

func TestLiveIsDrivenByFrames(t *testing.T) {
	test.NewTempApp(t)
	l := NewLive()
	l.Say("LIVE", "Microphone off")
	before := l.MinSize()
	if l.On() || l.AccessibilityLabel() != "Microphone off" {
		t.Error("live from the start")
	}
	l.Set(true, media.Level{RMS: -20, Peak: -10})
	if !l.On() || l.AccessibilityLabel() != "LIVE" || l.meter.lit() == 0 {
		t.Error("not live while frames leave")
	}
	if l.MinSize() != before {
		t.Error("the bar jumps")
	}
	l.Set(false, media.Level{RMS: -20, Peak: -10})
	if l.On() || l.meter.lit() != 0 {
		t.Error("live after the last frame")
	}
}

func TestMeter(t *testing.T) {
	test.NewTempApp(t)
	m := NewMeter(9)
	for _, tt := range []struct {
		rms  float64
		want int
	}{{-120, 0}, {-60, 0}, {-33, 5}, {-6, 9}, {0, 9}} {
		m.Set(media.Level{RMS: tt.rms})
		if m.lit() != tt.want {
			t.Errorf("%v dBFS lights %d bars, want %d", tt.rms, m.lit(), tt.want)
		}
	}
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"A. Tremblay": "AT", "élise de la Tour": "ÉT", "Cher": "C", "": "–", "E. MacDonald-Stewart": "EM",
	} {
		if got := Initials(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

// stills is a screen that has so many pictures, and then no more.
type stills struct{ left, painted int }

func (s *stills) Size() image.Point { return image.Pt(320, 180) }
func (s *stills) Paint(*image.RGBA) bool {
	if s.left == 0 {
		return false
	}
	s.left--
	s.painted++
	return true
}

func TestTileShowsInitialsWhenPicturesStop(t *testing.T) {
	test.NewTempApp(t)
	tile := NewTile(NewText("A. Tremblay", look.Body, look.Ink), false)
	now := time.Date(2026, time.November, 24, 9, 0, 0, 0, time.UTC)
	s := &stills{left: 2}
	tile.Person("A. Tremblay", s)
	tile.Tick(now)
	if s.painted != 0 {
		t.Error("painted before it was known how large")
	}
	tile.draw(160, 90)
	tile.Tick(now)
	if !tile.picture || tile.Pixels() != image.Pt(160, 90) || tile.pixels.Rect.Size() != image.Pt(160, 90) {
		t.Fatal("no picture after a picture")
	}
	tile.Tick(now.Add(time.Second))
	tile.Tick(now.Add(2 * time.Second))
	if !tile.picture {
		t.Error("a short pause takes the picture away")
	}
	tile.Tick(now.Add(4 * time.Second))
	if tile.picture {
		t.Error("a face that does not move stays")
	}
	tile.Person("B. Singh", nil)
	tile.Tick(now)
	if tile.picture {
		t.Error("a picture without a screen")
	}
}

func TestTextBreaksAndIsCut(t *testing.T) {
	test.NewTempApp(t)
	words := "Everyone who sees these words holds the same keys."
	w := Wrapped(words, look.Body, look.Ink, 120)
	lines := w.broken()
	if len(lines) < 3 || strings.Join(lines, " ") != words {
		t.Errorf("broken into %q", lines)
	}
	for _, l := range lines {
		if w.width(l) > 120 {
			t.Errorf("%q is too wide", l)
		}
	}
	c := NewText(words, look.Body, look.Ink)
	if got := shorten(words, 90, c.width); !strings.HasSuffix(got, "…") || c.width(got) > 90 {
		t.Errorf("cut to %q", got)
	}
	if shorten(words, 1000, c.width) != words {
		t.Error("cut though there is room")
	}
	for _, name := range []string{"E. MacDonald-Stewart", "M. Lafontaine"} {
		first, rest := c.part(name, 90)
		if c.width(first) > 90 || first == "" || rest == "" || strings.ReplaceAll(first+rest, " ", "") != strings.ReplaceAll(name, " ", "") {
			t.Errorf("%q is broken into %q and %q", name, first, rest)
		}
	}
	if first, rest := c.part("Lafontaine", 20); first != "Lafontaine" || rest != "" {
		t.Errorf("one long word is broken into %q and %q", first, rest)
	}
}

func TestSheets(t *testing.T) {
	test.NewTempApp(t)
	w := test.NewTempWindow(t, NewText("room", look.Body, look.Ink))
	w.Resize(fyne.NewSize(800, 600))
	s := NewSheets(w.Canvas())
	built, closed := 0, 0
	s.Open(func() Leaf {
		built++
		return Leaf{Title: "Sheet", Content: NewText("words", look.Body, look.Ink), Buttons: []*Button{NewButton(Filled, "", "Close", func() { s.Close() })}}
	}, func() { closed++ })
	if w.Canvas().Focused() != s.Main() {
		t.Error("the keyboard is not on the sheet")
	}
	s.Renew()
	s.Main().Press()
	if built != 2 || closed != 1 || w.Canvas().Overlays().Top() != nil || s.Close() {
		t.Errorf("built %d times, closed %d times", built, closed)
	}
}
