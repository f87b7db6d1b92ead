package ui

import (
	"context"

	"incamera/identity"
	"incamera/ui/bridge"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/signin"
)

// PIN implements [identity.Asker]: in the room to sign in, what the person
// typed there; anywhere else, a sheet asks. It waits for the person.
func (w *Window) PIN(ctx context.Context, q identity.PINQuestion) ([]byte, error) {
	if v := bridge.Call(w.signIn); v != nil && q.Which == identity.PINToSign {
		return v.PIN(ctx, q)
	}
	return signin.Wait(ctx, func(answer func([]byte, error)) { w.ask(q, answer) }, func() { w.sheets.Close() })
}

// Touch implements [identity.Asker]: it says that the card waits to be
// touched, until ctx ends, and does not wait.
func (w *Window) Touch(ctx context.Context, info identity.CardInfo) {
	if v := bridge.Call(w.signIn); v != nil {
		v.Touch(ctx, info)
		return
	}
	bridge.Do(func() {
		if ctx.Err() != nil {
			return
		}
		w.sheets.Open(func() kit.Leaf {
			return kit.Leaf{Title: w.words.SignIn.Touch, Content: kit.NewText(w.words.SignIn.TouchHint, look.Body, look.Ink)}
		}, nil)
		context.AfterFunc(ctx, func() { bridge.Do(func() { w.sheets.Close() }) })
	})
}

func (w *Window) signIn() *signin.View {
	v, _ := w.room.(*signin.View)
	return v
}

// ask lays a sheet over the room that asks for a PIN.
func (w *Window) ask(q identity.PINQuestion, answer func([]byte, error)) {
	done := func(pin []byte, err error) {
		if answer != nil {
			answer(pin, err)
			answer = nil
		}
		w.sheets.Close()
	}
	a := signin.NewQuestion(q, done, w.sheets.Renew)
	w.sheets.Open(func() kit.Leaf { return a.Leaf(w.words) }, func() { done(nil, identity.ErrCancelled) })
	a.Focus(w.window.Canvas())
}
