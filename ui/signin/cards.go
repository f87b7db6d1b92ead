package signin

import (
	"errors"

	"incamera/identity"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
	"incamera/ui/trouble"
)

// showCards shows the cards to choose from, or what to do to have one.
func (v *View) showCards() {
	v.showState()
	v.cards.RemoveAll()
	for _, c := range v.present() {
		item, ok := v.items[c]
		if !ok {
			item = v.item(c)
			v.items[c] = item
		}
		item.Choose(c == v.card)
		item.Allow(!v.busy)
		v.cards.Add(item)
	}
	v.cards.Hidden = len(v.cards.Objects) == 0 || v.touch
}

// item shows one card: its make, and its serial number or reader.
func (v *View) item(c identity.Card) *kit.Item {
	name, more := title(c.Info()), c.Info().Reader
	about := kit.NewText(more, look.Caption, look.Muted)
	about.Cut = true
	content := kit.With(&kit.Lead{Gap: 14}, kit.NewIcon(look.Card, look.AccentInk, 1.3),
		kit.Column(1, kit.Bold(name, look.Body, look.Ink), about))
	return kit.NewItem(content, name+", "+more, func() { v.choose(c) })
}

// title names a card by its make, and by its serial number if it tells.
func title(info identity.CardInfo) string {
	if info.Serial == "" {
		return info.Make
	}
	return info.Make + " · " + info.Serial
}

// showState says what the person has to do, if there is no card to choose or
// the one chosen cannot be used.
func (v *View) showState() {
	icon, title, text := v.stateNow(v.words)
	v.state.Hidden = title == ""
	tone := look.Tone(look.AccentInk)
	if icon == look.Warning {
		tone = look.AmberInk
	}
	v.stateIcon.Set(icon, tone)
	v.stateTitle.Set(title)
	v.stateText.Set(text)
}

func (v *View) stateNow(w *words.Catalogue) (look.Icon, string, string) {
	if v.touch {
		return look.Card, w.SignIn.Touch, w.SignIn.TouchHint
	}
	if v.card != nil && v.left == 0 && v.err == nil {
		return look.Warning, w.SignIn.Blocked, w.SignIn.BlockedHint
	}
	if said, ok := v.said(w); ok && said.Calm {
		return look.Info, said.Title, said.Text
	}
	cards := v.present()
	if len(cards) > 1 && v.card == nil {
		return look.Card, w.SignIn.Choose, ""
	}
	if len(cards) > 0 {
		return look.Card, "", ""
	}
	for _, r := range v.readers {
		if r.Reading {
			return look.Card, w.SignIn.Reading, ""
		}
		if r.Err != nil {
			said := trouble.Say(r.Err, w)
			return look.Warning, said.Title, said.Text
		}
	}
	if len(v.readers) == 0 {
		return look.Reader, w.SignIn.NoReader, w.SignIn.NoReaderHint
	}
	return look.Card, w.SignIn.NoCard, w.SignIn.NoCardHint
}

func asWrong(err error) (*identity.WrongPINError, bool) {
	return errors.AsType[*identity.WrongPINError](err)
}
