// Package signin is the room where a person shows a card and types its PIN.
// It owns what is shown of the readers and the field that holds the PIN; the
// PIN leaves it once, as the answer to the card's own question. It may touch
// the words of identity.
package signin

import (
	"context"

	"fyne.io/fyne/v2"

	"incamera/identity"
	"incamera/ui/bridge"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
	"incamera/ui/trouble"
)

// A Door is what a person may ask here. Neither method waits; what comes of it
// is told by the program, by showing another room or by Tell.
type Door interface {
	// SignIn starts signing in with card. The card will ask for its PIN.
	SignIn(card identity.Card)
	// ChangePIN starts changing card's PIN. The card will ask for the old one
	// and the new one, on sheets.
	ChangePIN(card identity.Card)
	// Cancel gives up what was started.
	Cancel()
}

// width of the panel's content, in pixels at scale 1.
const width = 430

// A View is the room. Its fields belong to the UI goroutine; PIN and Touch may
// be called from any other.
type View struct {
	door    Door
	canvas  fyne.Canvas
	words   *words.Catalogue
	readers []identity.Reader
	card    identity.Card // chosen; nil for none
	busy    bool          // signing in, or changing the PIN
	keeps   bool          // PINs are not changed here
	held    bool          // the PIN was typed before the card asked
	warned  bool          // of the last try, since the card was chosen
	left    int           // tries left, -1 if unknown
	answer  func([]byte, error)
	touch   bool
	err     error

	title, lead, hint, label, tries *kit.Text
	cards                           *fyne.Container
	items                           map[identity.Card]*kit.Item
	state                           *fyne.Container // what to do when there is nothing to choose
	stateIcon                       *kit.Icon
	stateTitle, stateText           *kit.Text
	pin                             *kit.PIN
	form                            *fyne.Container
	trouble                         *kit.Banner
	details                         *kit.Details
	change, submit                  *kit.Button
	content                         *kit.Panel
}

// New returns the room, with no readers yet. Where it can, it gives the PIN the keyboard.
func New(w *words.Catalogue, c fyne.Canvas, desk kit.Desk, d Door) *View {
	v := &View{door: d, words: w, canvas: c, left: -1, items: map[identity.Card]*kit.Item{}}
	v.title = kit.Bold("", look.Title, look.Ink)
	v.lead = kit.Wrapped("", look.Body, look.Muted, width)
	v.cards = kit.Column(look.Gap)
	v.stateIcon = kit.NewIcon(look.Card, look.AccentInk, 2.2)
	v.stateTitle = kit.Bold("", look.Name, look.Ink)
	v.stateTitle.Wrap = width - 70
	v.stateText = kit.Wrapped("", look.Body, look.Muted, width-70)
	v.state = kit.Row(look.Room+4, v.stateIcon, kit.Column(look.Hair, v.stateTitle, v.stateText))
	v.label = kit.Bold("", look.Body, look.Ink)
	v.tries = kit.NewText("", look.Body, look.Muted)
	v.hint = kit.Wrapped("", look.Body, look.DangerInk, width)
	v.pin = kit.NewPIN(func(int) { v.show() }, v.enter)
	v.form = kit.Column(6, kit.Row(look.Gap, v.label, kit.Spacer(), v.tries), v.pin, v.hint)
	v.trouble = kit.NewBanner(width, nil)
	v.details = kit.NewDetails(desk, width, func() { v.content.Refresh() })
	v.change = kit.NewButton(kit.Quiet, "", "", v.changePIN)
	v.submit = kit.NewButton(kit.Filled, "", "", v.enter)
	v.content = kit.NewPanel(kit.Sized(width, 0, kit.Column(look.Room,
		v.title, v.lead, v.trouble, v.details.Content, v.state, v.cards, v.form, kit.Row(0, v.change, kit.Spacer(), v.submit))), 32)
	v.show()
	return v
}

// KeepPINs offers no change of PINs.
func (v *View) KeepPINs() {
	v.keeps = true
	v.show()
}

// Content is what the room shows.
func (v *View) Content() fyne.CanvasObject { return kit.Centred(v.content) }

// Say changes the language.
func (v *View) Say(w *words.Catalogue) {
	v.words = w
	clear(v.items)
	v.show()
}

// Go is the button that goes on.
func (v *View) Go() *kit.Button { return v.submit }

// Tell ends signing in and says why it failed; nil says nothing.
func (v *View) Tell(err error) {
	v.busy, v.held, v.err = false, false, err
	v.left = tries(v.card)
	if wrong, ok := asWrong(err); ok {
		v.left = wrong.Left
	}
	v.pin.Wipe()
	v.show()
	v.focus()
}

// Back gives up: a question of the card first, then signing in.
func (v *View) Back() bool {
	if v.answer == nil && !v.busy {
		return false
	}
	v.reply(nil, identity.ErrCancelled)
	v.door.Cancel()
	return true
}

// Show shows the machine's readers. A card that is alone is chosen.
func (v *View) Show(readers []identity.Reader) {
	v.readers = readers
	cards := v.present()
	if !contains(cards, v.card) {
		v.choose(nil)
	}
	if v.card == nil && len(cards) == 1 {
		v.choose(cards[0])
	}
	v.show()
	v.focus()
}

