package ui_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"

	"incamera/identity"
	"incamera/ui"
	"incamera/ui/settings"
	"incamera/ui/uitest"
)

// under runs a test with a window that policy has opened.
func under(t *testing.T, o ui.Options, f func(*testing.T, *screen)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		loop := uitest.NewLoop(t)
		o.Now = func() time.Time { return uitest.Now }
		s := &screen{ui.New(loop, o), loop}
		s.Resize(1280, 800)
		s.Start()
		defer func() {
			s.Close()
			loop.Settle()
			s.Finish()
		}()
		f(t, s)
	})
}

// What policy switches off cannot be pressed.
func TestSwitchedOff(t *testing.T) {
	for _, off := range []bool{false, true} {
		under(t, ui.Options{Language: "en", KeepPINs: off, NoDetails: off}, func(t *testing.T, s *screen) {
			s.signIn(uitest.A1)
			if s.says("Change PIN…") == off {
				t.Errorf("off %v: the PIN", off)
			}
			s.ShowTrouble(uitest.Expired, func() {})
			s.pass(300 * time.Millisecond)
			if s.says("Details") == off {
				t.Errorf("off %v: the details", off)
			}
		})
	}
}

// Every value that policy sets is shown, and by whom it was set.
func TestPolicyIsShown(t *testing.T) {
	var rules []settings.Rule
	for k := settings.Anchors; k <= settings.Log; k++ {
		rules = append(rules, settings.Rule{Key: k, Value: "value " + string('a'+rune(k)), By: "House IT"})
	}
	under(t, ui.Options{Language: "en", Rules: rules}, func(t *testing.T, s *screen) {
		s.ShowSignIn(uitest.Readers([]identity.Reader{{Name: "A"}}), &uitest.Door{})
		s.Sheet("settings")
		s.pass(300 * time.Millisecond)
		for _, r := range rules {
			if !s.says(" · "+r.Value) || !s.says("set by House IT") {
				t.Errorf("%q is not shown", r.Value)
			}
		}
	})
}

// A window of a shared machine leaves nothing that was chosen or copied.
func TestWindowForgets(t *testing.T) {
	for _, forget := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			loop := uitest.NewLoop(t)
			s := &screen{ui.New(loop, ui.Options{Language: "en", Forget: forget}), loop}
			s.Resize(1280, 800)
			s.Start()
			s.ShowTrouble(uitest.Expired, func() {})
			s.pass(300 * time.Millisecond)
			s.press("Details for the service desk")
			s.press("Copy")
			if loop.Clipboard().Content() == "" {
				t.Fatal("nothing is copied")
			}
			s.choice("Language, EN").TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
			s.pass(300 * time.Millisecond)
			s.Close()
			loop.Settle()
			s.Finish()
			kept := []bool{loop.Preferences().String("language") == "fr", loop.Clipboard().Content() != ""}
			if want := []bool{!forget, !forget}; !slices.Equal(kept, want) {
				t.Errorf("forget %v: kept the choice and the clipboard: %v, want %v", forget, kept, want)
			}
		})
	}
}
