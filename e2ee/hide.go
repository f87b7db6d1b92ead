package e2ee

import (
	"fmt"
	"io"
)

// What holds a secret says what it is, and nothing else, however it is printed:
// by fmt, and where an encoder (as of a log) looks for text.

// Format keeps the epoch's keys out of every log.
func (e Epoch) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "e2ee: epoch %d, %d members", e.Number, len(e.Leaves))
}

// Format keeps the session key out of every log.
func (i Identity) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "e2ee: identity, %d certificates", len(i.Chain))
}

// MarshalText keeps the session key out of every encoding.
func (i Identity) MarshalText() ([]byte, error) { return fmt.Append(nil, i), nil }

// Format keeps the session key out of every log.
func (c Config) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "e2ee: group %q under %s", c.GroupID, c.Suite)
}

// MarshalText keeps the session key out of every encoding.
func (c Config) MarshalText() ([]byte, error) { return fmt.Append(nil, c), nil }

// Format keeps the secrets out of every log.
func (KeyPackage) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "e2ee: key package") }

// Format keeps the group's secrets out of every log.
func (g Group) Format(f fmt.State, verb rune) { g.epoch.Format(f, verb) }

// Format keeps the group's secrets out of every log.
func (Staged) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "e2ee: staged commit") }

// Format keeps the group's secrets out of every log.
func (Admitted) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "e2ee: admitted commit") }

// Format keeps the session key out of every log.
func (o KeyringOptions) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "e2ee: keyring options")
}

// MarshalText keeps the session key out of every encoding.
func (o KeyringOptions) MarshalText() ([]byte, error) { return fmt.Append(nil, o), nil }

// Format keeps the keys out of every log.
func (k *Keyring) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "e2ee: keyring %+v", k.Counts()) }

// Format keeps the keys out of every log.
func (s Sealer) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "e2ee: sealer of track %d", s.track)
}

// Format keeps the keys out of every log.
func (o *Opener) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "e2ee: opener of %s, track %d", o.member, o.track)
}
