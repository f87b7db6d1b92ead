package chamber

import (
	"fyne.io/fyne/v2"

	"incamera/ui/kit"
	"incamera/ui/lobby"
	"incamera/ui/look"
)

// header says which sitting this is, whether it is public, and that it is sealed.
type header struct {
	title   *kit.Text // house and sitting
	short   *kit.Text // the sitting alone, where there is no room for both
	kind    *fyne.Container
	seal    *kit.Button
	content fyne.CanvasObject
}

func newHeader(security func()) *header {
	h := &header{title: kit.Bold("", look.Body, look.Ink), short: kit.Bold("", look.Body, look.Ink), kind: kit.With(&kit.Stack{})}
	h.short.Cut = true
	h.seal = kit.NewButton(kit.Quiet, look.Seal, "", security)
	h.content = kit.With(&kit.Trail{Gap: look.Room}, kit.With(&naming{h}, h.title, h.short), kit.Row(look.Room, h.kind, h.seal))
	return h
}

func (h *header) show(v *View) {
	w, o := v.words, v.scene.Sitting.Order
	h.short.Set(lobby.Title(o, w.Lang))
	h.title.Set(lobby.House(o, w.Lang) + " · " + h.short.Text)
	h.kind.Objects = []fyne.CanvasObject{lobby.Kind(o.Kind, w)}
	h.kind.Refresh()
	h.seal.Look(kit.Quiet, look.Seal)
	text := w.Chamber.NotSealed
	if n := v.alarms(); n > 0 {
		h.seal.Look(kit.Warned, look.Warning)
		text = w.For(w.Security.Count, n)
	} else if f := v.scene.Security; f != nil && len(f.Holders) > 0 {
		text = w.Chamber.Sealed + " · " + w.For(w.Chamber.Verified, len(f.Holders))
	}
	h.seal.Say(text, text+". "+w.Chamber.SealedHint)
	h.content.Refresh()
}

// alarms is how many alarms the person has not looked at yet.
func (v *View) alarms() int {
	if v.scene.Security == nil {
		return 0
	}
	return len(v.scene.Security.Alarms) - v.heeded
}

// naming lays out which of the two names is shown.
type naming struct{ *header }

func (n *naming) MinSize([]fyne.CanvasObject) fyne.Size { return n.short.MinSize() }

func (n *naming) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	both := n.title.Whole() <= s.Width+0.5
	show(n.title, both)
	show(n.short, !both)
	n.title.Resize(s)
	n.short.Resize(s)
}
