package e2ee

import (
	"errors"
	"time"

	"incamera/e2ee/sframe"
)

// Patience is for how long a member is heard without signing for it.
const Patience = 2 * time.Second

// errForged reports a frame that is certainly not its sender's.
var errForged = errors.New("e2ee: the sender has signed for another frame")

// ledgerLen is for how many frames of a track, counted from the newest, a
// ledger knows whether they are signed for. What comes later than that is refused.
const ledgerLen = 256

// A ledger holds one track's frames against what their sender signs for.
//
//	heard ── more than Patience unsigned, or a forgery ──► withheld
//	withheld ── as many statements hold as troubles ask ──► heard
//
// What the sender signs for may be lost on the way. So what was heard unsigned
// is forgotten after a time of peace, in which all was signed for. What is
// withheld is not heard, and owed for by nobody.
type ledger struct {
	entries  [ledgerLen]entry // by number
	newest   uint64           // number; 0: none yet
	pending  time.Duration    // heard, and may yet be signed for
	lost     time.Duration    // heard, and never will be
	withheld bool
	troubles int // each doubles how much must be signed for before the member is heard again
	good     int // statements that held, since the last trouble
}

// The longest wait is 64 statements; after as many in peace one trouble is
// forgotten.
const (
	maxTroubles = 7
	peace       = 64
)

// An entry is a frame that came, or was signed for before it came.
type entry struct {
	number uint64
	digest digest
	cost   time.Duration // for how long it was heard, and is not signed for
	signed bool
}

// at returns the entry of that number, or nil.
func (l *ledger) at(number uint64) *entry {
	if e := &l.entries[number%ledgerLen]; e.number == number {
		return e
	}
	return nil
}

// hear notes a frame that is about to be heard for cost. It fails if the frame
// is too old to tell whose it is, or was signed for otherwise, or is the second
// of its number: of two that differ one is forged.
func (l *ledger) hear(number uint64, x digest, cost time.Duration) error {
	if number > l.newest {
		l.advance(number)
	}
	if number+ledgerLen <= l.newest {
		return sframe.ErrReplayed
	}
	if e := l.at(number); e != nil {
		if !e.signed || e.digest != x {
			return errForged
		}
		return nil
	}
	if l.withheld {
		cost = 0
	}
	l.entries[number%ledgerLen] = entry{number: number, digest: x, cost: cost}
	l.pending += cost
	return nil
}

// advance makes room for the numbers up to number.
func (l *ledger) advance(number uint64) {
	for i := range min(number-l.newest, ledgerLen) {
		e := &l.entries[(number-i)%ledgerLen]
		if e.cost > 0 {
			l.pending, l.lost, l.good = l.pending-e.cost, l.lost+e.cost, 0
		}
		*e = entry{}
	}
	l.newest = number
}

// sign notes that the sender has signed for a frame, and fails if it is not
// the one that came.
func (l *ledger) sign(number uint64, x digest) error {
	if number > l.newest || number+ledgerLen <= l.newest {
		return nil
	}
	e := l.at(number)
	if e == nil {
		l.entries[number%ledgerLen] = entry{number: number, digest: x, signed: true}
		return nil
	}
	if e.digest != x {
		return errForged
	}
	l.pending -= e.cost
	e.cost, e.signed = 0, true
	return nil
}

// trust is to be told of each statement all of which was as it came.
func (l *ledger) trust() {
	switch l.good++; {
	case l.withheld && l.good >= 1<<(l.troubles-1):
		l.withheld, l.good = false, 0
	case !l.withheld && l.good >= peace:
		l.lost, l.good, l.troubles = 0, 0, max(l.troubles-1, 0)
	}
}

// doubt is to be told of whatever is certainly not the sender's.
func (l *ledger) doubt() {
	if l.good = 0; l.withheld {
		return
	}
	l.withheld, l.troubles = true, min(l.troubles+1, maxTroubles)
	l.pending, l.lost = 0, 0
	for i := range l.entries {
		l.entries[i].cost = 0
	}
}

// overdue tells whether the frame that was noted last may not be heard.
func (l *ledger) overdue() bool {
	if !l.withheld && l.pending+l.lost > Patience {
		l.doubt()
	}
	return l.withheld
}
