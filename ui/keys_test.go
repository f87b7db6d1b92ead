package ui_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"incamera/identity"
	"incamera/media"
	"incamera/sitting"
	"incamera/ui"
	"incamera/ui/chamber"
	"incamera/ui/kit"
	"incamera/ui/uitest"
)

// A seat is a chamber with all that it asks.
type seat struct {
	*screen
	door    *uitest.Door
	set     *uitest.Set
	scene   ui.Scene
	changed chan struct{}
	left    int
}

func (s *screen) sit(me sitting.MemberID, edit func(*ui.Scene)) *seat {
	c := &seat{screen: s, door: &uitest.Door{}, changed: make(chan struct{}, 1)}
	c.set = &uitest.Set{Now: media.Meter{Connected: true, Microphone: media.Silence}}
	c.scene = uitest.Scene(sitting.Public, 12, me)
	if edit != nil {
		edit(&c.scene)
	}
	o := chamber.Options{
		Hand: c.door, Set: c.set, Pictures: c.set, Floor: c.door, Door: c.door, Rack: &uitest.Rack{},
		Leave: func() { c.left++ },
	}
	if c.scene.Table != nil {
		o.Table = c.door
	}
	s.ShowChamber(ui.Chamber{Options: o, Scene: func() ui.Scene { return c.scene }, Changed: c.changed})
	s.pass(time.Second)
	return c
}

// turn changes the scene, as a session does.
func (c *seat) turn(edit func(*ui.Scene)) {
	edit(&c.scene)
	c.changed <- struct{}{}
	c.pass(time.Second)
}

// key types a key as the driver would: to what has the keyboard, else to the window.
func (s *screen) key(name fyne.KeyName) {
	e := &fyne.KeyEvent{Name: name}
	if f := s.loop.Canvas().Focused(); f != nil {
		f.TypedKey(e)
	} else {
		s.loop.Canvas().OnTypedKey()(e)
	}
	s.loop.Settle()
}

func (s *screen) rune(r rune) {
	if f := s.loop.Canvas().Focused(); f != nil {
		f.TypedRune(r)
	} else {
		s.loop.Canvas().OnTypedRune()(r)
	}
	s.loop.Settle()
}

// hold holds a key down, or lets it go.
func (s *screen) hold(name fyne.KeyName, down bool) {
	e := &fyne.KeyEvent{Name: name}
	k, focused := s.loop.Canvas().Focused().(desktop.Keyable)
	c := s.loop.Canvas().(desktop.Canvas)
	switch {
	case focused && down:
		k.KeyDown(e)
	case focused:
		k.KeyUp(e)
	case s.loop.Canvas().Focused() != nil:
	case down:
		c.OnKeyDown()(e)
	default:
		c.OnKeyUp()(e)
	}
	s.loop.Settle()
}

func floorTo(m sitting.MemberID) func(*ui.Scene) {
	return func(s *ui.Scene) { s.Sitting.Floor = []sitting.Grant{{To: m, By: "chair", Since: uitest.Now}} }
}

func english(t *testing.T, f func(*testing.T, *screen)) { on(t, "en", "1", 1280, 800, f) }

func TestHandIsAskedFor(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit(uitest.Me, nil)
		s.rune('h')
		c.turn(func(s *ui.Scene) { s.Sitting.Hands = append(s.Sitting.Hands, sitting.Hand{By: uitest.Me}) })
		s.rune('H')
		if want := []string{"raise hand", "lower hand"}; !slices.Equal(c.door.Asked, want) {
			t.Errorf("asked %q, want %q", c.door.Asked, want)
		}
	})
}

func TestSpaceSpeaksForOneWhoHasTheFloor(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit(uitest.Me, nil)
		s.hold(fyne.KeySpace, true)
		if c.set.On {
			t.Error("the microphone is open without the floor")
		}
		s.hold(fyne.KeySpace, false)
		c.turn(floorTo(uitest.Me))
		s.hold(fyne.KeySpace, true)
		if !c.set.On {
			t.Error("the microphone is closed while Space is held")
		}
		s.hold(fyne.KeySpace, false)
		if c.set.On {
			t.Error("the microphone stays open")
		}
	})
}

