package piv

import (
	"testing"
	"time"

	"github.com/ebfe/scard"
)

// A reader that does not see its card for a moment still has it; after a while
// it has not.
func TestBlindReader(t *testing.T) {
	v := view{known: map[string]scard.StateFlag{}, blind: map[string]time.Time{}, last: map[string]presence{}}
	at := func(ms int) time.Time { return time.Unix(0, 0).Add(time.Duration(ms) * time.Millisecond) }
	const (
		card  = scard.StatePresent | 1<<16
		empty = scard.StateEmpty | 2<<16
		error = scard.StateUnknown | scard.StateUnavailable
	)
	for _, tt := range []struct {
		ms    int
		state scard.StateFlag
		in    bool
	}{
		{0, card, true},
		{100, error, true},
		{150, error, true},
		{200, card, true},
		{1000, error, true},
		{1299, error, true},
		{1300, error, false},
		{5000, error, false},
		{5100, card, true},
		{5200, empty, false},
		{5300, error, false},
	} {
		now := v.note([]string{"reader"}, []scard.StateFlag{tt.state}, at(tt.ms))
		if now[0].in != tt.in {
			t.Errorf("after %d ms: card in = %v, want %v", tt.ms, now[0].in, tt.in)
		}
	}
}
