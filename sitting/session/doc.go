// Package session is one person's place in one sitting: it keeps the link,
// verifies every entry of the order again, takes part in the group, and says
// what media may do. It owns the sitting's state and the MLS group of its
// person. It may use the roots of sitting, e2ee, media and identity, and
// sitting's wire and link; it draws nothing and touches no frame.
//
// The loop in [Session.Run] only routes. What can happen is a type with a
// method happen, in the file of what it belongs to:
//
//	history.go    entries: hash chain, signatures, rules; splits
//	requests.go   what was asked and is not in the order yet
//	line.go       the link: dialling, and what comes
//	circle.go     the group: founding, joining, merging
//	commits.go    which commits are admissible, and whose turn it is
//	votes.go      whether the own group state is the others'
//
// # Goroutines
//
// One, in Run, owns everything. For each call that can wait (dialling, blobs)
// it starts another that carries the result back and decides nothing; there
// are at most as many as there are blobs wanted, and Run waits for all.
//
// # What becomes of what does not fit
//
// A request that the box has no room for is refused with [ErrFull]. Heads heard
// on the media path are dropped when many wait: they come again in a second.
package session

import (
	"errors"
	"fmt"

	"incamera/sitting"
)

// Why a session has ended, or cannot begin.
var (
	ErrFull      = errors.New("session: too many requests wait")
	ErrOver      = errors.New("session: it is over")
	ErrOrder     = errors.New("session: no clerk has signed the order of the day")
	ErrChanged   = errors.New("session: the sitting goes by another order of the day")
	ErrNotListed = errors.New("session: not on the roster")
	ErrSplit     = errors.New("session: the service shows different records to different members")
	ErrElsewhere = errors.New("session: the member has come in from elsewhere")
	ErrRevoked   = errors.New("session: the member's card was revoked")
	ErrClosed    = errors.New("session: the sitting is closed")
	ErrExpired   = errors.New("session: the session certificate has expired")
)

// A RemovedError reports that the member was removed from the sitting.
type RemovedError struct {
	By  sitting.MemberID
	Why string
}

func (e *RemovedError) Error() string { return fmt.Sprintf("session: removed by %s: %s", e.By, e.Why) }

// A TurnedAwayError reports that the service does not let the member in.
type TurnedAwayError struct{ Code string } // a sitting.Refusal or another word

func (e *TurnedAwayError) Error() string { return "session: turned away: " + e.Code }
