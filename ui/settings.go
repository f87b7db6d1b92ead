package ui

import (
	"slices"
	"strconv"

	"fyne.io/fyne/v2/lang"

	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
	"incamera/ui/settings"
)

// Where the machine remembers what was chosen. Nothing of a sitting is kept.
const (
	keyLanguage = "language"
	keyScheme   = "scheme"
	keyScale    = "scale"
)

// remembered are the values chosen last, unless policy or options say others.
func (w *Window) remembered() settings.Values {
	v := settings.Values{Language: machineLanguage(), Scheme: look.System, Scale: 1}
	if p := w.app.Preferences(); !w.o.Forget {
		v.Language = p.StringWithFallback(keyLanguage, v.Language)
		v.Scheme = look.Scheme(p.StringWithFallback(keyScheme, string(v.Scheme)))
		v.Scale = float32(p.FloatWithFallback(keyScale, float64(v.Scale)))
	}
	if w.o.Language != "" {
		v.Language = w.o.Language
	}
	return w.ruled(v)
}

// machineLanguage is French on a machine that is French, else English.
func machineLanguage() string {
	if len(lang.SystemLocale()) >= 2 && lang.SystemLocale()[:2] == "fr" {
		return "fr"
	}
	return "en"
}

// ruled are the values that policy leaves.
func (w *Window) ruled(v settings.Values) settings.Values {
	if r := w.rule(settings.Language); r != nil && slices.Contains(words.Languages, r.Value) {
		v.Language = r.Value
	}
	if r := w.rule(settings.Scheme); r != nil && slices.Contains(look.Schemes, look.Scheme(r.Value)) {
		v.Scheme = look.Scheme(r.Value)
	}
	if r := w.rule(settings.Scale); r != nil {
		if f, err := strconv.ParseFloat(r.Value, 32); err == nil {
			v.Scale = float32(f)
		}
	}
	return v
}

func (w *Window) rule(k settings.Key) *settings.Rule {
	for i := range w.o.Rules {
		if w.o.Rules[i].Key == k {
			return &w.o.Rules[i]
		}
	}
	return nil
}

// choose takes new values: the window changes at once and remembers them.
func (w *Window) choose(v settings.Values) {
	v = w.ruled(v)
	resized := v.Scheme != w.values.Scheme || v.Scale != w.values.Scale
	w.values, w.words = v, words.Of(v.Language)
	if p := w.app.Preferences(); !w.o.Forget {
		p.SetString(keyLanguage, v.Language)
		p.SetString(keyScheme, string(v.Scheme))
		p.SetFloat(keyScale, float64(v.Scale))
	}
	if resized {
		w.app.Settings().SetTheme(look.New(v.Scheme, v.Scale))
	}
	w.say()
}

// say says everything on the window again.
func (w *Window) say() {
	w.head.language.Choose(slices.Index(words.Languages, w.values.Language))
	if w.room != nil {
		w.room.Say(w.words)
	}
	w.head.show(w)
	w.progress.say(w.words)
	w.sheets.Renew()
	w.window.Content().Refresh()
}

// openSettings lays the settings over the room.
func (w *Window) openSettings() {
	w.sheets.Open(func() kit.Leaf {
		o := settings.Options{Values: w.values, Rules: w.o.Rules, Changed: w.choose}
		if check := w.check; check != nil {
			o.Devices = func() { w.sheets.Close(); check() }
		}
		return kit.Leaf{
			Title:   w.words.Settings.Title,
			Content: settings.Sheet(o, w.words),
			Buttons: []*kit.Button{kit.NewButton(kit.Filled, "", w.words.Common.Close, func() { w.sheets.Close() })},
		}
	}, nil)
}
