package devices

import (
	"image"

	"incamera/media"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/trouble"
)

// show sets everything on the screen from the fields.
func (v *View) show() {
	w := v.words.Devices
	v.title.Set(w.Title)
	v.lead.Set(w.Lead)
	v.note.Set(w.MicrophoneFollow)
	v.meter.Say(w.Level)
	for k, name := range []string{w.Microphone, w.Loudspeaker, w.Camera} {
		v.rows[k].label.Set(name)
		v.rows[k].choice.Say(name, w.None)
		v.rows[k].verdict.SetTone(v.verdict(media.DeviceKind(k)))
		v.rows[k].verdict.Hidden = v.rows[k].verdict.Text == ""
	}
	v.pictureWords.Set(w.Preview)
	v.picture.Person(w.Camera, v.o.Signals.Picture())
	v.showTrial()
	v.enter.Say(w.Enter, "")
	if v.o.Done {
		v.enter.Say(w.Done, "")
	}
	v.back.Say(v.words.Common.Back, "")
	v.trouble.Say("", "", "", false)
	said := trouble.Said{}
	if v.err != nil {
		said = trouble.Say(v.err, v.words)
		v.trouble.Say(said.Title, said.Text, "", said.Grave)
	}
	common := v.words.Common
	v.details.Set(said.Details)
	v.details.Say(common.Details, common.Copy, common.Copied)
	v.content.Refresh()
}

func (v *View) showTrial() {
	w := v.words.Devices
	v.trialTitle.Set(w.Trial)
	v.trialHint.SetTone(w.TrialHint, look.Muted)
	v.play.Look(kit.Plain, look.Play)
	v.play.Say(w.PlayTest, "")
	v.record.Look(kit.Plain, look.Record)
	v.record.Say(w.Record, "")
	v.play.Allow(v.doing != Recording && v.doing != Replaying)
	v.record.Allow(v.doing != Playing)
	switch v.doing {
	case Playing:
		v.play.Look(kit.On, look.Stop)
		v.play.Say(w.StopTest, "")
	case Recording:
		v.trialHint.SetTone(w.Recording, look.DangerInk)
		v.record.Look(kit.On, look.Stop)
		v.record.Say(w.Stop, "")
	case Replaying:
		v.trialHint.SetTone(w.Replaying, look.AccentInk)
		v.record.Look(kit.On, look.Stop)
		v.record.Say(w.Stop, "")
	}
}

// verdict says how a device does, and in which tone.
func (v *View) verdict(k media.DeviceKind) (string, look.Tone) {
	w := v.words.Devices
	id, fault := v.o.Rack.Chosen(k)
	if fault != nil {
		return trouble.Say(fault, v.words).Title, look.DangerInk
	}
	if id == "" {
		return w.None, look.DangerInk
	}
	switch k {
	case media.CameraDevice:
		if s := v.o.Signals.Picture(); s == nil || s.Size() == (image.Point{}) {
			return w.CameraWait, look.Muted
		}
		return w.CameraGood, look.AccentInk
	case media.LoudspeakerDevice:
		if v.doing == Playing {
			return w.Playing, look.AccentInk
		}
		return "", look.Muted
	}
	switch v.levels.verdict() {
	case good:
		return w.Good, look.AccentInk
	case tooQuiet:
		return w.TooQuiet, look.AmberInk
	case tooLoud:
		return w.TooLoud, look.AmberInk
	case noSound:
		return w.NoSound, look.DangerInk
	}
	return w.SpeakNow, look.Muted
}
