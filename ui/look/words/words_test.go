package words

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// each calls visit with every text of a catalogue and its path.
func each(v reflect.Value, path string, visit func(path, text string)) {
	switch v.Kind() {
	case reflect.String:
		visit(path, v.String())
	case reflect.Slice:
		for i := range v.Len() {
			each(v.Index(i), path, visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			each(v.Field(i), strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), visit)
		}
	}
}

func texts(language string) (paths []string, byPath map[string][]string) {
	byPath = map[string][]string{}
	each(reflect.ValueOf(*Of(language)), "", func(path, text string) {
		paths = append(paths, path)
		byPath[path] = append(byPath[path], text)
	})
	return paths, byPath
}

var verb = regexp.MustCompile(`%(\[\d\])?[-+0-9.]*[a-z%]`)

func TestBothLanguagesSayTheSame(t *testing.T) {
	paths, en := texts("en")
	_, fr := texts("fr")
	for _, path := range paths {
		if len(en[path]) != len(fr[path]) {
			t.Errorf("%s: %d texts in English, %d in French", path, len(en[path]), len(fr[path]))
			continue
		}
		for i, text := range en[path] {
			if path == "Lang" || strings.HasSuffix(path, ".Next") {
				continue // a trouble may have no button, in both languages
			}
			if text == "" || fr[path][i] == "" {
				t.Errorf("%s says nothing", path)
			}
			e, f := verb.FindAllString(text, -1), verb.FindAllString(fr[path][i], -1)
			if !slices.Equal(plain(e), plain(f)) {
				t.Errorf("%s takes %q in English, %q in French", path, e, f)
			}
		}
	}
}

// plain are the verbs without flags, but for "%%", which takes nothing.
func plain(verbs []string) []string {
	var out []string
	for _, v := range verbs {
		if !strings.HasSuffix(v, "%") {
			out = append(out, v[len(v)-1:])
		}
	}
	return out
}

func TestButtonsInBothLanguages(t *testing.T) {
	_, en := texts("en")
	_, fr := texts("fr")
	for path := range en {
		if strings.HasSuffix(path, ".Next") && (en[path][0] == "") != (fr[path][0] == "") {
			t.Errorf("%s: a button in one language alone", path)
		}
	}
}

func TestFrenchSpaces(t *testing.T) {
	_, fr := texts("fr")
	for path, texts := range fr {
		for _, text := range texts {
			for _, mark := range []string{" :", " ?", " !", " ;", " »", "« ", " %%"} {
				if strings.Contains(text, mark) {
					t.Errorf("%s: %q breaks at %q", path, text, mark)
				}
			}
			if strings.ContainsAny(text, "'\"") {
				t.Errorf("%s: %q has straight quotes", path, text)
			}
		}
	}
}

// TestEveryWordIsUsed looks for each field of the catalogue in the sources of ui.
func TestEveryWordIsUsed(t *testing.T) {
	var source strings.Builder
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			strings.HasSuffix(path, "words.go") && strings.Contains(path, "look") {
			return err
		}
		data, err := os.ReadFile(path)
		source.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	paths, _ := texts("en")
	for _, path := range paths {
		parts := strings.Split(path, ".")
		name := parts[min(1, len(parts)-1)]
		if path == "Lang" {
			continue
		}
		if !regexp.MustCompile(`\.` + name + `\b`).MatchString(source.String()) {
			t.Errorf("nobody says %s", path)
		}
	}
}

func TestTimes(t *testing.T) {
	at := time.Date(2027, time.May, 1, 14, 2, 9, 0, time.UTC)
	en, fr := Of("en"), Of("fr")
	for _, tt := range []struct{ got, want string }{
		{en.Day(at), "1 May 2027"},
		{fr.Day(at), "1er mai 2027"},
		{fr.ShortDay(at.AddDate(0, 0, 2)), "3 mai"},
		{en.Clock(at), "14:02"},
		{fr.Clock(at), "14 h 02"},
		{en.Moment(at), "14:02:09"},
		{fr.Moment(at), "14 h 02 min 09 s"},
		{Since(4*time.Minute + 12*time.Second), "04:12"},
		{Since(time.Hour + 61*time.Second), "1:01:01"},
		{Since(-time.Minute), "00:00"},
	} {
		if got := strings.ReplaceAll(tt.got, "\u00a0", " "); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestPlurals(t *testing.T) {
	for _, tt := range []struct {
		language string
		n        int
		want     string
	}{
		{"en", 0, "0 tries left"},
		{"en", 1, "1 try left"},
		{"en", 5, "5 tries left"},
		{"fr", 0, "0 essai restant"},
		{"fr", 1, "1 essai restant"},
		{"fr", 2, "2 essais restants"},
	} {
		c := Of(tt.language)
		if got := c.For(c.SignIn.Tries, tt.n); got != tt.want {
			t.Errorf("%s %d: %q, want %q", tt.language, tt.n, got, tt.want)
		}
	}
}

func TestOtherLanguagesAreEnglish(t *testing.T) {
	if Of("de").Lang != "en" || Of("").Lang != "en" || Of("fr").Lang != "fr" {
		t.Error("an unknown language is not English")
	}
}
