package client

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"incamera/cmd/incamera/rehearsal"
	"incamera/identity"
	"incamera/media/engine"
	"incamera/media/mediatest"
	"incamera/ui"
)

// Show says how a rehearsal is shown.
type Show struct {
	Language   string
	Screenshot string // a PNG file; "": none
	Auto       bool   // nobody is there to press anything
	PIN        string // of the card
}

// AppID is what the system knows the program by.
const AppID = "ca.incamera.client"

// A Stage runs a rehearsal. It has the person sit, and shoots the screenshot, by
// what it is given.
type Stage func(ctx context.Context, sit func(context.Context, rehearsal.Place) error, shoot func() error) error

// Rehearse shows a rehearsal in a window, and runs the stage beside it. It must
// be called on the main goroutine.
func Rehearse(ctx context.Context, show Show, stage Stage) error {
	a := app.NewWithID(AppID + ".rehearsal")
	ctx, end := context.WithCancel(ctx)
	defer end()
	window, shut := context.WithCancel(ctx)
	defer shut()
	left := make(chan struct{}) // closed when the window has
	places := make(chan rehearsal.Place)
	over := make(chan error, 1)
	var shown atomic.Pointer[client]
	shoot := func() error {
		if c := shown.Load(); c != nil && show.Screenshot != "" {
			return shootTo(c.window, show.Screenshot)
		}
		return nil
	}
	go func() {
		over <- stage(ctx, func(ctx context.Context, p rehearsal.Place) error {
			select {
			case places <- p:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			<-ctx.Done() // the window has the place for as long as it likes
			shut()
			<-left // the service is still there to give the seat up to
			return nil
		}, shoot)
		end()
	}()
	select {
	case p := <-places:
		c := newClient(window, placed(a, show, p))
		shown.Store(c)
		if show.Auto {
			go c.auto(show, p)
		}
		c.run(shut)
		close(left)
		end()
		return <-over
	case err := <-over:
		return err
	}
}

// placed is the client of a rehearsal.
func placed(a fyne.App, show Show, p rehearsal.Place) Options {
	rack := NewRack(p.System, p.Microphone, p.Loudspeaker, p.Camera)
	if p.Camera == rehearsal.Pattern {
		pattern := mediatest.NewPattern(image.Pt(1280, 720), 0)
		rack.instead = func(context.Context) (engine.PictureSource, error) { return mediatest.NewCamera(pattern, 30), nil }
	}
	return Options{
		App: a, Window: ui.Options{House: rehearsal.House, Language: show.Language},
		Readers: p.Readers, Seat: p.Options, Rack: rack, Hooks: p.Hooks, Seated: p.Seated,
	}
}

// pause is what a person would take in each room.
const pause = time.Second

// auto does what a person would: the card, the sitting, the check.
func (c *client) auto(show Show, p rehearsal.Place) {
	card, err := rehearsal.FirstCard(c.ctx, p.Readers)
	if err != nil {
		return // the window has been closed
	}
	c.signIn(card, typist(show.PIN))
	v := c.await()
	if v == nil {
		return
	}
	for _, i := range v.invited {
		if i.Sitting == p.Sitting {
			c.check(v, i)
			c.sleep(pause)
			c.sit(v, i)
		}
	}
}

// await waits for somebody to be signed in and invited.
func (c *client) await() *visit {
	for c.sleep(50 * time.Millisecond) {
		c.mu.Lock()
		all, done := c.visits, c.done
		c.mu.Unlock()
		if len(all) == 0 {
			continue
		}
		select {
		case <-done:
			return all[0]
		default:
		}
	}
	return nil
}

func (c *client) sleep(d time.Duration) bool {
	select {
	case <-c.ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// A typist types a PIN at once.
type typist string

// PIN implements [identity.Asker].
func (t typist) PIN(context.Context, identity.PINQuestion) ([]byte, error) { return []byte(t), nil }

// Touch implements [identity.Asker].
func (typist) Touch(context.Context, identity.CardInfo) {}

// shootTo writes what is in the window.
func shootTo(w *ui.Window, file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := png.Encode(f, w.Capture()); err != nil {
		_ = f.Close() // the error before says more
		return fmt.Errorf("screenshot: %w", err)
	}
	return f.Close()
}
