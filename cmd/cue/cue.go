// Package cue is what a rehearsal and its delegates say to each other: cues
// one way, notes the other, one line of JSON each. It knows nothing of what
// they mean.
package cue

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// A Cue tells a delegate what to do.
type Cue struct {
	Do  Verb   `json:"do"`
	Who string `json:"who,omitempty"` // a member, where the verb asks for one
}

// A Verb is something that a delegate can do.
type Verb string

// The verbs.
const (
	Raise  Verb = "raise"  // one's own hand
	Give   Verb = "give"   // the floor to Who
	Take   Verb = "take"   // the floor from Who
	Admit  Verb = "admit"  // Who
	Remove Verb = "remove" // Who
	Speak  Verb = "speak"  // switch the microphone on
	Mute   Verb = "mute"   // switch it off
	Pull   Verb = "pull"   // one's own card out of its reader
	Leave  Verb = "leave"
)

// A Note is what a delegate tells of itself.
type Note struct {
	At   time.Time `json:"at"`
	What Event     `json:"what"`
	N    uint64    `json:"n,omitempty"` // the epoch's number, or how many
	Text string    `json:"text,omitempty"`
	Of   *Counts   `json:"of,omitempty"`
}

// An Event is something that happened to a delegate.
type Event string

// The events.
const (
	SignedIn Event = "signed in" // the PIN was accepted
	Seated   Event = "seated"    // the member's arrival is in the order
	OnAir    Event = "on air"    // the first sealed frame has left
	First    Event = "first"     // the first sound or picture was opened
	Epoch    Event = "epoch"     // the group is in epoch N
	Floor    Event = "floor"     // the member may speak
	CardOut  Event = "card out"  // the card was pulled
	Stopped  Event = "stopped"   // microphone and camera are closed
	Gone     Event = "gone"      // the seat is left and the keys are wiped
	Seen     Event = "seen gone" // Text has no seat any more, as the order says
	Trouble  Event = "trouble"   // Text says what
	Counted  Event = "counted"   // frames, at the end
)

// Counts are frames at one delegate.
type Counts struct {
	Sound    uint64 `json:"sound"` // frames of voice that left
	Sealed   uint64 `json:"sealed"`
	Opened   uint64 `json:"opened"`
	Rejected uint64 `json:"rejected"`
}

// A Line writes notes or cues, from any goroutine.
type Line struct {
	mu sync.Mutex
	w  io.Writer
}

// NewLine returns a line that writes to w.
func NewLine(w io.Writer) *Line { return &Line{w: w} }

// Say writes v, a [Cue] or a [Note].
func (l *Line) Say(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("cue: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err = l.w.Write(append(b, '\n'))
	return err
}

// Hear calls each with every line of r until it ends, and skips what is no T.
func Hear[T any](r io.Reader, each func(T)) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var v T
		if json.Unmarshal(lines.Bytes(), &v) == nil {
			each(v)
		}
	}
	return lines.Err()
}
