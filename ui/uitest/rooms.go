package uitest

import (
	"slices"
	"time"

	"incamera/identity"
	"incamera/media"
	"incamera/sitting"
	"incamera/ui"
	"incamera/ui/chamber"
	"incamera/ui/trouble"
)

// A Room is one thing to look at: it shows itself in a window.
type Room struct {
	Name string
	Show func(*ui.Window)
	// After is done once the room is on show; nil for nothing.
	After func(*ui.Window)
}

// Rooms are all rooms, in the states that they can be in.
var Rooms = []Room{
	{"signin", signIn(identity.Reader{Name: "A", Card: A1}), nil},
	{"signin-none", signIn(), nil},
	{"signin-empty", signIn(identity.Reader{Name: "A"}), nil},
	{"signin-two", signIn(identity.Reader{Name: "A", Card: A1}, identity.Reader{Name: "B", Card: A2}), nil},
	{"signin-notpiv", signIn(identity.Reader{Name: "A", Err: identity.ErrNotPIV}), nil},
	{"signin-reading", signIn(identity.Reader{Name: "A", Reading: true}), nil},
	{"signin-changed", signIn(identity.Reader{Name: "A", Card: A1}), tell(&trouble.Trouble{Kind: trouble.PINChanged})},
	{"signin-wrong", signIn(identity.Reader{Name: "A", Card: A1}), tell(&identity.WrongPINError{Left: 4})},
	{"signin-last", signIn(identity.Reader{Name: "A", Card: A1}), tell(&identity.WrongPINError{Left: 1})},
	{"signin-blocked", signIn(identity.Reader{Name: "A", Card: A1}), tell(&identity.WrongPINError{Left: 0})},
	{"signin-expired", signIn(identity.Reader{Name: "A", Card: A1}), tell(Expired)},
	{"signin-working", signIn(identity.Reader{Name: "A", Card: A1}), func(w *ui.Window) { w.Working(ui.SigningIn, func() {}) }},
	{"lobby", lobby(false), nil},
	{"lobby-none", lobby(true), nil},
	{"devices", check(&Rack{Loud: media.Level{RMS: -22, Peak: -12}}), nil},
	{"devices-fault", check(faulty()), nil},
	{"chamber", inChamber(sitting.Public, 12, Me, nil), nil},
	{"chamber-live", inChamber(sitting.Public, 338, "tremblay", live), nil},
	{"chamber-camera", inChamber(sitting.InCamera, 12, Me, inCamera), nil},
	{"chamber-chair", inChamber(sitting.InCamera, 40, "chair", atDoor), nil},
	{"chamber-door", inChamber(sitting.InCamera, 6, "chair", crowd), nil},
	{"chamber-waiting", inChamber(sitting.InCamera, 12, "witness", waiting), nil},
	{"chamber-lost", inChamber(sitting.Public, 12, Me, lost), nil},
	{"chamber-pulled", inChamber(sitting.Public, 12, Me, pulled), nil},
	{"chamber-alarm", inChamber(sitting.Public, 12, Me, alarmed), nil},
	{"chamber-table", inChamber(sitting.Public, 12, Me, shared), nil},
	{"removed", gone(trouble.Removed), nil},
	{"closed", gone(trouble.Closed), nil},
	{"unreachable", gone(trouble.ServiceUnreachable), nil},
}

// Find returns the room of that name.
func Find(name string) (Room, bool) {
	i := slices.IndexFunc(Rooms, func(r Room) bool { return r.Name == name })
	if i < 0 {
		return Room{}, false
	}
	return Rooms[i], true
}

func signIn(readers ...identity.Reader) func(*ui.Window) {
	return func(w *ui.Window) { w.ShowSignIn(Readers(readers), &Door{}) }
}

func tell(err error) func(*ui.Window) { return func(w *ui.Window) { w.Tell(err) } }

func lobby(none bool) func(*ui.Window) {
	return func(w *ui.Window) {
		if none {
			w.ShowLobby("M. Lafontaine", nil, &Door{})
			return
		}
		one, two, three := Order(sitting.Public, 12), Order(sitting.InCamera, 12), Order(sitting.Public, 12)
		two.Sitting, two.Title = "proc-7", map[string]string{
			"en": "Standing Committee on Procedure and House Affairs", "fr": "Comité permanent de la procédure et des affaires de la Chambre",
		}
		two.Opens, two.Closes = Now.Add(3*time.Hour), Now.Add(5*time.Hour)
		three.Sitting, three.Title = "fina-12", map[string]string{"en": "Standing Committee on Finance", "fr": "Comité permanent des finances"}
		w.ShowLobby("M. Lafontaine", []ui.Sitting{
			{Order: one, Me: Me},
			{Order: two, Me: Me},
			{Order: three, Me: Me, Trouble: &trouble.Trouble{Kind: trouble.OrderNotClerk, Who: "J. Kowalczyk"}},
		}, &Door{})
	}
}

