// Package relay runs the media relay, livekit-server, as a child process that
// listens on loopback alone, and proxies its signalling: the only way to it
// from outside is [Proxy], with a session certificate and a ticket that works
// once. Media itself goes to the relay's own UDP (and, when there is one, TCP)
// port, by credentials that only the signalling hands out.
//
// It owns the child and the tickets. It knows sittings and members only as
// words on a ticket.
package relay

import (
	"context"
	"errors"
	"log/slog"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"
)

// ErrDown reports that there is no relay at the moment; it is being started.
var ErrDown = errors.New("relay: the relay is down")

// Options say which relay to run, and how.
type Options struct {
	Binary  string // the path of livekit-server
	Keys    string // "id: secret", given to the child in its environment and nowhere else
	Network Network
	Log     *slog.Logger
}

// A Child is a relay that is started again whenever it dies.
//
//	          listening and healthy
//	starting ───────────────────────► up
//	   ▲  │ 20 s, or it ended          │ it ended, or three checks failed
//	   │  ▼                            ▼
//	   └── waiting (0.1 s, doubled up to 10 s; 0.1 s again after 30 s up)
type Child struct {
	o   Options
	url atomic.Pointer[string] // nil while it is not up
	pid atomic.Int64           // 0 while there is none
	up  chan struct{}          // one token each time it comes up
}

// New returns a child that [Child.Run] starts, or an error if there is nothing
// to start.
func New(o Options) (*Child, error) {
	if _, err := exec.LookPath(o.Binary); err != nil {
		return nil, errors.New("relay: no relay server at " + filepath.Clean(o.Binary))
	}
	return &Child{o: o, up: make(chan struct{}, 1)}, nil
}

// URL is the relay's base URL, "" while it is not up. It changes when the
// relay is started again.
func (c *Child) URL() string {
	if u := c.url.Load(); u != nil {
		return *u
	}
	return ""
}

// PID is the process id of the child, 0 while there is none.
func (c *Child) PID() int { return int(c.pid.Load()) }

// Up yields a token each time the relay has come up; tokens are not counted.
func (c *Child) Up() <-chan struct{} { return c.up }

// The patience with a child.
const (
	backoffFirst = 100 * time.Millisecond
	backoffLast  = 10 * time.Second
	steady       = 30 * time.Second // up for so long, it is forgiven
)

// Run keeps the relay running until ctx ends; then the child has ended too.
func (c *Child) Run(ctx context.Context) {
	wait := backoffFirst
	for ctx.Err() == nil {
		began := time.Now()
		err := c.live(ctx)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > steady {
			wait = backoffFirst
		}
		c.o.Log.Warn("relay ended, starting it again", "error", err, "after", wait)
		pause(ctx, wait)
		wait = min(2*wait, backoffLast)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
