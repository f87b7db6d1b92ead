// Command gallery shows one room of the window with a canned sitting, to be
// looked at, and can save what it shows: every screen is looked at in both
// languages before it is called done.
//
//	go run -tags migrated_fynedo,no_emoji ./ui/uitest/gallery -room chamber -lang fr -out chamber.png
package main

import (
	"flag"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"strings"
	"time"

	"fyne.io/fyne/v2/app"

	"incamera/sitting"
	"incamera/ui"
	"incamera/ui/settings"
	"incamera/ui/uitest"
)

func main() {
	room := flag.String("room", "chamber", "the room: "+strings.Join(names(), ", "))
	lang := flag.String("lang", "en", "the language: en, fr")
	scheme := flag.String("scheme", "light", "the scheme: system, light, dark, contrast")
	scale := flag.String("scale", "1", "the text size: 1 to 2")
	capture := flag.Bool("capture", false, "save what the window draws again in software, not what is on the screen")
	sheet := flag.String("sheet", "", "a sheet over it: settings, security, leave, remove")
	out := flag.String("out", "", "save a PNG and end; names may hold %s for each of several rooms")
	width := flag.Float64("width", 1440, "of the window")
	height := flag.Float64("height", 900, "of the window")
	flag.Parse()
	rules := []settings.Rule{
		{Key: settings.Scheme, Value: *scheme, By: "House IT"},
		{Key: settings.Scale, Value: *scale, By: "House IT"},
		{Key: settings.Suite, Value: "MLS_128_MLKEM768P256", By: "House IT"},
	}
	w := ui.New(app.NewWithID("ca.incamera.gallery"), ui.Options{
		House: sitting.Names{"en": "House of Commons", "fr": "Chambre des communes"}, Language: *lang, Rules: rules, Now: func() time.Time { return uitest.Now },
	})
	w.Resize(float32(*width), float32(*height))
	go show(w, strings.Split(*room, ","), *sheet, *out, *capture)
	w.Run()
}

func names() []string {
	var n []string
	for _, r := range uitest.Rooms {
		n = append(n, r.Name)
	}
	return n
}

// show goes through the rooms and saves each, or leaves the last on show.
func show(w *ui.Window, rooms []string, sheet, out string, capture bool) {
	if rooms[0] == "all" {
		rooms = names()
	}
	for _, name := range rooms {
		r, ok := uitest.Find(name)
		if !ok {
			fmt.Fprintln(os.Stderr, "gallery: no room", name)
			continue
		}
		r.Show(w)
		time.Sleep(time.Second)
		if r.After != nil {
			r.After(w)
		}
		w.Sheet(sheet)
		if out == "" {
			return
		}
		time.Sleep(time.Second)
		if capture {
			draw(w, strings.ReplaceAll(out, "%s", name))
			continue
		}
		save(strings.ReplaceAll(out, "%s", name))
	}
	w.Close()
}

// save has ImageMagick copy the whole screen: what Fyne reads back from the
// graphics card is black where drawing is done in software.
func save(name string) {
	if out, err := exec.Command("import", "-window", "root", name).CombinedOutput(); err != nil {
		fmt.Fprintln(os.Stderr, "gallery: import:", err, string(out))
	}
}

// draw saves what the window captures of itself.
func draw(w *ui.Window, name string) {
	f, err := os.Create(name)
	if err == nil {
		err = png.Encode(f, w.Capture())
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
	}
}
