package ui

import (
	"context"

	"incamera/identity"
	"incamera/ui/bridge"
	"incamera/ui/chamber"
	"incamera/ui/devices"
	"incamera/ui/kit"
	"incamera/ui/lobby"
	"incamera/ui/look/words"
	"incamera/ui/signin"
)

// Names of what the rooms take, so that the program needs this package alone.
type (
	// SignInDoor is what a person may ask while signing in.
	SignInDoor = signin.Door
	// LobbyDoor is what a person may ask in the lobby.
	LobbyDoor = lobby.Door
	// Sitting is one line of the lobby.
	Sitting = lobby.Sitting
	// Devices is what the check of sound and picture shows and asks.
	Devices = devices.Options
	// Scene is all that the chamber shows, as of one moment.
	Scene = chamber.Scene
)

// Chamber is what the chamber shows, and whom it asks.
type Chamber struct {
	chamber.Options
	Scene   func() Scene    // the newest; called on the UI goroutine
	Changed <-chan struct{} // has a token whenever there is a newer one
}

// ShowSignIn shows the room to sign in, with the cards in readers.
func (w *Window) ShowSignIn(readers identity.Readers, door SignInDoor) {
	bridge.Do(func() {
		v := signin.New(w.words, w.window.Canvas(), w.desk(), door)
		if w.o.KeepPINs {
			v.KeepPINs()
		}
		w.swap(v)
		w.follow(func(ctx context.Context) {
			err := readers.Watch(ctx, func(r []identity.Reader) {
				bridge.Do(func() {
					if w.room == v { // else another room came first
						v.Show(r)
					}
				})
			})
			if err != nil && ctx.Err() == nil {
				w.Tell(err)
			}
		})
	})
}

// ShowLobby shows the sittings that a person may enter.
func (w *Window) ShowLobby(person string, sittings []Sitting, door LobbyDoor) {
	bridge.Do(func() {
		if v, ok := w.room.(*lobby.View); ok {
			v.Tell(nil)
			v.Show(sittings, w.o.Now())
			w.progress.show("", nil)
			return
		}
		v := lobby.New(w.words, person, w.desk(), door)
		v.Show(sittings, w.o.Now())
		w.swap(v)
	})
}

// ShowDevices shows the check of sound and picture.
func (w *Window) ShowDevices(d Devices) {
	bridge.Do(func() { w.swap(devices.New(w.words, w.desk(), d)) })
}

// ShowChamber shows a sitting, and follows it until another room is shown.
func (w *Window) ShowChamber(c Chamber) {
	bridge.Do(func() {
		v := chamber.New(w.words, w.sheets, c.Options)
		w.swap(v)
		if c.Rack != nil {
			w.check = v.OpenDevices
		}
		v.Tick(w.o.Now())
		v.Show(c.Scene())
		w.follow(func(ctx context.Context) { bridge.Follow(ctx, c.Changed, c.Scene, v.Show) })
	})
}

// ShowTrouble shows, as a room of its own, what has ended the room before, and
// a button for what comes next; next is called on the UI goroutine.
func (w *Window) ShowTrouble(err error, next func()) {
	bridge.Do(func() { w.swap(newNotice(w.words, err, w.desk(), next)) })
}

// Tell says in the room on show what went wrong; nil says that all is well.
// It ends what [Window.Working] has begun.
func (w *Window) Tell(err error) {
	bridge.Do(func() {
		w.progress.show("", nil)
		if t, ok := w.room.(teller); ok {
			t.Tell(err)
		}
	})
}

// A Step is what long work is at.
type Step uint8

// The steps.
const (
	Idle           Step = iota
	SigningIn           // the card works
	Connecting          // to the service
	Fetching            // the sittings
	Entering            // taking a seat
	AwaitingKeys        // of the group
	OpeningDevices      // sound and picture
	Leaving
)

// Working says that long work is at a step, with a button to cancel it; Idle
// says that it is done. cancel is called on the UI goroutine; nil offers none.
func (w *Window) Working(s Step, cancel func()) {
	bridge.Do(func() {
		w.progress.step = s
		w.progress.say(w.words)
		w.progress.show(stepWords(s, w.words), cancel)
	})
}

func stepWords(s Step, w *words.Catalogue) string {
	switch s {
	case SigningIn:
		return w.Steps.Card
	case Connecting:
		return w.Steps.Service
	case Fetching:
		return w.Steps.Sittings
	case Entering:
		return w.Steps.Enter
	case AwaitingKeys:
		return w.Steps.Keys
	case OpeningDevices:
		return w.Steps.Media
	case Leaving:
		return w.Steps.Leave
	}
	return ""
}

// desk takes details for the service desk, if the House leaves any.
func (w *Window) desk() kit.Desk {
	if w.o.NoDetails {
		return nil
	}
	return func(details string) {
		w.app.Clipboard().SetContent(details)
		w.copied = true
	}
}
