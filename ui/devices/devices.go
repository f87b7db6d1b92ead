// Package devices is the room where a person sees that microphone,
// loudspeaker and camera work before a sitting. It owns which level counts as
// good. It may touch the words of media.
package devices

import (
	"time"

	"fyne.io/fyne/v2"

	"incamera/media"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
)

// A Rack is the machine's devices. No method waits; a device that was chosen
// opens by and by, and Fault tells when it cannot be.
type Rack interface {
	// Devices are all devices now.
	Devices() []media.Device
	// Choose takes d for its kind from now on.
	Choose(d media.Device)
	// Chosen is the ID of the device in use, "" if there is none, and what is
	// the matter with it, nil if all is well.
	Chosen(k media.DeviceKind) (id string, fault error)
}

// Signals are what comes from the chosen microphone and camera.
type Signals interface {
	Level() media.Level
	// Picture shows the camera, unsealed and on this machine alone; nil while
	// there is no camera.
	Picture() media.Screen
}

// A Trial lets a person hear the loudspeaker, and themselves. No method waits.
type Trial interface {
	// Play plays a sound to the loudspeaker, once.
	Play()
	// Record records the microphone for at most five seconds, plays that back
	// and forgets it.
	Record()
	// Stop ends either; of a recording, it goes on to play it back.
	Stop()
	// Doing is what is going on now.
	Doing() Doing
}

// Doing is what a trial is at.
type Doing uint8

// What a trial can be at.
const (
	Nothing Doing = iota
	Playing
	Recording
	Replaying
)

// Options is what the room shows and asks.
type Options struct {
	Rack    Rack
	Signals Signals
	Trial   Trial
	Enter   func() // goes on; never waits
	Back    func() // nil for no way back
	Done    bool   // the button says "Done" rather than "Enter the sitting"
}

const width = 590

// column is how wide each half is.
const column = 278

// A View is the room. Its fields belong to the UI goroutine.
type View struct {
	o       Options
	words   *words.Catalogue
	levels  levels
	doing   Doing
	polled  time.Time // when the devices were last looked at
	devices [3][]media.Device
	err     error

	title, lead, note         *kit.Text
	rows                      [3]*line
	meter                     *kit.Meter
	picture                   *kit.Tile
	pictureWords              *kit.Text
	trialTitle, trialHint     *kit.Text
	play, record, enter, back *kit.Button
	trouble                   *kit.Banner
	details                   *kit.Details
	content                   *kit.Panel
}

// line is one device: its name, the choice, and a verdict in words.
type line struct {
	label, verdict *kit.Text
	icon           *kit.Icon
	choice         *kit.Choice
}

// New returns the room.
func New(w *words.Catalogue, desk kit.Desk, o Options) *View {
	v := &View{o: o, words: w}
	v.title = kit.Bold("", look.Title, look.Ink)
	v.lead = kit.Wrapped("", look.Body, look.Muted, width)
	v.note = kit.Wrapped("", look.Body, look.Muted, width-260)
	for k, icon := range []look.Icon{look.Microphone, look.Loudspeaker, look.Camera} {
		v.rows[k] = v.line(media.DeviceKind(k), icon)
	}
	v.meter = kit.NewMeter(24)
	v.pictureWords = kit.NewText("", look.Caption, look.Muted)
	v.picture = kit.NewTile(kit.Inset(10, 6, v.pictureWords), false)
	v.picture.Blank(look.CameraOff)
	v.trialTitle = kit.Bold("", look.Body, look.Ink)
	v.trialHint = kit.Wrapped("", look.Body, look.Muted, column)
	v.play = kit.NewButton(kit.Plain, look.Play, "", v.playOrStop)
	v.record = kit.NewButton(kit.Plain, look.Record, "", v.recordOrStop)
	v.enter = kit.NewButton(kit.Filled, "", "", o.Enter)
	v.back = kit.NewButton(kit.Quiet, "", "", o.Back)
	v.back.Hidden = o.Back == nil
	v.trouble = kit.NewBanner(width, nil)
	v.details = kit.NewDetails(desk, width, func() { v.content.Refresh() })
	v.content = v.lay()
	v.Tick(time.Time{})
	v.show()
	return v
}

