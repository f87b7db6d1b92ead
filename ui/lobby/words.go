package lobby

import (
	"cmp"

	"fyne.io/fyne/v2"

	"incamera/sitting"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
)

// Title is a sitting's title in a language, or in another if it has none in that.
func Title(o *sitting.Order, lang string) string {
	return cmp.Or(in(o.Title, lang), string(o.Sitting))
}

// House is the house's name in a language, or in another if it has none in that.
func House(o *sitting.Order, lang string) string { return in(o.House, lang) }

func in(names sitting.Names, lang string) string {
	for _, l := range append([]string{lang}, words.Languages...) {
		if name := names.In(l); name != "" {
			return name
		}
	}
	return ""
}

// Role says a role.
func Role(r sitting.Role, w *words.Catalogue) string {
	switch r {
	case sitting.RoleChair:
		return w.Sitting.Chair
	case sitting.RoleClerk:
		return w.Sitting.Clerk
	case sitting.RoleInterpreter:
		return w.Sitting.Interpreter
	case sitting.RoleStaff:
		return w.Sitting.Staff
	case sitting.RoleWitness:
		return w.Sitting.Witness
	case sitting.RoleBroadcaster:
		return w.Sitting.Broadcaster
	}
	return w.Sitting.Member
}

// KindWord says a kind of sitting.
func KindWord(k sitting.Kind, w *words.Catalogue) string {
	if k == sitting.InCamera {
		return w.Sitting.InCamera
	}
	return w.Sitting.Public
}

// Kind is the mark of a kind: a lock on amber for in camera, an open ring for
// public, and the word.
func Kind(k sitting.Kind, w *words.Catalogue) fyne.CanvasObject {
	if k == sitting.InCamera {
		return kit.NewMark(kit.Row(6, kit.NewIcon(look.Lock, look.OnAmber, 0.9),
			kit.Bold(w.Sitting.InCamera, look.Body, look.OnAmber)), look.Amber)
	}
	mark := kit.NewMark(kit.Row(6, kit.NewIcon(look.Open, look.AccentInk, 0.9),
		kit.Bold(w.Sitting.Public, look.Body, look.AccentInk)), look.AccentWash)
	return mark
}

func member(o *sitting.Order, id sitting.MemberID) (sitting.Member, bool) {
	for _, m := range o.Roster {
		if m.ID == id {
			return m, true
		}
	}
	return sitting.Member{}, false
}
