package ui_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"incamera/sitting"
	"incamera/ui"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/uitest"
)

// sizes are windows that everything must fit, by text size.
var sizes = []struct {
	scale         string
	width, height float32
}{
	{"1", 1024, 700},
	{"1.5", 1024, 700},
	{"2", 1024, 700},
}

func TestWordsFit(t *testing.T) {
	for _, size := range sizes {
		for _, language := range []string{"en", "fr"} {
			for _, r := range uitest.Rooms {
				t.Run(fmt.Sprintf("%s.%s.%s", r.Name, language, size.scale), func(t *testing.T) {
					on(t, language, size.scale, size.width, size.height, func(t *testing.T, s *screen) {
						s.show(r)
						fits(t, s, size.width, size.height)
						if r.Name != "chamber-chair" {
							return
						}
						for _, sheet := range []string{"settings", "security", "devices", "leave", "remove"} {
							s.Sheet(sheet)
							s.loop.Settle()
							fits(t, s, size.width, size.height)
						}
					})
				})
			}
		}
	}
}

// TestLongNamesAndAFullDoorFit has everyone bear a name as long as an order
// allows, and most of a House wait to be admitted.
func TestLongNamesAndAFullDoorFit(t *testing.T) {
	long := "Marguerite-Évangéline " + strings.Repeat("de la Roche-sur-Yon ", 8)
	for _, size := range sizes {
		t.Run(size.scale, func(t *testing.T) {
			on(t, "fr", size.scale, size.width, size.height, func(t *testing.T, s *screen) {
				s.sit("chair", func(sc *ui.Scene) {
					o := *sc.Sitting.Order
					o.Roster = slices.Clone(o.Roster)
					for i := range o.Roster {
						o.Roster[i].Name = long[:len(long)-1-i] + "."
						sc.Sitting.Waiting = append(sc.Sitting.Waiting, sitting.Seat{Member: o.Roster[i].ID})
					}
					o.Title = map[string]string{"en": long, "fr": long}
					sc.Sitting.Order = &o
				})
				fits(t, s, size.width, size.height)
			})
		})
	}
}

// fits reports words that have too little room, and things beyond the window.
func fits(t *testing.T, s *screen, width, height float32) {
	t.Helper()
	c := s.loop.Canvas()
	if m := c.Content().MinSize(); m.Width > width || m.Height > height {
		t.Errorf("the room needs %v", m)
	}
	uitest.Shown(c, func(th uitest.Thing) {
		name, ok := legible(th.Object)
		if !ok {
			return
		}
		have, need := th.Object.Size(), th.Object.MinSize()
		if have.Width < need.Width-0.5 || have.Height < need.Height-0.5 {
			t.Errorf("%q needs %v, has %v", name, need, have)
		}
		right, low := th.At.X+have.Width, th.At.Y+have.Height
		if !th.Aside && (th.At.X < -0.5 || right > width+0.5) || !th.Scrolls && (th.At.Y < -0.5 || low > height+0.5) {
			t.Errorf("%q at %v, %v is beyond the window", name, th.At, have)
		}
	})
}

func legible(o fyne.CanvasObject) (string, bool) {
	switch o := o.(type) {
	case *kit.Text:
		return o.Text, o.Text != ""
	case *kit.Button:
		return o.AccessibilityLabel(), true
	case *kit.Live:
		return o.AccessibilityLabel(), true
	case *kit.Segments:
		return o.AccessibilityLabel(), true
	}
	return "", false
}

// least is how small a thing to press may be, in pixels.
const least = 32

func TestEverythingPressedHasANameAndRoom(t *testing.T) {
	for _, language := range []string{"en", "fr"} {
		for _, r := range uitest.Rooms {
			t.Run(r.Name+"."+language, func(t *testing.T) {
				on(t, language, "1", 1280, 800, func(t *testing.T, s *screen) {
					s.show(r)
					named(t, s.loop.Canvas())
					if r.Name != "chamber-chair" {
						return
					}
					for _, sheet := range []string{"settings", "security", "devices", "leave", "remove"} {
						s.Sheet(sheet)
						s.loop.Settle()
						named(t, s.loop.Canvas())
					}
				})
			})
		}
	}
}

func named(t *testing.T, c fyne.Canvas) {
	t.Helper()
	filled := 0
	uitest.Shown(c, func(th uitest.Thing) {
		if b, ok := th.Object.(*kit.Button); ok && b.Rank() == kit.Filled {
			filled++
		}
		if _, ok := th.Object.(fyne.Focusable); !ok {
			return
		}
		if size := th.Object.Size(); size.Width < least || size.Height < least {
			t.Errorf("%T is %v", th.Object, size)
		}
		n, ok := th.Object.(fyne.Accessible)
		if !ok || n.AccessibilityLabel() == "" {
			t.Errorf("%T at %v has no name", th.Object, th.At)
		}
	})
	if filled > 1 {
		t.Errorf("%d filled buttons", filled)
	}
}

func TestFocusIsSeen(t *testing.T) {
	on(t, "en", "1", 1280, 800, func(t *testing.T, s *screen) {
		r, _ := uitest.Find("chamber-chair")
		s.show(r)
		c := s.loop.Canvas()
		uitest.Shown(c, func(th uitest.Thing) {
			b, ok := th.Object.(*kit.Button)
			if !ok || b.Disabled() {
				return
			}
			c.Focus(b)
			seen := false
			uitest.Walk(b, func(in uitest.Thing) {
				seen = seen || ringed(in.Object)
			})
			if !seen {
				t.Errorf("no ring around %q", b.AccessibilityLabel())
			}
		})
	})
}

func ringed(o fyne.CanvasObject) bool {
	r, ok := o.(interface{ Visible() bool })
	return ok && r.Visible() && strokes(o) == look.Tone(look.FocusRing).Now()
}

// strokes is the colour of a rectangle's border.
func strokes(o fyne.CanvasObject) any {
	if r, ok := o.(*canvas.Rectangle); ok {
		return r.StrokeColor
	}
	return nil
}
