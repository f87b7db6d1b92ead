package identitytest

import (
	"context"
	"slices"
	"sync"

	"incamera/identity"
)

// An Asker answers PIN questions from a list and remembers what it was asked.
// Its methods may be called from any goroutine.
type Asker struct {
	mu        sync.Mutex
	pins      []string
	questions []identity.PINQuestion
	answers   [][]byte
	touches   int
	touched   chan struct{} // one token per call of Touch, if there is room
}

// Answer returns an Asker that answers with pins in turn, and then backs out.
func Answer(pins ...string) *Asker {
	return &Asker{pins: pins, touched: make(chan struct{}, 16)}
}

// PIN answers with the next PIN, or [identity.ErrCancelled] when there is none left.
func (a *Asker) PIN(ctx context.Context, q identity.PINQuestion) ([]byte, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.questions = append(a.questions, q)
	if len(a.pins) == 0 {
		return nil, identity.ErrCancelled
	}
	pin := []byte(a.pins[0])
	a.pins = a.pins[1:]
	a.answers = append(a.answers, pin)
	return pin, nil
}

// Touch counts the call and waits for ctx to end.
func (a *Asker) Touch(ctx context.Context, _ identity.CardInfo) {
	a.mu.Lock()
	a.touches++
	a.mu.Unlock()
	select {
	case a.touched <- struct{}{}:
	default:
	}
	<-ctx.Done()
}

// Questions returns what was asked so far.
func (a *Asker) Questions() []identity.PINQuestion {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.questions)
}

// Touches returns how often Touch was called.
func (a *Asker) Touches() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.touches
}

// Touched yields a value for each call of Touch.
func (a *Asker) Touched() <-chan struct{} { return a.touched }

// Wiped reports that every PIN that was given away has been overwritten.
func (a *Asker) Wiped() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, pin := range a.answers {
		if slices.ContainsFunc(pin, func(b byte) bool { return b != 0 }) {
			return false
		}
	}
	return true
}