func TestSpaceSpeaksWhereverTheKeyboardIs(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit(uitest.Me, floorTo(uitest.Me))
		for range 3 {
			s.key(fyne.KeyF6)
			_, typing := s.loop.Canvas().Focused().(*kit.Search)
			s.hold(fyne.KeySpace, true)
			if c.set.On == typing {
				t.Errorf("with the keyboard on %T the microphone is open: %v", s.loop.Canvas().Focused(), c.set.On)
			}
			s.hold(fyne.KeySpace, false)
		}
	})
}

func TestMicrophoneClosesWithTheFloor(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit(uitest.Me, floorTo(uitest.Me))
		s.rune('m')
		if !c.set.On {
			t.Fatal("M does not open the microphone")
		}
		c.turn(floorTo("tremblay"))
		if c.set.On {
			t.Error("the microphone is open without the floor")
		}
		c.turn(floorTo(uitest.Me))
		if c.set.On {
			t.Error("the microphone opened by itself")
		}
	})
}

func TestWhoIsNotHeardIsToldSo(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit(uitest.Me, floorTo(uitest.Me))
		s.rune('m')
		s.pass(time.Second)
		if !s.says("Nobody hears you yet") || s.says("Everyone in the sitting can hear you") {
			t.Error("the button, not the frames, says that one is heard")
		}
		c.set.Now.Live = true
		s.pass(time.Second)
		if !s.says("Everyone in the sitting can hear you") {
			t.Error("frames leave, and nothing says so")
		}
	})
}

func TestEnterGoesOn(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit(uitest.Me, nil)
		s.key(fyne.KeyReturn)
		if len(c.door.Asked) > 0 || c.set.On {
			t.Errorf("Enter asked %q of one who has nothing to go on with", c.door.Asked)
		}
		c.turn(floorTo(uitest.Me))
		s.key(fyne.KeyReturn)
		if !c.set.On {
			t.Error("Enter does not open the microphone of one who has the floor")
		}
		s.key(fyne.KeyReturn)
		if !c.set.On {
			t.Error("Enter closes the microphone")
		}
	})
}

func TestChairPresides(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit("chair", nil)
		s.key(fyne.KeyReturn) // the next speaker
		s.key(fyne.KeyReturn) // was heard: it is not asked twice
		c.turn(func(*ui.Scene) {})
		s.press("Take the floor from A. Tremblay")
		c.turn(func(s *ui.Scene) { s.Sitting.Waiting = []sitting.Seat{{Member: "witness", Arrival: 60}} })
		s.press("Admit Dr. L. Arsenault")
		want := []string{"give singh", "take tremblay", "take tremblay", "admit witness"} // the floor is passed on, or taken
		if !slices.Equal(c.door.Asked, want) {
			t.Errorf("asked %q, want %q", c.door.Asked, want)
		}
	})
}

// One more may have the floor, as well as the one who has it.
func TestFloorForTwo(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit("chair", nil)
		s.list().Select(6) // C. Roy
		s.loop.Settle()
		s.press("Also give the floor to C. Roy")
		c.turn(func(s *ui.Scene) {
			s.Sitting.Floor = append(s.Sitting.Floor, sitting.Grant{To: "roy"}, sitting.Grant{To: "okafor"})
		})
		s.press("Take the floor from C. Roy") // the one chosen, else the last
		s.key(fyne.KeyReturn)
		want := []string{"give roy", "take roy", "give singh", "take tremblay", "take roy", "take okafor"}
		if !slices.Equal(c.door.Asked, want) {
			t.Errorf("asked %q, want %q", c.door.Asked, want)
		}
	})
}

