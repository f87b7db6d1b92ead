package ui_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"incamera/sitting"
	"incamera/ui"
	"incamera/ui/settings"
	"incamera/ui/uitest"
)

var update = flag.Bool("update", false, "write the goldens again")

// A screen is a window on a loop, in a bubble.
type screen struct {
	*ui.Window
	loop *uitest.Loop
}

// on runs a test with a window of that language, text size and size.
func on(t *testing.T, language, scale string, width, height float32, f func(*testing.T, *screen)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		loop := uitest.NewLoop(t)
		w := ui.New(loop, ui.Options{
			House: sitting.Names{"en": "House of Commons", "fr": "Chambre des communes"}, Language: language, Now: func() time.Time { return uitest.Now },
			Rules: []settings.Rule{{Key: settings.Scale, Value: scale, By: "House IT"}},
		})
		s := &screen{w, loop}
		w.Resize(width, height)
		w.Start()
		defer func() {
			w.Close()
			loop.Settle()
			w.Finish()
		}()
		f(t, s)
	})
}

// show shows a room and lets some time pass.
func (s *screen) show(r uitest.Room) {
	r.Show(s.Window)
	s.pass(300 * time.Millisecond)
	if r.After != nil {
		r.After(s.Window)
		s.pass(300 * time.Millisecond)
	}
}

// pass lets time pass, in steps of the display.
func (s *screen) pass(d time.Duration) {
	s.loop.Settle()
	for range d / (100 * time.Millisecond) {
		time.Sleep(100 * time.Millisecond)
		s.loop.Settle()
	}
}

func TestRoomsLookAsBefore(t *testing.T) {
	for _, language := range []string{"en", "fr"} {
		for _, r := range uitest.Rooms {
			t.Run(r.Name+"."+language, func(t *testing.T) {
				on(t, language, "1", 1280, 800, func(t *testing.T, s *screen) {
					s.show(r)
					golden(t, r.Name+"."+language, uitest.Outline(s.loop.Canvas()))
				})
			})
		}
	}
}

func TestSheetsLookAsBefore(t *testing.T) {
	for _, language := range []string{"en", "fr"} {
		for _, sheet := range []string{"settings", "security", "devices", "leave", "remove", "admit"} {
			t.Run(sheet+"."+language, func(t *testing.T) {
				on(t, language, "1", 1280, 800, func(t *testing.T, s *screen) {
					r, _ := uitest.Find("chamber-chair")
					s.show(r)
					s.Sheet(sheet)
					s.loop.Settle()
					golden(t, "sheet-"+sheet+"."+language, uitest.Outline(s.loop.Canvas()))
				})
			})
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		if line(g, i) != line(w, i) {
			t.Fatalf("%s, line %d:\n got %s\nwant %s", file, i+1, line(g, i), line(w, i))
		}
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}
