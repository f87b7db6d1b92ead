package piv

import (
	"time"

	"github.com/ebfe/scard"
)

// pollEvery is short: macOS does not tell of readers that come and go, and
// loses events now and then.
const pollEvery = 250 * time.Millisecond

// arrivals returns nothing: macOS has no such reader.
func arrivals(int) []scard.ReaderState { return nil }
