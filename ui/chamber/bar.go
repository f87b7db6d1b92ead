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
	longest                         string          // of all hints
	one, two                        *fyne.Container // the bar in one row, and in two
	rows                            *fyne.Container // holds one of them
}

func newBar(v *View) *bar {
	b := &bar{live: kit.NewLive(), hint: kit.NewText("", look.Body, look.Muted)}
	b.microphone = kit.NewButton(kit.Plain, look.MicrophoneOff, "", v.toggleMicrophone)
	b.camera = kit.NewButton(kit.Plain, look.CameraOff, "", v.toggleCamera)
	b.hand = kit.NewButton(kit.Plain, look.Hand, "", v.toggleHand)
	b.leave = kit.NewButton(kit.Plain, look.Leave, "", v.confirmLeaving)
	b.hint.Cut = true
	b.one = kit.Row(look.Gap, b.live, b.microphone, b.camera, b.hand, b.hint, kit.Spacer(), b.leave)
	b.two = kit.Column(look.Gap, kit.Row(look.Gap, b.live, b.hint),
		kit.Row(look.Gap, b.microphone, b.camera, b.hand, kit.Spacer(), b.leave))
	b.rows = kit.With(&kit.Stack{}, b.one)
	return b
}

// hintLeast is how much room the hint must have for the bar to have one row:
// at large text, as much as the longest needs.
func (b *bar) hintLeast() float32 {
	if look.Scale() > 1.25 {
		return fyne.MeasureText(b.longest, look.Body.Pixels(), fyne.TextStyle{}).Width
	}
	return 6 * look.Body.Pixels()
}

// fit puts the bar in one row where that is wide enough, else in two.
func (b *bar) fit(width float32) {
	need := look.Gap + b.hintLeast()
	for _, o := range []fyne.CanvasObject{b.live, b.microphone, b.camera, b.hand, b.leave} {
		need += o.MinSize().Width + look.Gap
	}
	rows := b.one
	if need > width {
		rows = b.two
	}
	if b.rows.Objects[0] != rows {
		b.rows.Objects[0] = rows
		b.rows.Refresh()
	}
}

// show sets the buttons from the scene and from what is wanted of the set.
func (b *bar) show(v *View) {
	w := v.words.Chamber
	b.live.Say(w.Live, w.MayNotSpeak)
	b.longest = w.YouHaveFloor + ". " + w.HoldSpace + "."
	b.showMicrophone(v)
	b.camera.Look(kit.Plain, look.CameraOff)
	b.camera.Say(w.Camera, w.CameraOn)
	if v.camera {
		b.camera.Look(kit.On, look.Camera)
		b.camera.Say(w.Camera, w.CameraOff)
	}
	b.showHand(v)
	b.leave.Say(w.Leave, "")
	b.hint.Set(b.says(v))
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
	if v.scene.Sitting.HandUp(v.scene.Me) {
		b.hand.Look(kit.On, look.Hand)
		b.hand.Say(w.LowerHand, "")
		b.hand.Allow(v.may(sitting.LowerHand{}))
		return
	}
	b.hand.Look(kit.Plain, look.Hand)
	b.hand.Say(w.Hand, "")
	b.hand.Allow(v.may(sitting.RaiseHand{}))
}

// says is the hint: whether one is heard, as the count of frames has it, or
// what one can do to be.
func (b *bar) says(v *View) string {
	w := v.words.Chamber
	at := place(v.scene.Sitting.Hands, v.scene.Me)
	switch {
	case b.live.On():
		return w.LiveHint
	case v.maySpeak() && v.microphone:
		return w.NotLive
	case v.maySpeak():
		return b.longest
	case at > 0:
		return fmt.Sprintf(w.HandUp, at)
	}
	return ""
}

// first is where the keyboard enters the bar: what can be pressed there now.
func (b *bar) first() *kit.Button {
	for _, o := range []*kit.Button{b.microphone, b.hand, b.camera} {
		if !o.Disabled() {
			return o
		}
	}
	return b.leave
}

// place is where a member is in the queue, from 1; 0 for not at all.
func place(hands []sitting.Hand, m sitting.MemberID) int {
	return 1 + slices.IndexFunc(hands, func(h sitting.Hand) bool { return h.By == m })
}

// tick shows what leaves now.
func (b *bar) tick(v *View) {
	b.live.Set(v.meter.Live, v.meter.Microphone)
	if says := b.says(v); says != b.hint.Text {
		b.hint.Set(says)
		b.rows.Refresh()
	}
}
