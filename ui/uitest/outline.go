package uitest

import (
	"fmt"
	"math"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"incamera/ui/kit"
)

// A Thing is one object on a canvas.
type Thing struct {
	Object  fyne.CanvasObject
	At      fyne.Position // on the canvas
	Depth   int
	Scrolls bool // lies in something that scrolls
	Aside   bool // and that scrolls sideways
}

// Walk calls visit with every object that is shown in o, the outer first.
func Walk(o fyne.CanvasObject, visit func(Thing)) { walk(Thing{Object: o, At: o.Position()}, visit) }

func walk(t Thing, visit func(Thing)) {
	if !t.Object.Visible() {
		return
	}
	visit(t)
	for _, c := range inner(t.Object) {
		scroll, scrolls := t.Object.(*container.Scroll)
		aside := scrolls && scroll.Direction != container.ScrollVerticalOnly
		walk(Thing{c, t.At.Add(c.Position()), t.Depth + 1, t.Scrolls || scrolls, t.Aside || aside}, visit)
	}
}

func inner(o fyne.CanvasObject) []fyne.CanvasObject {
	switch o := o.(type) {
	case *fyne.Container:
		return o.Objects
	case fyne.Widget:
		return test.WidgetRenderer(o).Objects()
	}
	return nil
}

// Shown walks over what is on a canvas: the sheet, if there is one, else the room.
func Shown(c fyne.Canvas, visit func(Thing)) {
	if top := c.Overlays().Top(); top != nil {
		Walk(top, visit)
		return
	}
	Walk(c.Content(), visit)
}

// Outline writes down what is on a canvas as a reader meets it: where each
// thing is, how large, what it says, and whether it can be pressed. It does
// not depend on how letters are drawn, only on how wide they are.
func Outline(c fyne.Canvas) string {
	var b strings.Builder
	Shown(c, func(t Thing) {
		if what := describe(t.Object, c); what != "" {
			s := t.Object.Size()
			fmt.Fprintf(&b, "%4d,%-4d %4d×%-4d %s\n", round(t.At.X), round(t.At.Y), round(s.Width), round(s.Height), what)
		}
	})
	return b.String()
}

func round(f float32) int { return int(math.Round(float64(f))) }

// describe says what an object is; "" for what says nothing by itself.
func describe(o fyne.CanvasObject, c fyne.Canvas) string {
	name := ""
	switch o := o.(type) {
	case *kit.Text:
		return "text    " + o.Text
	case *kit.Button:
		name = "button  " + o.AccessibilityLabel()
		if o.Rank() == kit.Filled {
			name = "FILLED  " + o.AccessibilityLabel()
		}
	case *kit.Segments:
		name = "choice  " + o.AccessibilityLabel()
	case *kit.Choice:
		name = "select  " + o.AccessibilityLabel()
	case *kit.PIN:
		name = "pin     " + o.AccessibilityLabel()
	case *kit.Search:
		name = "field   " + o.AccessibilityLabel()
	case *kit.Item:
		name = "item    " + o.AccessibilityLabel()
	case *kit.Live:
		name = "live    " + o.AccessibilityLabel()
	case *kit.Meter:
		name = "level   " + o.AccessibilityLabel()
	case *kit.Tile:
		name = "tile    " + o.AccessibilityLabel()
	default:
		return ""
	}
	if d, ok := o.(fyne.Disableable); ok && d.Disabled() {
		name += "  (greyed)"
	}
	if f, ok := o.(fyne.Focusable); ok && c.Focused() == f {
		name += "  (keyboard)"
	}
	return name
}