// Each is admitted by a request of its own, never more at a time than a session
// takes, and nobody who came after the chair was asked.
func TestAllAreAdmitted(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit("chair", nil)
		var roster []sitting.Seat
		for i := range 40 {
			roster = append(roster, sitting.Seat{Member: sitting.MemberID(fmt.Sprint("m", i)), Arrival: uint64(100 + i)})
		}
		c.turn(func(s *ui.Scene) { s.Sitting.Waiting = roster })
		s.press("Admit all 40")
		s.key(fyne.KeyEscape)
		if len(c.door.Asked) > 0 {
			t.Fatalf("asked %q without a yes", c.door.Asked)
		}
		s.press("Admit all 40")
		s.key(fyne.KeySpace) // Space presses where it is not to speak
		for at := 16; at < 40; at += 16 {
			if len(c.door.Asked) != at {
				t.Errorf("%d were asked for at once, want %d", len(c.door.Asked), at)
			}
			c.turn(func(s *ui.Scene) {
				s.Sitting.Waiting = append(slices.Clip(roster[at:]), sitting.Seat{Member: "late", Arrival: 200})
			})
		}
		c.turn(func(s *ui.Scene) { s.Sitting.Waiting = []sitting.Seat{{Member: "late", Arrival: 200}} })
		if n := len(c.door.Asked); n != 40 || c.door.Asked[39] != "admit m39" {
			t.Errorf("%d were admitted: %q", n, c.door.Asked)
		}
	})
}

// Whoever can be seen to wait is admitted without a question.
func TestFewAreAdmittedAtOnce(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit("chair", nil)
		c.turn(func(s *ui.Scene) {
			s.Sitting.Waiting = []sitting.Seat{{Member: "witness", Arrival: 60}, {Member: "late", Arrival: 61}}
		})
		s.press("Admit all 2")
		c.turn(func(*ui.Scene) {})
		if want := []string{"admit witness", "admit late"}; !slices.Equal(c.door.Asked, want) {
			t.Errorf("asked %q, want %q", c.door.Asked, want)
		}
	})
}

func TestRemovalIsConfirmed(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit("chair", nil)
		s.list().Select(6) // C. Roy
		s.loop.Settle()
		s.press("Remove C. Roy")
		s.key(fyne.KeyReturn) // what goes on is not to remove
		if len(c.door.Asked) > 0 {
			t.Fatalf("asked %q without a yes", c.door.Asked)
		}
		s.press("Remove C. Roy")
		s.press("Remove")
		if want := []string{"remove roy "}; !slices.Equal(c.door.Asked, want) {
			t.Errorf("asked %q, want %q", c.door.Asked, want)
		}
	})
}

func TestLeavingIsConfirmed(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit(uitest.Me, nil)
		s.press("Leave")
		s.key(fyne.KeyEscape)
		if c.left != 0 || s.loop.Canvas().Overlays().Top() != nil {
			t.Fatal("Escape does not stay")
		}
		s.press("Leave")
		s.key(fyne.KeyReturn)
		if c.left != 1 {
			t.Errorf("left %d times", c.left)
		}
	})
}

func TestF6WalksOverThePanes(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		s.sit(uitest.Me, nil)
		seen := map[fyne.Focusable]bool{}
		for range 5 {
			s.key(fyne.KeyF6)
			seen[s.loop.Canvas().Focused()] = true
		}
		if len(seen) != 5 || seen[nil] {
			t.Errorf("%d panes", len(seen))
		}
		s.key(fyne.KeyEscape)
		if s.loop.Canvas().Focused() != nil {
			t.Error("Escape does not leave the pane")
		}
	})
}

func TestF6PassesWhatIsGreyed(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		s.sit(uitest.Me, floorTo(uitest.Me)) // who has the floor cannot raise a hand
		for range 5 {
			s.key(fyne.KeyF6)
			if f, ok := s.loop.Canvas().Focused().(fyne.Disableable); s.loop.Canvas().Focused() == nil || ok && f.Disabled() {
				t.Errorf("the keyboard is at %T", s.loop.Canvas().Focused())
			}
		}
	})
}

func TestLanguageChangesAtOnce(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		for _, r := range uitest.Rooms {
			s.show(r)
			s.choice("Language, EN").TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
			s.loop.Settle()
			french := uitest.Outline(s.loop.Canvas())
			golden := outlineIn(t, "fr", r)
			if texts(french) != texts(golden) {
				t.Errorf("%s is not wholly in French:\n%s\nwant\n%s", r.Name, texts(french), texts(golden))
			}
			s.choice("Langue, FR").TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
			s.loop.Settle()
		}
	})
}

