//go:build !darwin

package piv

import (
	"time"

	"github.com/ebfe/scard"
)

// pollEvery is how long to trust the system to tell by itself.
const pollEvery = time.Second

// arrivals is the reader that stands for readers that come and go. Windows
// wants to know how many there are, in the upper half.
func arrivals(readers int) []scard.ReaderState {
	return []scard.ReaderState{{
		Reader:       `\\?PnP?\Notification`,
		CurrentState: scard.StateFlag(readers << 16),
	}}
}
