package session

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"incamera/sitting"
	"incamera/sitting/link"
)

// Times of fetching and storing.
const (
	blobLimit = 20 * time.Second
	blobAgain = 500 * time.Millisecond // after a try that failed
)

// A blob is wanted, here, or cannot be had.
type blob struct {
	bytes []byte
	err   error     // final
	asked bool      // a worker is at it
	next  time.Time // when to try again
}

// blob returns the blob of that hash, nil while it is being fetched, or why
// it cannot be had.
func (c *circle) blob(ctx context.Context, l *loop, hash sitting.Hash) ([]byte, error) {
	b := c.blobs[hash]
	if b == nil {
		b = &blob{}
		c.blobs[hash] = b
	}
	if b.bytes == nil && b.err == nil && !b.asked && !c.o.Now().Before(b.next) {
		b.asked = true
		id, service := c.history.order.Sitting, c.o.Service
		l.work(ctx, func(ctx context.Context) event {
			ctx, cancel := context.WithTimeout(ctx, blobLimit)
			defer cancel()
			bytes, err := service.Blob(ctx, id, hash)
			return fetched{hash, bytes, err}
		})
	}
	return b.bytes, b.err
}

// fetched is how fetching a blob has ended.
type fetched struct {
	hash  sitting.Hash
	bytes []byte
	err   error
}

func (f fetched) happen(_ context.Context, l *loop) {
	b := l.circle.blobs[f.hash]
	if b == nil {
		return // nobody wants it any more
	}
	b.asked = false
	problem, answered := errors.AsType[*link.Problem](f.err)
	switch {
	case f.err == nil:
		b.bytes = f.bytes
	case answered && problem.Status == http.StatusNotFound, errors.Is(f.err, link.ErrGarbage):
		b.err = f.err // a committer stores before it asks
	default:
		b.next = l.s.o.Now().Add(blobAgain)
	}
}

// store puts the blobs of a commit, whose place is asked for after that.
func (c *circle) store(ctx context.Context, l *loop, body sitting.Commit, blobs [][]byte) {
	id, service := c.history.order.Sitting, c.o.Service
	l.work(ctx, func(ctx context.Context) event {
		ctx, cancel := context.WithTimeout(ctx, blobLimit)
		defer cancel()
		errs := make([]error, len(blobs))
		var putting sync.WaitGroup
		for i, b := range blobs {
			putting.Go(func() { _, errs[i] = service.PutBlob(ctx, id, b) })
		}
		putting.Wait()
		return stored{body, errors.Join(errs...)}
	})
}

// stored is how storing a commit's blobs has ended.
type stored struct {
	body sitting.Commit
	err  error
}

func (s stored) happen(_ context.Context, l *loop) {
	c := l.circle
	if c.own == nil || c.own.message != s.body.Message {
		return // another commit has won meanwhile
	}
	if s.err == nil {
		s.err = l.ask(s.body)
	}
	if s.err != nil {
		l.s.o.Log.Warn("a commit could not be offered", "error", s.err)
		c.dropOwn(l.s.o.Now())
		return
	}
	c.own.since = l.s.o.Now()
}