func TestPicturesInViewAreTold(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit(uitest.Me, nil)
		s.loop.Canvas().Capture() // the tiles learn how large they are
		s.pass(time.Second)
		if p := c.set.Tiles["tremblay"]; p.X < 800 {
			t.Errorf("the speaker's picture is %v", p)
		}
		if len(c.set.Tiles) != 6 { // five beside the speaker, who has no picture in the row
			t.Errorf("%d pictures are in view: %v", len(c.set.Tiles), c.set.Tiles)
		}
		if _, ok := c.set.Tiles["kowalczyk"]; ok {
			t.Error("a picture out of view is fetched")
		}
		s.ShowTrouble(uitest.Unreachable, func() {})
		s.loop.Settle()
		if len(c.set.Tiles) != 0 {
			t.Error("pictures are fetched after the sitting")
		}
	})
}

func TestLargePictureGoesBeforeTiles(t *testing.T) {
	on(t, "en", "2", 1280, 800, func(t *testing.T, s *screen) {
		c := s.sit(uitest.Me, floorTo("tremblay"))
		s.loop.Canvas().Capture() // pictures have a size once they are drawn
		s.pass(time.Second)
		if len(c.set.Tiles) < 2 {
			t.Fatal("there are no tiles")
		}
		c.turn(func(s *ui.Scene) { s.Security = uitest.Alarmed(&s.Sitting) }) // takes half of the height
		tall := float32(0)
		uitest.Shown(s.loop.Canvas(), func(th uitest.Thing) {
			if tile, ok := th.Object.(*kit.Tile); ok {
				tall = max(tall, tile.Size().Height)
			}
		})
		if tall < 200 || len(c.set.Tiles) > 1 {
			t.Errorf("the large picture is %v high, %d pictures are fetched", tall, len(c.set.Tiles))
		}
	})
}

// press presses the button of that name.
func (s *screen) press(name string) {
	var found *kit.Button
	uitest.Shown(s.loop.Canvas(), func(th uitest.Thing) {
		if b, ok := th.Object.(*kit.Button); ok && b.AccessibilityLabel() == name {
			found = b
		}
	})
	if found == nil {
		panic("no button " + name)
	}
	found.Tapped(nil)
	s.loop.Settle()
}

func (s *screen) list() *kit.List {
	var found *kit.List
	uitest.Shown(s.loop.Canvas(), func(th uitest.Thing) {
		if l, ok := th.Object.(*kit.List); ok {
			found = l
		}
	})
	return found
}

func (s *screen) choice(name string) *kit.Segments {
	var found *kit.Segments
	uitest.Walk(s.loop.Canvas().Content(), func(th uitest.Thing) {
		if c, ok := th.Object.(*kit.Segments); ok && c.AccessibilityLabel() == name {
			found = c
		}
	})
	return found
}

// outlineIn is the golden of a room.
func outlineIn(t *testing.T, language string, r uitest.Room) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", r.Name+"."+language+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// texts are the words of an outline, without where they stand and who has the
// keyboard.
func texts(outline string) string {
	var b strings.Builder
	for line := range strings.Lines(outline) {
		b.WriteString(strings.TrimSuffix(strings.TrimRight(line[20:], "\n"), "  (keyboard)") + "\n")
	}
	return b.String()
}

func TestLobbyEntersWhatIsOpen(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		d := &uitest.Door{}
		open, early, bad := uitest.Order(sitting.Public, 3), uitest.Order(sitting.InCamera, 3), uitest.Order(sitting.Public, 3)
		open.Sitting, early.Sitting, bad.Sitting = "open", "early", "bad"
		early.Opens = uitest.Now.Add(sitting.DoorsOpen + time.Second)
		s.ShowLobby("M. Lafontaine", []ui.Sitting{{Order: bad, Trouble: uitest.Unreachable}, {Order: early}, {Order: open}}, d)
		s.loop.Settle()
		items := 0
		uitest.Shown(s.loop.Canvas(), func(th uitest.Thing) {
			if i, ok := th.Object.(*kit.Item); ok {
				items++
				i.Tapped(nil) // those that are greyed cannot be chosen
			}
		})
		s.key(fyne.KeyReturn)
		if items != 3 || !slices.Equal(d.Asked, []string{"enter open"}) {
			t.Errorf("%d sittings, asked %q", items, d.Asked)
		}
	})
}

