package look

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"incamera/assets"
)

// pairs are what is written on what.
var pairs = []struct {
	name    string
	ink, on Tone
}{
	{"ink on ground", Ink, Ground},
	{"ink on surface", Ink, Surface},
	{"ink on raised", Ink, Raised},
	{"muted on ground", Muted, Ground},
	{"muted on surface", Muted, Surface},
	{"muted on raised", Muted, Raised},
	{"on accent", OnAccent, Accent},
	{"accent on surface", AccentInk, Surface},
	{"accent on raised", AccentInk, Raised},
	{"accent on wash", AccentInk, AccentWash},
	{"ink on accent wash", Ink, AccentWash},
	{"muted on accent wash", Muted, AccentWash},
	{"on amber", OnAmber, Amber},
	{"amber on wash", AmberInk, AmberWash},
	{"amber on surface", AmberInk, Surface},
	{"ink on amber wash", Ink, AmberWash},
	{"on live", OnLive, LiveRed},
	{"on danger", OnDanger, Danger},
	{"danger on surface", DangerInk, Surface},
	{"danger on wash", DangerInk, DangerWash},
	{"ink on danger wash", Ink, DangerWash},
}

// shapes are borders and marks, which need 3 to 1 (WCAG 2.2, 1.4.11).
var shapes = []struct {
	name    string
	ink, on Tone
}{
	{"edge on surface", Edge, Surface},
	{"edge on ground", Edge, Ground},
	{"focus on ground", FocusRing, Ground},
	{"focus on surface", FocusRing, Surface},
	{"focus on accent wash", FocusRing, AccentWash},
	{"accent on ground", Accent, Ground},
	{"accent on surface", Accent, Surface},
	{"live on surface", LiveRed, Surface},
	{"danger on surface", Danger, Surface},
}

func TestContrast(t *testing.T) {
	for _, p := range []struct {
		name    string
		palette *Palette
		text    float64
	}{{"light", &Light, 4.5}, {"dark", &Dark, 4.5}, {"contrast", &Contrast, 7}} {
		for _, pair := range pairs {
			if r := Ratio(pair.ink(p.palette), pair.on(p.palette)); r < p.text {
				t.Errorf("%s: %s is %.2f, want %.1f", p.name, pair.name, r, p.text)
			}
		}
		for _, pair := range shapes {
			if r := Ratio(pair.ink(p.palette), pair.on(p.palette)); r < 3 {
				t.Errorf("%s: %s is %.2f, want 3", p.name, pair.name, r)
			}
		}
	}
}

func TestRatio(t *testing.T) {
	black, white := color.NRGBA{A: 255}, color.NRGBA{R: 255, G: 255, B: 255, A: 255}
	if r := Ratio(black, white); r < 20.99 || r > 21.01 {
		t.Errorf("black on white is %v, want 21", r)
	}
	if r := Ratio(white, white); r != 1 {
		t.Errorf("white on white is %v, want 1", r)
	}
}

func TestEveryIconIsDrawn(t *testing.T) {
	for _, i := range Icons {
		if len(assets.Icon(string(i))) == 0 {
			t.Errorf("no drawing of %q", i)
		}
		if r := i.In(color.NRGBA{R: 1, G: 2, B: 3, A: 255}); r.Name() != string(i)+"#010203.svg" {
			t.Errorf("icon is called %q", r.Name())
		}
	}
}

func TestSchemesAndScale(t *testing.T) {
	app := test.NewTempApp(t)
	for _, tt := range []struct {
		scheme Scheme
		want   *Palette
	}{{LightScheme, &Light}, {DarkScheme, &Dark}, {HighContrast, &Contrast}} {
		app.Settings().SetTheme(New(tt.scheme, 2))
		if Colours() != tt.want {
			t.Errorf("%s shows another palette", tt.scheme)
		}
	}
	system := New(System, 1)
	if system.palette(theme.VariantDark) != &Dark || system.palette(theme.VariantLight) != &Light {
		t.Error("system does not follow the machine")
	}
	if Scale() != 2 || Body.Pixels() != 28 || Title.Pixels() != 56 || Target() < 32 {
		t.Errorf("at scale 2: scale %v, body %v, title %v, target %v", Scale(), Body.Pixels(), Title.Pixels(), Target())
	}
	if New(System, 9).scale != 2 || New(System, 0).scale != 1 {
		t.Error("the scale is not held to 1 … 2")
	}
}
