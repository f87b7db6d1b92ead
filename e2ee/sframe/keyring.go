package sframe

import (
	"crypto/subtle"
	"errors"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// EpochBits is E of RFC 9605, section 5.2: how many low bits of the epoch's
// number a key id carries. No more than 2^E epochs can be alive at a time.
const EpochBits = 8

// OldKeysLive is how long frames of an epoch can still be opened after the
// next one has begun: what is under way may arrive.
const OldKeysLive = 10 * time.Second

// What can be wrong with a frame whose header can be read.
var (
	ErrUnknownKey  = errors.New("sframe: unknown key")
	ErrWrongSender = errors.New("sframe: sealed by another member")
	ErrReplayed    = errors.New("sframe: frame seen before, or too old to tell")
	ErrNoKey       = errors.New("sframe: no key to seal with")
)

// An Epoch is what the group gives to the keyring at each of its epochs.
type Epoch struct {
	Number uint64
	Base   []byte   // MLS-Exporter("SFrame 1.0 Base Key", "", Suite.KeySize()); the keyring's from now on
	Own    uint32   // own leaf
	Owners []string // whose each leaf is, by leaf index; "" is a blank one
}

// A Keyring holds the keys of the epochs that are alive. [Keyring.Advance],
// [Keyring.Sweep] and [Keyring.Wipe] belong to one goroutine; all else may be
// called from any.
type Keyring struct {
	suite Suite
	now   func() time.Time
	held  atomic.Pointer[epochs]
	given uint64 // epochs, until now
}

// epochs never changes once stored.
type epochs struct {
	alive []living  // newest first
	send  *epoch    // seals until switchAt
	then  *epoch    // seals from at on; nil if send stays
	at    time.Time // when to switch
}

// A living epoch can still be used to open.
type living struct {
	*epoch
	until time.Time // zero for the newest
}

func (l living) over(now time.Time) bool { return !l.until.IsZero() && !now.Before(l.until) }

type epoch struct {
	Epoch
	place uint64 // in the order in which the keyring was given epochs
	suite Suite
	shift uint                     // S + E
	keys  [2][]atomic.Pointer[Key] // by context and leaf; nil until first needed
	ctr   atomic.Uint64            // next counter of the own leaf

	mu sync.Mutex // guards Base: deriving against forgetting
}

// NewKeyring returns a keyring without keys: what it is asked to open is
// unknown, and it seals nothing.
func NewKeyring(suite Suite, now func() time.Time) *Keyring {
	r := &Keyring{suite: suite, now: now}
	r.held.Store(&epochs{})
	return r
}

// Advance makes e the newest epoch. Its frames can be opened at once; frames
// are sealed with it after grace, so that the others can be there first. The
// epochs before it live on for [OldKeysLive]. To be given an epoch's keys a second
// time changes nothing: their counter must not begin again.
func (r *Keyring) Advance(e Epoch, grace time.Duration) {
	now, old := r.now(), r.held.Load()
	if old.has(e.Base) {
		return
	}
	r.given++
	next := &epoch{Epoch: e, place: r.given, suite: r.suite, shift: EpochBits + uint(bits.Len(uint(len(e.Owners))))}
	for c := range next.keys {
		next.keys[c] = make([]atomic.Pointer[Key], len(e.Owners))
	}
	held := &epochs{alive: []living{{epoch: next}}, send: next}
	for _, o := range old.alive {
		if o.until.IsZero() {
			o.until = now.Add(OldKeysLive)
		}
		// A key id whose epoch bits came round again means the newer epoch
		// (RFC 9605, section 5.2).
		if o.over(now) || low(o.Number) == low(e.Number) {
			o.forget()
		} else {
			held.alive = append(held.alive, o)
		}
	}
	if grace > 0 && old.send != nil {
		held.send, held.then, held.at = old.sender(r.now), next, now.Add(grace)
	}
	r.held.Store(held)
}

// has tells whether base is that of an epoch which is alive.
func (h *epochs) has(base []byte) bool {
	for _, e := range h.alive {
		if subtle.ConstantTimeCompare(e.Base, base) == 1 {
			return true
		}
	}
	return false
}

// sender asks for the time only while a grace runs: the clock costs a third of
// what sealing a frame of voice does.
func (h *epochs) sender(now func() time.Time) *epoch {
	if h.then != nil && !now().Before(h.at) {
		return h.then
	}
	return h.send
}

// Sweep forgets the epochs whose time is over.
func (r *Keyring) Sweep() {
	now, old := r.now(), r.held.Load()
	held := &epochs{send: old.sender(r.now)}
	if held.send != old.then {
		held.then, held.at = old.then, old.at
	}
	for _, e := range old.alive {
		if e.over(now) {
			e.forget()
		} else {
			held.alive = append(held.alive, e)
		}
	}
	r.held.Store(held)
}

// Wipe forgets all keys: from now on nothing is sealed and nothing opens.
func (r *Keyring) Wipe() {
	for _, e := range r.held.Swap(&epochs{}).alive {
		e.forget()
	}
}

func (e *epoch) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.Base)
	e.Base = nil
	for c := range e.keys {
		for i := range e.keys[c] {
			e.keys[c][i].Store(nil)
		}
	}
}

func low(n uint64) uint64 { return n & (1<<EpochBits - 1) }

// find returns the epoch that kid belongs to.
func (h *epochs) find(kid uint64, now func() time.Time) *epoch {
	for _, e := range h.alive {
		if low(e.Number) == low(kid) && (e.until.IsZero() || !e.over(now())) {
			return e.epoch
		}
	}
	return nil
}

func (e *epoch) kid(leaf uint32, context uint64) uint64 {
	return context<<e.shift | uint64(leaf)<<EpochBits | low(e.Number)
}

// split undoes kid.
func (e *epoch) split(kid uint64) (leaf uint32, context uint64) {
	return uint32(kid & (1<<e.shift - 1) >> EpochBits), kid >> e.shift
}

// key returns the key of a leaf. Only the first frame of a sender in an epoch
// has it derived.
func (e *epoch) key(leaf uint32, context uint64) (*Key, error) {
	if context >= uint64(len(e.keys)) || int(leaf) >= len(e.keys[context]) {
		return nil, ErrUnknownKey
	}
	slot := &e.keys[context][leaf]
	if k := slot.Load(); k != nil {
		return k, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.Base == nil {
		return nil, ErrUnknownKey
	}
	k, err := NewKey(e.suite, e.Base, e.kid(leaf, context))
	if err != nil {
		return nil, err
	}
	slot.Store(k)
	return k, nil
}