func TestLobbyLetsInOnceTheDoorsAreOpen(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		d, soon := &uitest.Door{}, uitest.Order(sitting.Public, 3)
		soon.Sitting, soon.Opens = "soon", uitest.Now.Add(sitting.DoorsOpen)
		s.ShowLobby("M. Lafontaine", []ui.Sitting{{Order: soon}}, d)
		s.loop.Settle()
		s.key(fyne.KeyReturn)
		if !s.says("The doors are open") || !slices.Equal(d.Asked, []string{"enter soon"}) {
			t.Errorf("asked %q", d.Asked)
		}
	})
}

func TestAlarmStaysUntilItIsLookedAt(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit(uitest.Me, nil)
		c.turn(func(s *ui.Scene) { s.Security = uitest.Alarmed(&s.Sitting) })
		if !s.says("2 alarms") || !s.says("Somebody tried to speak as A. Tremblay") {
			t.Error("an alarm is not shown")
		}
		s.press("Security")
		s.key(fyne.KeyEscape)
		if s.says("2 alarms") || s.says("Somebody tried") {
			t.Error("the alarm stays after it was looked at")
		}
		c.turn(func(s *ui.Scene) {
			f := uitest.Alarmed(&s.Sitting)
			f.Alarms = append(f.Alarms, f.Alarms[0])
			s.Security = f
		})
		if !s.says("1 alarm") {
			t.Error("a new alarm is not shown")
		}
	})
}

func TestLostLinkIsSaid(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit(uitest.Me, nil)
		c.turn(func(s *ui.Scene) { s.LinkLost = uitest.Now.Add(-7 * time.Second) })
		if !s.says("Connection lost. Trying again…") || !s.says("Lost for 00:07") {
			t.Error("a lost link is not said")
		}
		c.turn(func(s *ui.Scene) { s.LinkLost = time.Time{} })
		if s.says("Connection lost") {
			t.Error("the link is back and nobody says so")
		}
		c.set.Now.Connected = false
		s.pass(time.Second)
		if !s.says("Sound and picture are interrupted") {
			t.Error("a lost relay is not said")
		}
	})
}

func TestRefusalIsSaid(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit(uitest.Me, nil)
		c.turn(func(s *ui.Scene) { s.Refused, s.RefusedAt = sitting.RefusedHand, uitest.Now })
		if !s.says("The rules of the sitting do not allow this now") {
			t.Error("a refusal is not said")
		}
	})
}

func TestDevicesAreChosenDuringASitting(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit(uitest.Me, nil)
		c.set.Now.Fault = &media.DeviceError{Kind: media.MicrophoneDevice, Fault: media.Pulled}
		s.pass(time.Second)
		s.press("Choose another")
		if !s.says("select  Microphone, Jabra Evolve 40") {
			t.Error("there is nothing to choose from")
		}
	})
}

func TestWhoIsChosenStaysChosen(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		c := s.sit("chair", nil)
		s.list().Select(6) // C. Roy
		s.loop.Settle()
		c.turn(func(s *ui.Scene) { // G. Chen leaves: who comes after moves up
			s.Sitting.Seats = slices.DeleteFunc(slices.Clone(s.Sitting.Seats), func(t sitting.Seat) bool { return t.Member == "chen" })
		})
		if !s.says("Remove C. Roy") {
			t.Error("another member is chosen")
		}
	})
}

// On a machine where several sit, the window turns to another, and a card that
// was put in can join. On others it says nothing of them.
func TestTableIsAsked(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		s.sit(uitest.Me, nil)
		if s.says("At this table") {
			t.Error("a table on a personal machine")
		}
		c := s.sit(uitest.Me, func(s *ui.Scene) {
			s.Table, s.Cards = []sitting.MemberID{uitest.Me, "tremblay"}, []identity.Card{uitest.A2}
		})
		s.press("A. Tremblay · speaking")
		s.press("Sign in: PIV card · Gemalto PC Twin Reader 01 00")
		if want := []string{"turn to tremblay", "join Gemalto PC Twin Reader 01 00"}; !slices.Equal(c.door.Asked, want) {
			t.Errorf("asked %q, want %q", c.door.Asked, want)
		}
		c.turn(func(s *ui.Scene) { s.Table, s.Cards = append(s.Table, "singh"), nil })
		if s.says("Sign in: PIV card") || !s.says("B. Singh · hand") {
			t.Error("who has joined is not at the table")
		}
	})
}
