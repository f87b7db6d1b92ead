package mls

import (
	"fmt"
	"io"
)

// A secret is key material. It prints as a word, and is overwritten by its
// owner when its epoch ends.
type secret []byte

const hidden = "mls: secret"

// Format writes no byte of the secret, whatever the verb.
func (secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

func (s secret) wipe() { clear(s) }

func (s secret) clone() secret { return append(secret(nil), s...) }

func wipe(all ...secret) {
	for _, s := range all {
		s.wipe()
	}
}
