package look

import "image/color"

// A Tone is what a colour is for, to be looked up in the palette on show.
type Tone func(*Palette) color.NRGBA

// The tones.
func Ink(p *Palette) color.NRGBA        { return p.Ink }
func Muted(p *Palette) color.NRGBA      { return p.Muted }
func Faint(p *Palette) color.NRGBA      { return p.Faint }
func Ground(p *Palette) color.NRGBA     { return p.Ground }
func Surface(p *Palette) color.NRGBA    { return p.Surface }
func Raised(p *Palette) color.NRGBA     { return p.Raised }
func Line(p *Palette) color.NRGBA       { return p.Line }
func Unlit(p *Palette) color.NRGBA      { return p.Unlit }
func Edge(p *Palette) color.NRGBA       { return p.Edge }
func Accent(p *Palette) color.NRGBA     { return p.Accent }
func OnAccent(p *Palette) color.NRGBA   { return p.OnAccent }
func AccentInk(p *Palette) color.NRGBA  { return p.AccentInk }
func AccentWash(p *Palette) color.NRGBA { return p.AccentWash }
func Amber(p *Palette) color.NRGBA      { return p.Amber }
func OnAmber(p *Palette) color.NRGBA    { return p.OnAmber }
func AmberInk(p *Palette) color.NRGBA   { return p.AmberInk }
func AmberWash(p *Palette) color.NRGBA  { return p.AmberWash }
func LiveRed(p *Palette) color.NRGBA    { return p.Live }
func OnLive(p *Palette) color.NRGBA     { return p.OnLive }
func Danger(p *Palette) color.NRGBA     { return p.Danger }
func OnDanger(p *Palette) color.NRGBA   { return p.OnDanger }
func DangerInk(p *Palette) color.NRGBA  { return p.DangerInk }
func DangerWash(p *Palette) color.NRGBA { return p.DangerWsh }
func FocusRing(p *Palette) color.NRGBA  { return p.Focus }

// None is no colour at all.
func None(*Palette) color.NRGBA { return color.NRGBA{} }

// Now looks the tone up in the palette on show.
func (t Tone) Now() color.NRGBA { return t(Colours()) }