func check(r *Rack) func(*ui.Window) {
	return func(w *ui.Window) {
		w.ShowDevices(ui.Devices{Rack: r, Signals: r, Trial: r, Enter: func() {}, Back: func() {}})
	}
}

func faulty() *Rack {
	r := &Rack{Loud: media.Silence}
	r.Faults[media.CameraDevice] = &media.DeviceError{Kind: media.CameraDevice, Fault: media.Taken}
	r.Faults[media.MicrophoneDevice] = &media.DeviceError{Kind: media.MicrophoneDevice, Fault: media.Pulled}
	return r
}

// inChamber shows a sitting as one member sees it, after edit.
func inChamber(kind sitting.Kind, members int, me sitting.MemberID, edit func(*chamber.Scene, *Set)) func(*ui.Window) {
	return func(w *ui.Window) {
		scene := Scene(kind, members, me)
		set := &Set{Now: media.Meter{Connected: true, OnAir: true, Microphone: media.Silence, Members: map[string]media.Level{"tremblay": {RMS: -24, Peak: -14}}}, Dark: map[string]bool{"singh": true, "okafor": true, "clerk": true}}
		if edit != nil {
			edit(&scene, set)
		}
		door := &Door{}
		o := chamber.Options{Hand: door, Set: set, Pictures: set, Floor: door, Door: door, Leave: func() {}, Rack: &Rack{}, Camera: true}
		if scene.Table != nil {
			o.Table = door
		}
		w.ShowChamber(ui.Chamber{
			Options: o,
			Scene:   func() ui.Scene { return scene }, Changed: make(chan struct{}),
		})
	}
}

func live(_ *chamber.Scene, set *Set) {
	set.Now.Live, set.Now.Microphone = true, media.Level{RMS: -18, Peak: -9}
}

// shared is a machine at which three sit, and a fourth has put a card in.
func shared(s *chamber.Scene, _ *Set) {
	s.Table, s.Cards = []sitting.MemberID{Me, "tremblay", "singh"}, []identity.Card{A2}
}

func inCamera(s *chamber.Scene, _ *Set) {
	s.Sitting.Hands = append(s.Sitting.Hands, sitting.Hand{By: Me, Since: Now})
	s.Sitting.Floor = nil
}

func atDoor(s *chamber.Scene, _ *Set) {
	s.Sitting.Waiting = []sitting.Seat{{Member: "witness", Arrival: 60}}
	s.Sitting.Seats = slices.DeleteFunc(slices.Clone(s.Sitting.Seats), func(t sitting.Seat) bool { return t.Member == "witness" })
}

// crowd is a door at which all but three of the roster wait.
func crowd(s *chamber.Scene, _ *Set) {
	in := []sitting.Seat{}
	for i, m := range s.Sitting.Order.Roster {
		seat := sitting.Seat{Member: m.ID, Arrival: uint64(60 + i)}
		if _, here := s.Sitting.Seat(m.ID); here && len(in) < 3 {
			in = append(in, seat)
		} else {
			s.Sitting.Waiting = append(s.Sitting.Waiting, seat)
		}
	}
	s.Sitting.Seats, s.Sitting.Floor, s.Sitting.Hands = in, nil, nil
}

func waiting(s *chamber.Scene, _ *Set) {
	s.Sitting.Waiting = []sitting.Seat{{Member: "witness", Arrival: 60}}
	s.Sitting.Seats, s.Sitting.Floor, s.Sitting.Hands, s.Security = nil, nil, nil, nil
}

func lost(s *chamber.Scene, _ *Set) { s.LinkLost = Now.Add(-7 * time.Second) }

func alarmed(s *chamber.Scene, _ *Set) { s.Security = Alarmed(&s.Sitting) }

func pulled(_ *chamber.Scene, set *Set) {
	set.Now.Fault = &media.DeviceError{Kind: media.MicrophoneDevice, Name: "Jabra Evolve 40", Fault: media.Pulled}
}

func gone(k trouble.Kind) func(*ui.Window) {
	return func(w *ui.Window) { w.ShowTrouble(&trouble.Trouble{Kind: k}, func() {}) }
}
