package sframe

import (
	"fmt"
	"io"
)

// What holds a key says what it is, and nothing else, however it is printed:
// by fmt, and where an encoder (as of a log) looks for text.

// Format keeps the key out of every log.
func (Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sframe: key") }

// Format keeps the base key out of every log.
func (e Epoch) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "sframe: epoch %d", e.Number) }

// MarshalText keeps the base key out of every encoding.
func (e Epoch) MarshalText() ([]byte, error) { return fmt.Append(nil, e), nil }

// Format keeps the keys out of every log.
func (*Keyring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sframe: keyring") }

// Format keeps the keys out of every log.
func (Sealer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sframe: sealer") }

// Format keeps the keys out of every log.
func (Opener) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sframe: opener") }