func (v *View) present() []identity.Card {
	var cards []identity.Card
	for _, r := range v.readers {
		if r.Card != nil {
			cards = append(cards, r.Card)
		}
	}
	return cards
}

func contains(cards []identity.Card, c identity.Card) bool {
	for _, o := range cards {
		if o == c {
			return true
		}
	}
	return false
}

func tries(c identity.Card) int {
	if c == nil {
		return -1
	}
	return c.Info().Tries
}

// choose makes c the card to sign in with; what was typed for another is wiped.
func (v *View) choose(c identity.Card) {
	if v.card == c || v.busy {
		return
	}
	v.card, v.left, v.err, v.warned = c, tries(c), nil, false
	v.pin.Wipe()
	v.show()
	v.focus()
}

// enter signs in, or answers the card's question.
func (v *View) enter() {
	if v.submit.Disabled() {
		return
	}
	if v.answer != nil {
		v.reply(v.pin.Take(), nil)
		return
	}
	v.busy, v.held, v.err = true, true, nil
	v.warned = v.warned || v.left == 1
	v.show()
	v.door.SignIn(v.card)
}

// changePIN has the card ask for its PIN and the new one; what was typed here
// is neither.
func (v *View) changePIN() {
	v.busy, v.held, v.err = true, false, nil
	v.pin.Wipe()
	v.show()
	v.door.ChangePIN(v.card)
}

// PIN implements [identity.Asker]. It may be called from any goroutine but the UI's.
func (v *View) PIN(ctx context.Context, q identity.PINQuestion) ([]byte, error) {
	return Wait(ctx, func(answer func([]byte, error)) { v.ask(q, answer) }, func() { v.reply(nil, context.Cause(ctx)) })
}

// Touch implements [identity.Asker]: it shows the request until ctx ends, and
// does not wait.
func (v *View) Touch(ctx context.Context, _ identity.CardInfo) {
	set := func(yes bool) func() { return func() { v.touch = yes; v.show() } }
	bridge.Do(set(true))
	context.AfterFunc(ctx, func() { bridge.Do(set(false)) })
}

// ask answers with what was typed already, or has the person type. A PIN typed
// before it was known that the try is the last is not handed over: the person
// is warned first.
func (v *View) ask(q identity.PINQuestion, answer func([]byte, error)) {
	v.left = q.Left
	if v.held && v.pin.Len() > 0 && (q.Left != 1 || v.warned) {
		v.held = false
		answer(v.pin.Take(), nil)
		v.show()
		return
	}
	v.held, v.answer, v.warned = false, answer, v.warned || q.Left == 1
	v.pin.Wipe()
	v.show()
	v.focus()
}

func (v *View) reply(pin []byte, err error) {
	if answer := v.answer; answer != nil {
		v.answer = nil
		answer(pin, err)
		v.pin.Wipe()
	}
}

func (v *View) focus() {
	if v.form.Visible() && v.canvas.Overlays().Top() == nil {
		v.canvas.Focus(v.pin)
	}
}

// show sets everything on the screen from the fields.
func (v *View) show() {
	w := v.words
	v.title.Set(w.SignIn.Title)
	v.lead.Set(w.SignIn.Lead)
	v.showCards()
	v.showForm()
	v.trouble.Say("", "", "", false)
	said, ok := v.said(w)
	if ok && !said.Calm {
		v.trouble.Say(said.Title, said.Text, "", said.Grave)
	}
	v.details.Set(said.Details)
	v.details.Say(w.Common.Details, w.Common.Copy, w.Common.Copied)
	v.change.Say(w.SignIn.ChangePIN, "")
	v.change.Allow(!v.busy)
	v.change.Hidden = v.form.Hidden || v.keeps
	v.submit.Say(w.SignIn.Submit, "")
	v.submit.Allow(v.ready())
	v.content.Refresh()
}

// said is what has come of it in words, if there is something to say.
func (v *View) said(w *words.Catalogue) (trouble.Said, bool) {
	if v.err == nil {
		return trouble.Said{}, false
	}
	return trouble.Say(v.err, w), true
}

// ready reports whether there is enough to go on: a PIN has six characters at least.
func (v *View) ready() bool {
	typing := !v.busy || v.answer != nil
	return v.card != nil && v.left != 0 && typing && v.pin.Len() >= 6
}

func (v *View) showForm() {
	w := v.words
	v.form.Hidden = v.card == nil || v.left == 0 || v.touch
	v.label.Set(w.SignIn.PIN)
	v.pin.Say(w.SignIn.PIN, w.SignIn.PINHint)
	v.pin.Allow(!v.busy || v.answer != nil)
	tone := look.Tone(look.Muted)
	if v.left == 1 {
		tone = look.DangerInk
	}
	v.tries.SetTone(w.For(w.SignIn.Tries, v.left), tone)
	v.tries.Hidden = v.left < 0
	v.hint.Set(w.SignIn.LastTry)
	v.hint.Hidden = v.left != 1
}
