// Package settings shows what a person may choose of the window, and what the
// House has set on this computer. It owns the values chosen. It may touch
// ui/look.
package settings

import (
	"fmt"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"

	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
)

// Values are what a person has chosen.
type Values struct {
	Language string // "en", "fr"
	Scheme   look.Scheme
	Scale    float32 // of the text, one of look.Scales
}

// A Key names one thing that the House may set.
type Key uint8

// The keys. The first three take away a choice of the person's.
const (
	Language Key = iota
	Scheme
	Scale
	Anchors
	Service
	Cards
	Suite
	Relay
	Shared
	Revocation
	Interval
	Attestation
	Attesters
	Features
	Log
)

// A Rule is one value that policy has set.
type Rule struct {
	Key   Key
	Value string // as shown; for the first three keys, the value itself: "fr", "dark", "1.5"
	By    string // who set it, as the policy names itself
}

// Options is what the sheet shows and asks.
type Options struct {
	Values  Values
	Rules   []Rule
	Changed func(Values) // the person has chosen
	Devices func()       // check sound and picture; nil if that cannot be done now
}

const width = 520

// Sheet builds the content of the settings.
func Sheet(o Options, w *words.Catalogue) fyne.CanvasObject {
	s := w.Settings
	blocks := []fyne.CanvasObject{
		choice(w.Common.Language, languages(), slices.Index(words.Languages, o.Values.Language), rule(o, Language), w, func(i int) {
			o.Values.Language = words.Languages[i]
			o.Changed(o.Values)
		}),
		choice(s.Theme, schemes(w), slices.Index(look.Schemes, o.Values.Scheme), rule(o, Scheme), w, func(i int) {
			o.Values.Scheme = look.Schemes[i]
			o.Changed(o.Values)
		}),
		choice(s.TextSize, percents(w), slices.Index(look.Scales, o.Values.Scale), rule(o, Scale), w, func(i int) {
			o.Values.Scale = look.Scales[i]
			o.Changed(o.Values)
		}),
	}
	if o.Devices != nil {
		blocks = append(blocks, kit.Column(6, kit.Bold(s.Devices, look.Body, look.Ink),
			kit.Row(0, kit.NewButton(kit.Plain, look.Microphone, s.Check, o.Devices))))
	}
	return kit.Column(look.Margin-4, append(blocks, policy(o.Rules, w))...)
}

func rule(o Options, k Key) *Rule {
	for i := range o.Rules {
		if o.Rules[i].Key == k {
			return &o.Rules[i]
		}
	}
	return nil
}

// choice is one setting: greyed, with who has set it, where policy has.
func choice(name string, choices []string, chosen int, fixed *Rule, w *words.Catalogue, pick func(int)) fyne.CanvasObject {
	s := kit.NewSegments(choices, max(0, chosen), pick)
	s.Say(name, choices)
	head := kit.Row(look.Gap, kit.Bold(name, look.Body, look.Ink))
	if fixed != nil {
		s.Allow(false)
		head = kit.Row(look.Gap, kit.Bold(name, look.Body, look.Ink), kit.NewIcon(look.Lock, look.Muted, 0.8),
			kit.NewText(fmt.Sprintf(w.Settings.FixedBy, fixed.By), look.Caption, look.Muted))
	}
	return kit.Column(6, head, kit.Row(0, s))
}

func languages() []string {
	var names []string
	for _, l := range words.Languages {
		names = append(names, words.Of(l).Common.LanguageName)
	}
	return names
}

// percents are the text sizes in words, with the space that French puts before "%".
func percents(w *words.Catalogue) []string {
	var out []string
	for _, s := range look.Scales {
		out = append(out, fmt.Sprintf(w.Settings.Percent, int(s*100)))
	}
	return out
}

// policy lists what the House has set, and by whom.
func policy(rules []Rule, w *words.Catalogue) fyne.CanvasObject {
	rows := []fyne.CanvasObject{kit.Bold(w.Settings.Policy, look.Body, look.Ink)}
	if len(rules) == 0 {
		rows = append(rows, kit.Wrapped(w.Settings.PolicyNone, look.Body, look.Muted, width))
	}
	for _, r := range rules {
		by := kit.NewText(fmt.Sprintf(w.Settings.FixedBy, r.By), look.Caption, look.Muted)
		rows = append(rows, kit.Row(12, kit.NewIcon(look.Lock, look.Muted, 0.9),
			kit.Column(0, kit.Wrapped(keyWord(r.Key, w)+" · "+value(r, w), look.Body, look.Ink, width-40), by)))
	}
	return kit.Column(look.Gap, rows...)
}

// value says what a rule has set, in words where it takes away a choice.
func value(r Rule, w *words.Catalogue) string {
	switch r.Key {
	case Language:
		return words.Of(r.Value).Common.LanguageName
	case Scheme:
		return schemes(w)[max(0, slices.Index(look.Schemes, look.Scheme(r.Value)))]
	case Scale:
		if f, err := strconv.ParseFloat(r.Value, 32); err == nil {
			return fmt.Sprintf(w.Settings.Percent, int(f*100))
		}
	}
	return r.Value
}

func schemes(w *words.Catalogue) []string {
	return []string{w.Settings.System, w.Settings.Light, w.Settings.Dark, w.Settings.Contrast}
}

func keyWord(k Key, w *words.Catalogue) string {
	switch k {
	case Language:
		return w.Common.Language
	case Scheme:
		return w.Settings.Theme
	case Scale:
		return w.Settings.TextSize
	case Anchors:
		return w.Settings.Anchors
	case Service:
		return w.Settings.Service
	case Cards:
		return w.Settings.Cards
	case Suite:
		return w.Settings.Suite
	case Relay:
		return w.Settings.Relay
	case Shared:
		return w.Settings.Shared
	case Revocation:
		return w.Settings.Revocation
	case Interval:
		return w.Settings.Interval
	case Attestation:
		return w.Settings.Attestation
	case Attesters:
		return w.Settings.Attesters
	case Features:
		return w.Settings.Features
	}
	return w.Settings.Log
}
