package chamber

import (
	"fmt"

	"incamera/ui/look/words"
	"incamera/ui/security"
	"incamera/ui/trouble"
)

// showBanner shows what most needs to be known: an alarm, a lost link, then a device
// that failed, then the relay, then what a request answered.
func (v *View) showBanner() {
	w := v.words.Chamber
	before := v.banner.Visible()
	v.advice = func() {}
	switch {
	case v.alarms() > 0:
		list := v.scene.Security.Alarms
		title, text := security.Words(list[len(list)-1], v.name, v.words)
		v.advice = v.openSecurity
		v.banner.Say(title, text, v.words.Common.Security, true)
	case !v.scene.LinkLost.IsZero():
		lost := words.Since(v.now.Sub(v.scene.LinkLost))
		v.banner.Say(w.LinkLost, fmt.Sprintf(w.LinkLostHint, lost), "", false)
	case v.meter.Fault != nil:
		v.say(v.meter.Fault, v.chooseDevices())
	case v.joined && !v.meter.Connected:
		v.banner.Say(w.Relay, w.RelayHint, "", false)
	case v.told != nil:
		v.say(v.told, nil)
	default:
		v.banner.Say("", "", "", false)
	}
	if before != v.banner.Visible() {
		v.centre.Refresh()
	}
}

// say shows a trouble, and a button where there is something to do.
func (v *View) say(err error, next func()) {
	said := trouble.Say(err, v.words)
	button := ""
	if next != nil {
		button, v.advice = said.Next, next
	}
	v.banner.Say(said.Title, said.Text, button, said.Grave)
}

// chooseDevices is what opens the sheet to choose other devices; nil if one cannot.
func (v *View) chooseDevices() func() {
	if v.o.Rack == nil {
		return nil
	}
	return v.OpenDevices
}
