// Package ui is the window, and which room is on show. It owns the Fyne
// window, the bar at its head, the sheets over it, and what the person has
// chosen of its look; the rooms below it own what they show. It sees the words
// of sitting, media and identity, and none of their machinery: the program
// hands in what each room may ask, and calls Show for the next room.
//
// Every method of [Window] may be called from any goroutine and none waits for
// the screen, but for those that say so. What a room asks of the program is
// asked on the UI goroutine and must not wait: start the work elsewhere, call
// [Window.Working], and show the next room, or [Window.Tell] what went wrong.
package ui

import (
	"context"
	"slices"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"incamera/assets"
	"incamera/sitting"
	"incamera/ui/bridge"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
	"incamera/ui/settings"
)

// Options say how the window starts.
type Options struct {
	House    sitting.Names   // the house's name, for the head of the window
	Language string          // "en" or "fr"; "" is what was chosen last, else the machine's
	Rules    []settings.Rule // what the House's policy has set
	Now      func() time.Time
	// Forget keeps nothing that a person has chosen or copied beyond the window:
	// others use the machine.
	Forget bool
	// NoDetails offers no details for the service desk to copy, KeepPINs no
	// change of a card's PIN.
	NoDetails, KeepPINs bool
	// Closing is called on the UI goroutine when the person closes the window:
	// leave, wipe, then call Close. Nil closes at once.
	Closing func()
}

// frame is how often pictures are looked at: 30 times a second.
const frame = time.Second / 30

// A Window is the program's one window.
type Window struct {
	app    fyne.App
	o      Options
	window fyne.Window
	ctx    context.Context // ends with the window
	end    context.CancelFunc
	wait   sync.WaitGroup // for all goroutines that the window has started

	// owned by the UI goroutine
	words    *words.Catalogue
	values   settings.Values
	room     room
	leave    context.CancelFunc // ends what follows the room on show
	sheets   *kit.Sheets
	head     *head
	progress *progress
	stage    *fyne.Container // the room
	check    func()          // opens the devices; nil where that cannot be done
	copied   bool            // the clipboard holds something of ours
}

// A room is what the window shows.
type room interface {
	Content() fyne.CanvasObject
	// Say changes the language, or the size of the text.
	Say(*words.Catalogue)
}

// What a room may have on top.
type (
	header interface{ Header() fyne.CanvasObject } // its part of the head
	teller interface{ Tell(error) }                // says what is wrong, in its place
	goer   interface{ Go() *kit.Button }           // the button that goes on
	ticker interface{ Tick(time.Time) }            // changes with time
	paned  interface{ Panes() []fyne.Focusable }   // what F6 walks over
	backer interface{ Back() bool }                // Escape
	typer  interface {                             // keys that nothing else takes
		Rune(rune)
		Down(*fyne.KeyEvent)
		Up(*fyne.KeyEvent)
		Release()
	}
	closer interface{ Close() }
)

// New returns a window that is not on the screen yet.
func New(a fyne.App, o Options) *Window {
	if o.Now == nil {
		o.Now = time.Now
	}
	w := &Window{app: a, o: o, window: a.NewWindow("Incamera"), leave: func() {}}
	w.ctx, w.end = context.WithCancel(context.Background())
	w.values = w.remembered()
	w.words = words.Of(w.values.Language)
	a.Settings().SetTheme(look.New(w.values.Scheme, w.values.Scale))
	w.sheets = kit.NewSheets(w.window.Canvas())
	w.head = newHead(w)
	w.progress = newProgress(func() { w.window.Content().Refresh() })
	w.stage = kit.With(&kit.Stack{})
	w.window.SetContent(kit.With(&frameLayout{}, w.head.content, w.stage, w.progress.content))
	w.window.SetPadded(false)
	w.window.Resize(fyne.NewSize(1280, 800))
	w.window.SetIcon(fyne.NewStaticResource("incamera.png", assets.Program()))
	w.keys()
	w.window.SetCloseIntercept(w.closing)
	return w
}

// Run shows the window and returns when it is closed. It must be called on the
// main goroutine, once.
func (w *Window) Run() {
	w.start()
	w.window.ShowAndRun()
	w.finish()
}

// start starts the ticks of the display.
func (w *Window) start() {
	w.wait.Go(func() {
		ticks := time.NewTicker(frame)
		defer ticks.Stop()
		bridge.Tick(w.ctx, ticks.C, w.tick)
	})
}

// finish waits for every goroutine that the window has started.
func (w *Window) finish() {
	w.end()
	w.wait.Wait()
}

