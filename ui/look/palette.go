package look

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
)

// A Palette is every colour of one scheme, by what it is for. Text goes on
// Ground, Surface or Raised in Ink or Muted; each filled colour comes with the
// colour of the text on it.
type Palette struct {
	Ground  color.NRGBA // behind everything
	Surface color.NRGBA // panels
	Raised  color.NRGBA // fields, tiles, what is under the pointer
	Line    color.NRGBA // hairlines between panels
	Unlit   color.NRGBA // bars that a level does not reach
	Edge    color.NRGBA // borders of what can be pressed, 3:1 on Surface
	Ink     color.NRGBA
	Muted   color.NRGBA // second in rank, still legible
	Faint   color.NRGBA // greyed: cannot be pressed now

	Accent     color.NRGBA // bench green, filled
	OnAccent   color.NRGBA
	AccentInk  color.NRGBA // bench green as text or icon
	AccentWash color.NRGBA // behind what is chosen

	Amber     color.NRGBA // in camera, and warnings, filled
	OnAmber   color.NRGBA
	AmberInk  color.NRGBA // as text or icon on AmberWash
	AmberWash color.NRGBA

	Live      color.NRGBA // sealed frames are leaving, filled
	OnLive    color.NRGBA
	Danger    color.NRGBA // what cannot be undone, filled
	OnDanger  color.NRGBA
	DangerInk color.NRGBA // as text or icon, on DangerWash or Surface
	DangerWsh color.NRGBA

	Focus   color.NRGBA // ring around what has the keyboard, 3:1 on all grounds
	Shadow  color.NRGBA
	Curtain color.NRGBA // over the room while a sheet lies on it
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

// Light, Dark and Contrast are the three palettes. Contrast holds 7:1 for all
// text, the others 4.5:1; a test computes it.
var (
	Light = Palette{
		Ground: rgb(0xf4f6f3), Surface: rgb(0xffffff), Raised: rgb(0xedf1ed),
		Line: rgb(0xd9e0da), Unlit: rgb(0xd9e0da), Edge: rgb(0x7d8b83), Ink: rgb(0x14201a), Muted: rgb(0x4d5b53), Faint: rgb(0x8f9a94),
		Accent: rgb(0x0b5a40), OnAccent: rgb(0xffffff), AccentInk: rgb(0x0b5a40), AccentWash: rgb(0xdfeee6),
		Amber: rgb(0xf2b32c), OnAmber: rgb(0x2b1d00), AmberInk: rgb(0x734a00), AmberWash: rgb(0xfff1d0),
		Live: rgb(0xc3161c), OnLive: rgb(0xffffff), Danger: rgb(0xb3161b), OnDanger: rgb(0xffffff),
		DangerInk: rgb(0xa5151a), DangerWsh: rgb(0xfde8e6),
		Focus: rgb(0x1a5fd0), Shadow: color.NRGBA{A: 0x26}, Curtain: color.NRGBA{R: 0x0a, G: 0x14, B: 0x10, A: 0x73},
	}
	Dark = Palette{
		Ground: rgb(0x0f1412), Surface: rgb(0x181f1c), Raised: rgb(0x232c28),
		Line: rgb(0x303b36), Unlit: rgb(0x303b36), Edge: rgb(0x75857d), Ink: rgb(0xeef3f0), Muted: rgb(0xa9b7b0), Faint: rgb(0x6b7871),
		Accent: rgb(0x1d7a58), OnAccent: rgb(0xffffff), AccentInk: rgb(0x74d3a8), AccentWash: rgb(0x17382c),
		Amber: rgb(0xf0b840), OnAmber: rgb(0x241900), AmberInk: rgb(0xf5c862), AmberWash: rgb(0x372a0c),
		Live: rgb(0xd0282b), OnLive: rgb(0xffffff), Danger: rgb(0xc62a2d), OnDanger: rgb(0xffffff),
		DangerInk: rgb(0xff9a92), DangerWsh: rgb(0x3d1917),
		Focus: rgb(0x86b4ff), Shadow: color.NRGBA{A: 0x80}, Curtain: color.NRGBA{A: 0x99},
	}
	Contrast = Palette{
		Ground: rgb(0x000000), Surface: rgb(0x000000), Raised: rgb(0x161616),
		Line: rgb(0xffffff), Unlit: rgb(0x3a3a3a), Edge: rgb(0xffffff), Ink: rgb(0xffffff), Muted: rgb(0xe6e6e6), Faint: rgb(0xb4b4b4),
		Accent: rgb(0x6ff2b8), OnAccent: rgb(0x000000), AccentInk: rgb(0x6ff2b8), AccentWash: rgb(0x003322),
		Amber: rgb(0xffd24a), OnAmber: rgb(0x000000), AmberInk: rgb(0xffd24a), AmberWash: rgb(0x2e2200),
		Live: rgb(0xff8f87), OnLive: rgb(0x000000), Danger: rgb(0xff8f87), OnDanger: rgb(0x000000),
		DangerInk: rgb(0xffa8a1), DangerWsh: rgb(0x330500),
		Focus: rgb(0x66ccff), Shadow: color.NRGBA{A: 0xff}, Curtain: color.NRGBA{A: 0xcc},
	}
)

// Colours is the palette on show.
func Colours() *Palette {
	a := fyne.CurrentApp()
	if t, ok := a.Settings().Theme().(*Theme); ok {
		return t.palette(a.Settings().ThemeVariant())
	}
	return &Light
}

// Ratio returns the contrast of two opaque colours, 1 to 21 (WCAG 2.2,
// "contrast ratio").
func Ratio(a, b color.NRGBA) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is WCAG's relative luminance, 0 to 1.
func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}