func (v *View) line(k media.DeviceKind, icon look.Icon) *line {
	l := &line{label: kit.Bold("", look.Body, look.Ink), verdict: kit.Wrapped("", look.Body, look.Muted, column), icon: kit.NewIcon(icon, look.AccentInk, 1.1)}
	l.choice = kit.NewChoice(func(i int) {
		v.o.Rack.Choose(v.devices[k][i])
		if k == media.MicrophoneDevice {
			v.levels = levels{}
		}
	})
	return l
}

// lay puts sound on the left and the picture on the right.
func (v *View) lay() *kit.Panel {
	block := func(k media.DeviceKind, more ...fyne.CanvasObject) fyne.CanvasObject {
		l := v.rows[k]
		return kit.Column(look.Gap-2, append([]fyne.CanvasObject{kit.Row(look.Gap, l.icon, l.label), l.choice}, more...)...)
	}
	left := kit.Column(look.Room+4,
		block(media.MicrophoneDevice, v.meter, v.rows[media.MicrophoneDevice].verdict),
		block(media.LoudspeakerDevice, kit.Row(0, v.play), v.rows[media.LoudspeakerDevice].verdict),
		kit.Column(look.Gap-2, v.trialTitle, v.trialHint, kit.Row(0, v.record)))
	right := kit.Column(look.Room,
		block(media.CameraDevice, v.rows[media.CameraDevice].verdict),
		kit.Sized(column, 236, v.picture))
	return kit.NewPanel(kit.Column(look.Room, v.title, v.lead, v.trouble, v.details.Content,
		kit.With(&kit.Halves{Gap: 32}, left, right),
		kit.Row(look.Gap, v.note, kit.Spacer(), v.back, v.enter)), 32)
}

// Content is what the room shows.
func (v *View) Content() fyne.CanvasObject { return kit.Centred(v.content) }

// Say changes the language.
func (v *View) Say(w *words.Catalogue) { v.words = w; v.poll(); v.show() }

// Go is the button that goes on.
func (v *View) Go() *kit.Button { return v.enter }

// Back goes back.
func (v *View) Back() bool {
	if v.o.Back != nil {
		v.o.Back()
	}
	return v.o.Back != nil
}

// Tell says what is wrong; nil says nothing.
func (v *View) Tell(err error) { v.err = err; v.show() }

// Tick shows the level and the picture as of now.
func (v *View) Tick(now time.Time) {
	if now.Sub(v.polled) > time.Second || v.polled.IsZero() {
		v.polled = now
		v.poll()
	}
	level := v.o.Signals.Level()
	v.meter.Set(level)
	before := v.levels.verdict()
	v.levels.add(now, level)
	v.picture.Person(v.words.Devices.Camera, v.o.Signals.Picture())
	v.picture.Tick(now)
	if doing := v.o.Trial.Doing(); doing != v.doing || before != v.levels.verdict() {
		v.doing = doing
		v.show()
	}
}

// poll looks at which devices there are.
func (v *View) poll() {
	var now [3][]media.Device
	for _, d := range v.o.Rack.Devices() {
		now[d.Kind] = append(now[d.Kind], d)
	}
	v.devices = now
	for k, l := range v.rows {
		id, _ := v.o.Rack.Chosen(media.DeviceKind(k))
		offer(l.choice, now[k], id)
	}
	v.show()
}

func (v *View) playOrStop() {
	if v.doing == Playing {
		v.o.Trial.Stop()
	} else {
		v.o.Trial.Play()
	}
}

func (v *View) recordOrStop() {
	if v.doing == Recording || v.doing == Replaying {
		v.o.Trial.Stop()
	} else {
		v.o.Trial.Record()
	}
}