// Close closes the window and lets [Window.Run] return.
func (w *Window) Close() {
	bridge.Do(func() {
		w.end()
		w.swap(nil)
		if w.o.Forget && w.copied {
			w.app.Clipboard().SetContent("")
		}
		w.window.SetCloseIntercept(nil)
		w.window.Close()
	})
}

// Language is the language on show. It waits for the UI goroutine and must not
// be called from there.
func (w *Window) Language() string { return bridge.Call(func() string { return w.words.Lang }) }

func (w *Window) closing() {
	if w.o.Closing == nil {
		w.Close()
		return
	}
	w.o.Closing()
}

// swap takes the room on show away and puts another in its place.
func (w *Window) swap(next room) {
	w.sheets.Close()
	w.leave()
	if c, ok := w.room.(closer); ok {
		c.Close()
	}
	w.room, w.leave, w.check = next, func() {}, nil
	w.progress.show("", nil)
	w.window.Canvas().Unfocus()
	if next == nil {
		return
	}
	w.stage.Objects = []fyne.CanvasObject{next.Content()}
	w.head.show(w)
	w.stage.Refresh()
}

// follow starts a goroutine that ends with the room on show.
func (w *Window) follow(run func(context.Context)) {
	ctx, cancel := context.WithCancel(w.ctx)
	before := w.leave
	w.leave = func() { before(); cancel() }
	w.wait.Go(func() { run(ctx) })
}

func (w *Window) tick(now time.Time) {
	if t, ok := w.room.(ticker); ok {
		t.Tick(w.o.Now())
	}
	w.progress.tick(now)
}

// keys gives the window the keys that nothing on it takes.
func (w *Window) keys() {
	c := w.window.Canvas()
	c.SetOnTypedKey(w.key)
	c.SetOnTypedRune(func(r rune) {
		if t, ok := w.room.(typer); ok && c.Overlays().Top() == nil {
			t.Rune(r)
		}
	})
	if d, ok := c.(desktop.Canvas); ok {
		d.SetOnKeyDown(func(e *fyne.KeyEvent) {
			if t, ok := w.room.(typer); ok && c.Overlays().Top() == nil {
				t.Down(e)
			}
		})
		d.SetOnKeyUp(func(e *fyne.KeyEvent) {
			if t, ok := w.room.(typer); ok {
				t.Up(e)
			}
		})
	}
	w.app.Lifecycle().SetOnExitedForeground(func() {
		if t, ok := w.room.(typer); ok {
			t.Release()
		}
	})
}

func (w *Window) key(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		w.goOn()
	case fyne.KeyEscape:
		if w.sheets.Close() {
			return
		}
		if b, ok := w.room.(backer); ok && b.Back() {
			return
		}
		w.window.Canvas().Unfocus()
	case fyne.KeyF6:
		w.walk()
	case fyne.KeySpace:
		w.press()
	}
}

// goOn presses the filled button.
func (w *Window) goOn() {
	if b := w.sheets.Main(); b != nil {
		b.Press()
		return
	}
	if g, ok := w.room.(goer); ok {
		if b := g.Go(); b != nil && b.Visible() {
			b.Press()
		}
	}
}

// press presses what has the keyboard, but in a room where Space is to speak.
func (w *Window) press() {
	c := w.window.Canvas()
	if _, speaks := w.room.(typer); speaks && c.Overlays().Top() == nil {
		return
	}
	if b, ok := c.Focused().(*kit.Button); ok {
		b.Press()
	}
}

// walk gives the keyboard to the next pane that takes it.
func (w *Window) walk() {
	p, ok := w.room.(paned)
	c := w.window.Canvas()
	if !ok || c.Overlays().Top() != nil {
		return
	}
	panes := slices.DeleteFunc(append(p.Panes(), w.head.language), greyed)
	if len(panes) == 0 {
		return
	}
	next := 0
	for i, f := range panes {
		if f == c.Focused() {
			next = (i + 1) % len(panes)
		}
	}
	c.Focus(panes[next])
}

// greyed reports whether what could have the keyboard cannot now.
func greyed(f fyne.Focusable) bool {
	d, ok := f.(fyne.Disableable)
	return ok && d.Disabled()
}

// Resize changes the size of the window, in pixels at scale 1.
func (w *Window) Resize(width, height float32) {
	bridge.Do(func() { w.window.Resize(fyne.NewSize(width, height)) })
}

// Sheet lays the sheet of that name over the room: "settings", or what the
// room has: "security", "leave". Any other name does nothing.
func (w *Window) Sheet(name string) {
	bridge.Do(func() {
		if name == "settings" {
			w.openSettings()
		}
		if r, ok := w.room.(interface{ Sheet(string) }); ok {
			r.Sheet(name)
		}
	})
}
