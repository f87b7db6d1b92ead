package chamber

import (
	"fyne.io/fyne/v2"

	"incamera/ui/kit"
	"incamera/ui/lobby"
	"incamera/ui/look"
)

// header says which sitting this is, whether it is public, and that it is sealed.
type header struct {
	title   *kit.Text
	kind    *fyne.Container
	seal    *kit.Button
	content fyne.CanvasObject
}

func newHeader(security func()) *header {
	h := &header{title: kit.Bold("", look.Body, look.Ink), kind: kit.With(&kit.Stack{})}
	h.title.Cut = true
	h.seal = kit.NewButton(kit.Quiet, look.Seal, "", security)
	h.content = kit.With(&kit.Trail{Gap: look.Room}, h.title, kit.Row(look.Room, h.kind, h.seal))
	return h
}

func (h *header) show(v *View) {
	w, o := v.words, v.scene.Sitting.Order
	h.title.Set(lobby.House(o, w.Lang) + " · " + lobby.Title(o, w.Lang))
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
