package trust

import (
	"fmt"
	"time"
)

// Whatever prints, logs or encodes a Session gets words, and not its key.

func (s Session) String() string {
	return fmt.Sprintf("session of %q until %s", s.Person.Common, s.Person.NotAfter.UTC().Format(time.RFC3339))
}

// Format implements [fmt.Formatter].
func (s Session) Format(w fmt.State, _ rune) { fmt.Fprint(w, s.String()) }

// MarshalText implements [encoding.TextMarshaler].
func (s Session) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
