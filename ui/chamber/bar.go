package chamber

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"

	"incamera/sitting"
	"incamera/ui/kit"
	"incamera/ui/look"
)

// bar is the foot of the room: what leaves, and what one can do about it.
type bar struct {
	live                            *kit.Live
	microphone, camera, hand, leave *kit.Button
	hint                            *kit.Text
	rows                            *fyne.Container
}

func newBar(v *View) *bar {
	b := &bar{live: kit.NewLive(), hint: kit.NewText("", look.Body, look.Muted)}
	b.microphone = kit.NewButton(kit.Plain, look.MicrophoneOff, "", v.toggleMicrophone)
	b.camera = kit.NewButton(kit.Plain, look.CameraOff, "", v.toggleCamera)
	b.hand = kit.NewButton(kit.Plain, look.Hand, "", v.toggleHand)
	b.leave = kit.NewButton(kit.Plain, look.Leave, "", v.confirmLeaving)
	return b
}

// lay puts the bar in one row, or in two when the text is large.
func (b *bar) lay() fyne.CanvasObject {
	b.rows = kit.Row(look.Gap, b.live, b.microphone, b.camera, b.hand, b.hint, kit.Spacer(), b.leave)
	if look.Scale() > 1.25 {
		b.rows = kit.Column(look.Gap,
			kit.Row(look.Gap, b.live, b.hint),
			kit.Row(look.Gap, b.microphone, b.camera, b.hand, kit.Spacer(), b.leave))
	}
	return b.rows
}

// show sets the buttons from the scene and from what is wanted of the set.
func (b *bar) show(v *View) {
	w := v.words.Chamber
	b.live.Say(w.Live, w.MayNotSpeak)
	b.showMicrophone(v)
	b.camera.Look(kit.Plain, look.CameraOff)
	b.camera.Say(w.Camera, w.CameraOn)
	if v.camera {
		b.camera.Look(kit.On, look.Camera)
		b.camera.Say(w.Camera, w.CameraOff)
	}
	b.showHand(v)
	b.leave.Say(w.Leave, "")
	b.rows.Refresh()
}

func (b *bar) showMicrophone(v *View) {
	w := v.words.Chamber
	b.microphone.Look(kit.Plain, look.MicrophoneOff)
	b.microphone.Say(w.Microphone, w.MicrophoneOn)
	if v.microphone {
		b.microphone.Look(kit.On, look.Microphone)
		b.microphone.Say(w.Microphone, w.MicrophoneOff)
	}
	if v.maySpeak() && !v.microphone && !v.presides() {
		b.microphone.Look(kit.Filled, look.MicrophoneOff) // what goes on is to speak
	}
	b.microphone.Allow(v.maySpeak())
}

func (b *bar) showHand(v *View) {
	w := v.words.Chamber
	hint := ""
	switch place := place(v.scene.Sitting.Hands, v.scene.Me); {
	case place > 0:
		b.hand.Look(kit.On, look.Hand)
		b.hand.Say(w.LowerHand, "")
		b.hand.Allow(v.may(sitting.LowerHand{}))
		hint = fmt.Sprintf(w.HandUp, place)
	default:
		b.hand.Look(kit.Plain, look.Hand)
		b.hand.Say(w.Hand, "")
		b.hand.Allow(v.may(sitting.RaiseHand{}))
	}
	switch {
	case v.maySpeak() && v.microphone && !v.held:
		hint = w.LiveHint
	case v.maySpeak():
		hint = w.YouHaveFloor + ". " + w.HoldSpace + "."
	}
	b.hint.Set(hint)
}

// place is where a member is in the queue, from 1; 0 for not at all.
func place(hands []sitting.Hand, m sitting.MemberID) int {
	return 1 + slices.IndexFunc(hands, func(h sitting.Hand) bool { return h.By == m })
}

// tick shows what leaves now.
func (b *bar) tick(v *View) {
	b.live.Set(v.meter.Live, v.meter.Microphone)
}
