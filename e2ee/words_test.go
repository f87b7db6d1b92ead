package e2ee

import (
	"slices"
	"testing"
)

func TestWords(t *testing.T) {
	for lang, list := range words {
		if len(list) != 256 || len(slices.Compact(slices.Sorted(slices.Values(list)))) != 256 {
			t.Errorf("%s has %d words, want 256 different ones", lang, len(list))
		}
	}
	a, b := &Epoch{Authenticator: []byte("a")}, &Epoch{Authenticator: []byte("b")}
	for _, lang := range []string{"en", "fr"} {
		if !slices.Equal(a.Words(lang), (&Epoch{Authenticator: []byte("a")}).Words(lang)) {
			t.Errorf("%s: one epoch has two codes", lang)
		}
		if slices.Equal(a.Words(lang), b.Words(lang)) || len(a.Words(lang)) != codeWords {
			t.Errorf("%s: two epochs have the code %v", lang, a.Words(lang))
		}
	}
}
