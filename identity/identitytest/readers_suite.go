package identitytest

import (
	"context"
	"slices"
	"testing"

	"incamera/identity"
)

// A Rig is two readers with a hand at each. Both are empty at first.
type Rig struct {
	Readers identity.Readers
	Insert  [2]func() // puts a card into the reader; the same card every time
	Pull    [2]func() // takes it out
}

// TestReaders checks what every [identity.Readers] promises. open returns a rig
// with empty readers.
func TestReaders(t *testing.T, open func(*testing.T) Rig) {
	t.Run("cards come and go", func(t *testing.T) {
		rig := open(t)
		seen := watch(t, rig.Readers)
		seen.until(t, "no card", func(all []identity.Reader) bool { return len(cards(all)) == 0 })
		rig.Insert[0]()
		one := cards(seen.until(t, "one card", has(1)))
		rig.Insert[1]()
		two := cards(seen.until(t, "two cards", has(2)))
		if !slices.Contains(two, one[0]) {
			t.Error("the card that stayed is another Card")
		}
		rig.Pull[0]()
		left := cards(seen.until(t, "one card left", has(1)))
		if left[0] == one[0] {
			t.Error("the wrong card is left")
		}
		rig.Pull[1]()
		seen.until(t, "no card left", has(0))
		rig.Insert[0]()
		seen.until(t, "the first card again", has(1))
		rig.Pull[0]()
	})
	t.Run("tells at once", func(t *testing.T) {
		rig := open(t)
		rig.Insert[1]()
		defer rig.Pull[1]()
		watch(t, rig.Readers).until(t, "one card", has(1))
		watch(t, rig.Readers).until(t, "one card for a second watcher", has(1))
	})
	t.Run("ends with its context", func(t *testing.T) {
		rig := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- rig.Readers.Watch(ctx, func([]identity.Reader) {}) }()
		cancel()
		if err := <-ended; err == nil {
			t.Error("Watch returned no error")
		}
	})
}

func cards(all []identity.Reader) (in []identity.Card) {
	for _, r := range all {
		if r.Card != nil {
			in = append(in, r.Card)
		}
	}
	return in
}

func has(n int) func([]identity.Reader) bool {
	return func(all []identity.Reader) bool { return len(cards(all)) == n }
}

// A watching passes on what Watch tells.
type watching chan []identity.Reader

// watch starts to watch r until the test ends.
func watch(t *testing.T, r identity.Readers) watching {
	t.Helper()
	told := make(watching, 64)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = r.Watch(ctx, func(all []identity.Reader) { told <- all })
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return told
}

// until waits for readers that are as wanted.
func (w watching) until(t *testing.T, want string, is func([]identity.Reader) bool) []identity.Reader {
	t.Helper()
	for {
		select {
		case all := <-w:
			if is(all) {
				return all
			}
		case <-t.Context().Done():
			t.Fatalf("the test ended before there was %s", want)
		}
	}
}
