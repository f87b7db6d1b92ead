package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"incamera/media"
	"incamera/media/relay"
)

// How long the way back into the relay takes: the first try is at once, the
// pauses between the next ones grow. Sound has to be back within 3 s of the
// network: a try that began too early, a second at most, and one pause.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = time.Second
	ticketIn   = 3 * time.Second
	enterIn    = 5 * time.Second
)

// Run keeps the member in the relay until ctx ends, and returns why it did. A
// relay that is lost is entered again with a new ticket.
func (e *Engine) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var tasks sync.WaitGroup
	tasks.Go(func() { e.captureSound(ctx) })
	tasks.Go(func() { e.capturePicture(ctx) })
	tasks.Go(func() { e.playout(ctx) })
	err := e.stay(ctx)
	cancel()
	tasks.Wait()
	e.silence()
	return err
}

// stay enters the relay, again and again.
func (e *Engine) stay(ctx context.Context) error {
	pause := time.Duration(0)
	for {
		if !wait(ctx, pause) {
			return context.Cause(ctx)
		}
		link, err := e.enter(ctx)
		if err != nil {
			e.options.Log.Info("engine: cannot enter the relay", "err", err)
			pause = longer(pause)
			continue
		}
		pause = 0
		if err := e.serve(ctx, link); ctx.Err() == nil {
			e.options.Log.Info("engine: relay lost", "err", err)
			if errors.Is(err, relay.ErrReplaced) || errors.Is(err, relay.ErrRemoved) {
				pause = lastPause
			}
		}
	}
}

// longer is the pause after one of length pause.
func longer(pause time.Duration) time.Duration {
	return min(max(2*pause, firstPause), lastPause)
}

// wait lets d pass; false when ctx has ended.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// ticket asks for a ticket.
func (e *Engine) ticket(ctx context.Context) (media.Ticket, error) {
	ctx, cancel := context.WithTimeout(ctx, ticketIn)
	defer cancel()
	return e.options.Ticket(ctx)
}

// enter gets a ticket and uses it.
func (e *Engine) enter(ctx context.Context) (*relay.Link, error) {
	ticket, err := e.ticket(ctx)
	if err != nil {
		return nil, fmt.Errorf("engine: no ticket: %w", err)
	}
	e.counts.entries.Add(1)
	ctx, cancel := context.WithTimeout(ctx, enterIn)
	defer cancel()
	return relay.Dial(ctx, ticket, relay.Options{
		Loopback: e.options.Loopback,
		Ranges:   e.options.Ranges,
		Sizes:    layerSizes,
		Log:      e.options.Log,
		KeyFrame: e.picture.ask,
		Wanted:   e.picture.want,
		Silent:   e.silent,
		Lost:     e.lost,
	})
}

// serve runs the tracks of others until link has ended, and says why.
func (e *Engine) serve(ctx context.Context, link *relay.Link) error {
	stop := context.AfterFunc(ctx, link.Close)
	defer stop()
	e.attach(link)
	var tracks sync.WaitGroup
	for r := range link.Remotes() {
		tracks.Go(func() { e.track(r) })
	}
	e.link.Store(nil)
	tracks.Wait()
	link.Close()
	return link.Err()
}

// attach lets the capture paths write to link, and tells it what is wanted.
func (e *Engine) attach(link *relay.Link) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.picture.restart()
	e.link.Store(link)
	link.Wish(e.plan.Load().wish(e.options.Me))
}
