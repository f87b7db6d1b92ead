// Package look is how the window looks: colours, sizes, icons, and which of
// the schemes is on show. It decides nothing about what is shown and knows no
// words. It may touch Fyne's theme and the icons in assets.
package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// A Scheme is which palette is on show.
type Scheme string

// The schemes. System is light or dark, as the machine is.
const (
	System       Scheme = "system"
	LightScheme  Scheme = "light"
	DarkScheme   Scheme = "dark"
	HighContrast Scheme = "contrast"
)

// Schemes are all schemes, in the order in which they are offered.
var Schemes = []Scheme{System, LightScheme, DarkScheme, HighContrast}

// Scales are the text sizes on offer, as factors.
var Scales = []float32{1, 1.25, 1.5, 1.75, 2}

// A Theme is Incamera's look for Fyne. It never changes; a new choice is a new Theme.
type Theme struct {
	scheme Scheme
	scale  float32 // of all text and what grows with it, 1 to 2
}

// New returns a theme of a scheme at a text scale of 1 to 2.
func New(s Scheme, scale float32) *Theme {
	return &Theme{scheme: s, scale: min(max(scale, 1), 2)}
}

func (t *Theme) palette(v fyne.ThemeVariant) *Palette {
	switch {
	case t.scheme == HighContrast:
		return &Contrast
	case t.scheme == DarkScheme, t.scheme != LightScheme && v == theme.VariantDark:
		return &Dark
	}
	return &Light
}

// Color implements [fyne.Theme].
func (t *Theme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	p := t.palette(v)
	switch n {
	case theme.ColorNameBackground:
		return p.Ground
	case theme.ColorNameForeground:
		return p.Ink
	case theme.ColorNameDisabled:
		return p.Faint
	case theme.ColorNamePlaceHolder:
		return p.Muted
	case theme.ColorNamePrimary, theme.ColorNameHyperlink:
		return p.AccentInk
	case theme.ColorNameForegroundOnPrimary:
		return p.OnAccent
	case theme.ColorNameFocus:
		return p.AccentWash
	case theme.ColorNameSelection:
		return p.AccentWash
	case theme.ColorNameButton, theme.ColorNameInputBackground, theme.ColorNameHover, theme.ColorNamePressed, theme.ColorNameDisabledButton:
		return p.Raised
	case theme.ColorNameInputBorder:
		return p.Edge
	case theme.ColorNameSeparator:
		return p.Line
	case theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground, theme.ColorNameHeaderBackground:
		return p.Surface
	case theme.ColorNameScrollBar:
		return p.Edge
	case theme.ColorNameScrollBarBackground:
		return color.Transparent
	case theme.ColorNameShadow:
		return p.Shadow
	case theme.ColorNameError:
		return p.DangerInk
	case theme.ColorNameWarning:
		return p.AmberInk
	case theme.ColorNameSuccess:
		return p.AccentInk
	}
	return theme.DefaultTheme().Color(n, v)
}

// Font implements [fyne.Theme]: Noto Sans, which comes with Fyne.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(s) }

// Icon implements [fyne.Theme].
func (t *Theme) Icon(n fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(n) }

// Size implements [fyne.Theme].
func (t *Theme) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case theme.SizeNameText:
		return 14 * t.scale
	case theme.SizeNameCaptionText:
		return 12 * t.scale
	case theme.SizeNameSubHeadingText:
		return 20 * t.scale
	case theme.SizeNameHeadingText:
		return 28 * t.scale
	case theme.SizeNameInlineIcon:
		return 20 * t.scale
	case theme.SizeNameInputRadius, theme.SizeNameButtonRadius, theme.SizeNameSelectionRadius:
		return 6
	case theme.SizeNameDialogRadius, theme.SizeNamePopupRadius, theme.SizeNameCardRadius:
		return 10
	case theme.SizeNameModalBlurRadius:
		return 0
	case theme.SizeNameInnerPadding:
		return 9
	}
	return theme.DefaultTheme().Size(n)
}
