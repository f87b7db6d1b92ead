package devices

import (
	"fyne.io/fyne/v2"

	"incamera/media"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
	"incamera/ui/trouble"
)

// Sheet builds what is needed to choose other devices during a sitting, as of
// now: each kind, and what is the matter with it. What is chosen is used at once.
func Sheet(r Rack, w *words.Catalogue) fyne.CanvasObject {
	rows := []fyne.CanvasObject{}
	for k, name := range []string{w.Devices.Microphone, w.Devices.Loudspeaker, w.Devices.Camera} {
		icon := []look.Icon{look.Microphone, look.Loudspeaker, look.Camera}[k]
		rows = append(rows, pick(r, media.DeviceKind(k), name, icon, w))
	}
	return kit.Sized(420, 0, kit.Column(look.Room+4, rows...))
}

func pick(r Rack, k media.DeviceKind, name string, icon look.Icon, w *words.Catalogue) fyne.CanvasObject {
	var of []media.Device
	for _, d := range r.Devices() {
		if d.Kind == k {
			of = append(of, d)
		}
	}
	c := kit.NewChoice(func(i int) { r.Choose(of[i]) })
	c.Say(name, w.Devices.None)
	id, fault := r.Chosen(k)
	offer(c, of, id)
	rows := []fyne.CanvasObject{kit.Row(look.Gap, kit.NewIcon(icon, look.AccentInk, 1.1), kit.Bold(name, look.Body, look.Ink)), c}
	if fault != nil {
		rows = append(rows, kit.Wrapped(trouble.Say(fault, w).Title, look.Body, look.DangerInk, 420))
	}
	return kit.Column(look.Gap-2, rows...)
}

// offer shows devices, and which is chosen.
func offer(c *kit.Choice, of []media.Device, id string) {
	names, chosen := []string{}, -1
	for i, d := range of {
		names = append(names, d.Name)
		if d.ID == id {
			chosen = i
		}
	}
	c.Offer(names, chosen)
}
