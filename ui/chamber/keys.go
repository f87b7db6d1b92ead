package chamber

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"incamera/sitting"
	"incamera/ui/devices"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/security"
)

// Rune takes a letter that nothing else has taken: H hand, M microphone, V
// camera. Letters are told by what they are, not by where the key is, so that
// they work on every keyboard.
func (v *View) Rune(r rune) {
	switch r {
	case 'h', 'H':
		v.bar.hand.Press()
	case 'm', 'M':
		v.bar.microphone.Press()
	case 'v', 'V':
		v.bar.camera.Press()
	}
}

// Down takes a key that was pressed: Space held is the microphone held open,
// for one who has the floor.
func (v *View) Down(e *fyne.KeyEvent) {
	if e.Name == fyne.KeySpace && v.maySpeak() && !v.microphone {
		v.held = true
		v.speak(true)
	}
}

// Up takes a key that was let go.
func (v *View) Up(e *fyne.KeyEvent) {
	if e.Name == fyne.KeySpace {
		v.Release()
	}
}

// Release lets go of a held microphone, as when the window loses the keyboard.
func (v *View) Release() {
	if v.held {
		v.speak(false)
	}
}

// maySpeak reports whether the member has the floor.
func (v *View) maySpeak() bool { return v.scene.Sitting.HasFloor(v.scene.Me) }

// speak opens or closes the microphone.
func (v *View) speak(on bool) {
	v.microphone = on
	if !on {
		v.held = false
	}
	v.o.Set.Microphone(on)
	v.bar.show(v)
}

func (v *View) toggleMicrophone() {
	if v.maySpeak() {
		v.held = false
		v.speak(!v.microphone)
	}
}

func (v *View) toggleCamera() {
	v.camera = !v.camera
	v.o.Set.Camera(v.camera)
	v.bar.show(v)
}

func (v *View) toggleHand() {
	ask := v.o.Hand.RaiseHand
	if v.scene.Sitting.HandUp(v.scene.Me) {
		ask = v.o.Hand.LowerHand
	}
	v.Tell(ask())
}

// openSecurity shows the security panel.
func (v *View) openSecurity() {
	if v.scene.Sitting.Order == nil {
		return
	}
	if f := v.scene.Security; f != nil {
		v.heeded = len(f.Alarms)
	}
	v.header.show(v)
	v.showBanner()
	v.sheets.Open(func() kit.Leaf {
		w := v.words
		return kit.Leaf{
			Title:   w.Security.Title,
			Content: security.Sheet(v.scene.Security, v.name, w),
			Buttons: []*kit.Button{kit.NewButton(kit.Filled, "", w.Common.Close, func() { v.sheets.Close() })},
		}
	}, func() { v.watched = false })
	v.watched = true
}

// OpenDevices lays a sheet over the room to choose other devices.
func (v *View) OpenDevices() {
	v.sheets.Open(func() kit.Leaf {
		w := v.words
		return kit.Leaf{
			Title:   w.Settings.Devices,
			Content: devices.Sheet(v.o.Rack, w),
			Buttons: []*kit.Button{kit.NewButton(kit.Filled, "", w.Devices.Done, func() { v.sheets.Close() })},
		}
	}, nil)
}

// An asker is the room, asking the chair.
type asker struct{ *View }

// Removal implements [chair.Asker]. What goes on is not to remove.
func (v asker) Removal(name string, yes func(why string)) {
	why := kit.NewSearch(nil)
	v.sheets.Open(func() kit.Leaf {
		w := v.words.Chair
		why.Say(w.RemoveWhy, "")
		return kit.Leaf{
			Title:   fmt.Sprintf(w.RemoveAsk, name),
			Content: kit.Column(look.Room, kit.Wrapped(w.RemoveText, look.Body, look.Ink, 480), why),
			Buttons: []*kit.Button{
				kit.NewButton(kit.Grave, look.Remove, w.RemoveYes, func() { v.sheets.Close(); yes(reason(why.Text)) }),
				kit.NewButton(kit.Plain, "", w.RemoveKeep, func() { v.sheets.Close() }),
			},
		}
	}, nil)
}

// Admission implements [chair.Asker].
func (v asker) Admission(names []string, yes func()) {
	v.sheets.Open(func() kit.Leaf {
		w := v.words.Chair
		return kit.Leaf{
			Title: fmt.Sprintf(w.AdmitAsk, len(names)),
			Content: kit.Column(look.Room, kit.Wrapped(w.AdmitText, look.Body, look.Ink, 480),
				kit.Wrapped(strings.Join(names, ", "), look.Body, look.Muted, 480)),
			Buttons: []*kit.Button{
				kit.NewButton(kit.Plain, "", w.AdmitKeep, func() { v.sheets.Close() }),
				kit.NewButton(kit.Filled, look.Admit, fmt.Sprintf(w.AdmitAll, len(names)), func() { v.sheets.Close(); yes() }),
			},
		}
	}, nil)
}

// confirmLeaving asks before the seat is given up.
func (v *View) confirmLeaving() {
	v.sheets.Open(func() kit.Leaf {
		w := v.words.Chamber
		leaf := kit.Leaf{Title: w.LeaveAsk, Content: kit.Wrapped(w.LeaveText, look.Body, look.Ink, 480)}
		if v.o.Door != nil && v.may(sitting.Close{}) {
			leaf.Buttons = append(leaf.Buttons, kit.NewButton(kit.Grave, look.Lock, v.words.Chair.CloseSitting, v.closeSitting))
		}
		leaf.Buttons = append(leaf.Buttons,
			kit.NewButton(kit.Plain, "", w.Stay, func() { v.sheets.Close() }),
			kit.NewButton(kit.Filled, look.Leave, w.Leave, func() { v.sheets.Close(); v.o.Leave() }))
		return leaf
	}, nil)
}

// closeSitting ends the sitting for everyone; the person has been asked.
func (v *View) closeSitting() {
	v.sheets.Close()
	v.Tell(v.o.Door.CloseSitting())
}

// reason is as much of a text as a request may carry, in whole characters.
func reason(text string) string {
	for len(text) > sitting.MaxWhy {
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
	}
	return text
}

// waits reports whether a member waits to be admitted.
func (v *View) waits(id sitting.MemberID) bool {
	_, ok := v.scene.Sitting.Waits(id)
	return ok
}

// away reports whether a member's link is lost, and whether the member is here at all.
func (v *View) away(id sitting.MemberID) (away, here bool) {
	s, ok := v.scene.Sitting.Seat(id)
	return s.Away, ok
}

// Sheet opens a sheet by name: "security", "leave", "remove", "admit".
func (v *View) Sheet(name string) {
	switch name {
	case "security":
		v.openSecurity()
	case "devices":
		v.OpenDevices()
	case "leave":
		v.confirmLeaving()
	case "remove":
		asker{v}.Removal(v.name(v.scene.Me), func(string) {})
	case "admit":
		asker{v}.Admission([]string{"A. Tremblay", "B. Singh", "C. Roy", "D. MacDonald"}, func() {})
	}
}
