package uitest

import (
	"sync"
	"testing"
	"testing/synctest"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// A Loop is a Fyne application without a screen, whose UI goroutine is the
// test's own: what other goroutines want done there is queued until
// [Loop.Settle] does it. So views are tested with the bridge that they run on,
// and the race detector sees all of it.
type Loop struct {
	fyne.App
	driver *driver
}

// driver is Fyne's test driver with a queue instead of calls from anywhere,
// and with a keyboard whose keys can be held.
type driver struct {
	fyne.Driver
	last  *keyboard // the canvas of the last window
	mu    sync.Mutex
	queue []func() // guarded by mu
}

// DoFromGoroutine implements [fyne.Driver].
func (d *driver) DoFromGoroutine(f func(), wait bool) {
	done := make(chan struct{})
	d.mu.Lock()
	d.queue = append(d.queue, func() { defer close(done); f() })
	d.mu.Unlock()
	if wait {
		<-done
	}
}

func (d *driver) next() func() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queue) == 0 {
		return nil
	}
	f := d.queue[0]
	d.queue = d.queue[1:]
	return f
}

// NewLoop returns an application for one test. Call it in a bubble of
// testing/synctest.
func NewLoop(t testing.TB) *Loop {
	app := test.NewTempApp(t)
	l := &Loop{App: app, driver: &driver{Driver: app.Driver()}}
	fyne.SetCurrentApp(l)
	t.Cleanup(func() { fyne.SetCurrentApp(app) })
	return l
}

// NewWindow implements [fyne.App].
func (l *Loop) NewWindow(title string) fyne.Window { return l.driver.CreateWindow(title) }

// CreateWindow implements [fyne.Driver].
func (d *driver) CreateWindow(title string) fyne.Window {
	w := d.Driver.CreateWindow(title)
	d.last = &keyboard{Canvas: w.Canvas()}
	return &window{w, d.last}
}

// CanvasForObject implements [fyne.Driver].
func (d *driver) CanvasForObject(o fyne.CanvasObject) fyne.Canvas {
	if d.last != nil {
		return d.last
	}
	return d.Driver.CanvasForObject(o)
}

// window is a window whose canvas has a keyboard.
type window struct {
	fyne.Window
	canvas *keyboard
}

// Canvas implements [fyne.Window].
func (w *window) Canvas() fyne.Canvas { return w.canvas }

// keyboard is a canvas that implements [desktop.Canvas].
type keyboard struct {
	fyne.Canvas
	down, up func(*fyne.KeyEvent)
}

// OnKeyDown implements [desktop.Canvas].
func (k *keyboard) OnKeyDown() func(*fyne.KeyEvent) { return k.down }

// SetOnKeyDown implements [desktop.Canvas].
func (k *keyboard) SetOnKeyDown(f func(*fyne.KeyEvent)) { k.down = f }

// OnKeyUp implements [desktop.Canvas].
func (k *keyboard) OnKeyUp() func(*fyne.KeyEvent) { return k.up }

// SetOnKeyUp implements [desktop.Canvas].
func (k *keyboard) SetOnKeyUp(f func(*fyne.KeyEvent)) { k.up = f }

// Canvas is the canvas of the last window.
func (l *Loop) Canvas() fyne.Canvas { return l.driver.last }

// Driver implements [fyne.App].
func (l *Loop) Driver() fyne.Driver { return l.driver }

// Settle does what is queued until every goroutine of the bubble rests.
func (l *Loop) Settle() {
	for {
		synctest.Wait()
		f := l.driver.next()
		if f == nil {
			return
		}
		f()
	}
}
