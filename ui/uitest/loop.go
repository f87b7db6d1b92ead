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

// driver is Fyne's test driver with a queue instead of calls from anywhere.
type driver struct {
	fyne.Driver
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
