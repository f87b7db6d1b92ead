package ui

import (
	"fyne.io/fyne/v2"

	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
	"incamera/ui/trouble"
)

// notice is a room that says why there is no other: what happened, what to do,
// and the details for the service desk behind a fold.
type notice struct {
	err   error
	words *words.Catalogue

	icon        *kit.Icon
	title, text *kit.Text
	details     *kit.Details
	next        *kit.Button
	content     *kit.Panel
}

const noticeWidth = 520

func newNotice(w *words.Catalogue, err error, desk kit.Desk, next func()) *notice {
	n := &notice{err: err, words: w, icon: kit.NewIcon(look.Info, look.AccentInk, 2.2)}
	n.title = kit.Bold("", look.Title, look.Ink)
	n.title.Wrap = noticeWidth
	n.text = kit.Wrapped("", look.Body, look.Ink, noticeWidth)
	n.details = kit.NewDetails(desk, noticeWidth, func() { n.content.Refresh() })
	n.next = kit.NewButton(kit.Filled, "", "", next)
	n.content = kit.NewPanel(kit.Sized(noticeWidth, 0, kit.Column(look.Room, kit.Row(0, n.icon), n.title, n.text,
		n.details.Content, kit.Row(0, kit.Spacer(), n.next))), 32)
	n.show()
	return n
}

// Content is what the room shows.
func (n *notice) Content() fyne.CanvasObject { return kit.Centred(n.content) }

// Say changes the language.
func (n *notice) Say(w *words.Catalogue) { n.words = w; n.show() }

// Go is the button that goes on.
func (n *notice) Go() *kit.Button { return n.next }

func (n *notice) show() {
	w := n.words
	said := trouble.Say(n.err, w)
	switch {
	case said.Calm:
		n.icon.Set(look.Info, look.AccentInk)
	case said.Grave:
		n.icon.Set(look.Warning, look.DangerInk)
	default:
		n.icon.Set(look.Warning, look.AmberInk)
	}
	n.title.Set(said.Title)
	n.text.Set(said.Text)
	n.details.Set(said.Details)
	n.details.Say(w.Common.Details, w.Common.Copy, w.Common.Copied)
	if n.next.Say(said.Next, ""); said.Next == "" {
		n.next.Say(w.Common.TryAgain, "")
	}
	n.content.Refresh()
}
