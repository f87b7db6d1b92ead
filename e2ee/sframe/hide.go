package sframe

import (
	"fmt"
	"io"
)

// What holds a key says what it is, and nothing else, however it is printed.

// Format keeps the key out of every log.
func (Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sframe: key") }

// Format keeps the base key out of every log.
func (e Epoch) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "sframe: epoch %d", e.Number) }

// Format keeps the keys out of every log.
func (*Keyring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sframe: keyring") }

// Format keeps the keys out of every log.
func (*Sealer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sframe: sealer") }

// Format keeps the keys out of every log.
func (*Opener) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sframe: opener") }
