package identity

import (
	"errors"
	"fmt"
)

// What can be wrong with a card, sorted by what the person can do about it.
var (
	ErrNotPIV        = errors.New("identity: the card holds no PIV application")
	ErrNoCertificate = errors.New("identity: the card holds no certificate for signing in")
	ErrPINBlocked    = errors.New("identity: the card's PIN is blocked")
	ErrCardRemoved   = errors.New("identity: the card was removed")
	ErrNotTouched    = errors.New("identity: the card was not touched in time")
	ErrCancelled     = errors.New("identity: cancelled")
	// ErrContactless reports a card that does without its contacts only what
	// asks for no PIN: it belongs into a reader with a slot.
	ErrContactless = errors.New("identity: the card signs in only in a reader that touches its contacts")
	// ErrPINFormat reports a PIN that no card takes; no try was spent on it.
	ErrPINFormat = errors.New("identity: a PIN has six to eight characters")
	// ErrNoService reports that the system's smartcard service does not answer.
	ErrNoService = errors.New("identity: the smartcard service is not running")
)

// A WrongPINError reports a PIN that the card refused.
type WrongPINError struct {
	Left int // tries left before the card blocks; -1 if unknown
}

func (e *WrongPINError) Error() string {
	if e.Left < 0 {
		return "identity: wrong PIN"
	}
	return fmt.Sprintf("identity: wrong PIN, %d tries left", e.Left)
}

// A BusyError reports a card that another program holds.
type BusyError struct {
	Holder string // the likely holder, "" if unknown
}

func (e *BusyError) Error() string {
	if e.Holder == "" {
		return "identity: another program is using the card"
	}
	return "identity: " + e.Holder + " is using the card"
}
