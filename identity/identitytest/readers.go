package identitytest

import (
	"context"
	"sync"

	"incamera/identity"
)

// Readers are software readers, one for each card.
type Readers struct {
	cards []*Card // constant

	mu    sync.Mutex
	wakes map[chan struct{}]bool // guarded by mu
}

// NewReaders returns the readers of cards. A card belongs to one Readers.
func NewReaders(cards ...*Card) *Readers {
	r := &Readers{cards: cards, wakes: map[chan struct{}]bool{}}
	for _, c := range cards {
		c.moved = r.moved
	}
	return r
}

// Watch implements [identity.Readers].
func (r *Readers) Watch(ctx context.Context, changed func([]identity.Reader)) error {
	wake := make(chan struct{}, 1)
	r.mu.Lock()
	r.wakes[wake] = true
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.wakes, wake)
	}()
	for {
		changed(r.now())
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-wake:
		}
	}
}

func (r *Readers) now() []identity.Reader {
	all := make([]identity.Reader, len(r.cards))
	for i, c := range r.cards {
		all[i].Name = c.config.Reader
		if c.Inserted() {
			all[i].Card = c
		}
	}
	return all
}

// moved wakes every watcher.
func (r *Readers) moved() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for wake := range r.wakes {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}
