package e2ee

import (
	"crypto/sha256"
	_ "embed" // the word lists
	"strings"
)

//go:embed words/en.txt
var english string

//go:embed words/fr.txt
var french string

// words are 256 for each language, none of which sounds like another.
var words = map[string][]string{"en": strings.Fields(english), "fr": strings.Fields(french)}

// codeWords is the length of the code: 40 bits. Two epochs of a fork have the
// same one by chance only, unless a member makes the commits of both and tries
// about a million of each.
const codeWords = 5

// Words is a code to compare aloud, in "en" or "fr" (any other language has
// the English one): equal for all members of an epoch, in one language.
func (e *Epoch) Words(language string) []string {
	list, ok := words[language]
	if !ok {
		list = words["en"]
	}
	sum := sha256.Sum256(append([]byte("Incamera 1.0 words"), e.Authenticator...))
	code := make([]string, codeWords)
	for i := range code {
		code[i] = list[sum[i]]
	}
	return code
}
