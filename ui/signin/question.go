package signin

import (
	"bytes"

	"fyne.io/fyne/v2"

	"incamera/identity"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
)

// A Question asks for a PIN on a sheet, outside of the room to sign in: to
// sign with the card, or to change its PIN. Its fields belong to the UI
// goroutine.
type Question struct {
	q        identity.PINQuestion
	done     func([]byte, error)
	renew    func() // builds the sheet again
	pin      *kit.PIN
	again    *kit.PIN // the new PIN once more
	confirm  *kit.Button
	differed bool
}

// NewQuestion returns a question; done is called with the answer, renew when
// there is something else to show.
func NewQuestion(q identity.PINQuestion, done func([]byte, error), renew func()) *Question {
	a := &Question{q: q, done: done, renew: renew}
	a.confirm = kit.NewButton(kit.Filled, "", "", a.enter)
	a.pin = kit.NewPIN(func(int) { a.allow() }, a.enter)
	a.again = kit.NewPIN(func(int) { a.allow() }, a.enter)
	a.allow()
	return a
}

// Focus gives the field the keyboard.
func (a *Question) Focus(c fyne.Canvas) { c.Focus(a.pin) }

func (a *Question) allow() {
	if a.again == nil {
		return
	}
	a.confirm.Allow(a.pin.Len() >= 6 && (a.q.Which != identity.PINNew || a.again.Len() >= 6))
}

// enter answers; a new PIN only when it was typed twice alike.
func (a *Question) enter() {
	if a.confirm.Disabled() {
		return
	}
	pin := a.pin.Take()
	if a.q.Which == identity.PINNew {
		again := a.again.Take()
		same := bytes.Equal(pin, again)
		clear(again)
		if !same {
			clear(pin)
			a.differed = true
			a.renew()
			return
		}
	}
	a.done(pin, nil)
}

// Leaf is the question as it lies on a sheet.
func (a *Question) Leaf(w *words.Catalogue) kit.Leaf {
	a.pin.Say(w.SignIn.PIN, w.SignIn.PINHint)
	a.again.Say(w.SignIn.AskRepeat, w.SignIn.PINHint)
	a.confirm.Say(w.SignIn.Confirm, "")
	rows := []fyne.CanvasObject{kit.NewText(title(a.q.Card), look.Body, look.Muted), a.pin}
	heading := w.SignIn.AskSign
	switch a.q.Which {
	case identity.PINOld:
		heading = w.SignIn.AskOld
	case identity.PINNew:
		heading = w.SignIn.AskNew
		rows = append(rows, kit.NewText(w.SignIn.AskRepeat, look.Body, look.Ink), a.again)
	}
	if a.differed {
		rows = append(rows, kit.Wrapped(w.SignIn.Differ, look.Body, look.DangerInk, width))
	}
	if a.q.Left >= 0 && a.q.Which != identity.PINNew {
		rows = append(rows, kit.NewText(w.For(w.SignIn.Tries, a.q.Left), look.Body, look.Muted))
	}
	if a.q.Left == 1 && a.q.Which != identity.PINNew {
		rows = append(rows, kit.Wrapped(w.SignIn.LastTry, look.Body, look.DangerInk, width))
	}
	cancel := kit.NewButton(kit.Plain, "", w.Common.Cancel, func() { a.done(nil, identity.ErrCancelled) })
	return kit.Leaf{Title: heading, Content: kit.Column(look.Gap, rows...), Buttons: []*kit.Button{cancel, a.confirm}}
}
