package usher

import "sync"

// A journal holds a sitting's entries in memory, for the links that tell them,
// and the newest signed head. Each link reads at its own pace and keeps its own
// place, so a slow one costs nothing but itself. What is in it never changes.
type journal struct {
	// Guarded by mu.
	mu      sync.Mutex
	entries [][]byte
	head    []byte        // signed by the service; nil until there is one
	more    chan struct{} // closed when either of them is new
}

func newJournal() *journal { return &journal{more: make(chan struct{})} }

// append adds the next entry and wakes those who wait.
func (j *journal) append(entry []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, entry)
	j.wake()
}

// sign replaces the head and wakes those who wait.
func (j *journal) sign(head []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.head = head
	j.wake()
}

func (j *journal) wake() {
	close(j.more)
	j.more = make(chan struct{})
}

// after returns the entries after the place seq, the newest head, and a
// channel that closes when either of them is new.
func (j *journal) after(seq uint64) (entries [][]byte, head []byte, more <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := uint64(len(j.entries))
	return j.entries[min(seq, n):n:n], j.head, j.more
}
