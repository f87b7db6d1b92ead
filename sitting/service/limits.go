package service

import (
	"net"
	"sync"
	"time"

	"incamera/sitting"

	"golang.org/x/time/rate"
)

// What one session, and all together, may ask of the service.
const (
	maxConnections = 4096             // at once, all sessions together
	maxBlobs       = 16               // blobs on their way at once, 8 MiB each at most
	askEvery       = time.Second / 20 // HTTP requests and tickets per session
	askBurst       = 60
	rateForgotten  = 10 * time.Minute
)

// A pace limits how often each session may ask. It forgets sessions that have
// not asked for a while.
type pace struct {
	// Guarded by mu.
	mu    sync.Mutex
	each  map[sitting.Hash]*asker
	swept time.Time
}

type asker struct {
	limit *rate.Limiter
	last  time.Time
}

// allow reports whether session may ask now.
func (p *pace) allow(session sitting.Hash, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(now)
	if p.each == nil {
		p.each = map[sitting.Hash]*asker{}
	}
	a := p.each[session]
	if a == nil {
		a = &asker{limit: rate.NewLimiter(rate.Every(askEvery), askBurst)}
		p.each[session] = a
	}
	a.last = now
	return a.limit.AllowN(now, 1)
}

func (p *pace) sweep(now time.Time) {
	if now.Sub(p.swept) < rateForgotten {
		return
	}
	p.swept = now
	for session, a := range p.each {
		if now.Sub(a.last) > rateForgotten {
			delete(p.each, session)
		}
	}
}

// A bounded listener accepts no more than so many connections at once; the
// others wait with the system.
type bounded struct {
	net.Listener
	room chan struct{} // a token for each connection
	done chan struct{}
	once sync.Once
}

func bound(l net.Listener, n int) *bounded {
	return &bounded{Listener: l, room: make(chan struct{}, n), done: make(chan struct{})}
}

func (b *bounded) Accept() (net.Conn, error) {
	select {
	case b.room <- struct{}{}:
	case <-b.done:
		return nil, net.ErrClosed
	}
	conn, err := b.Listener.Accept()
	if err != nil {
		<-b.room
		return nil, err
	}
	return &counted{Conn: conn, release: sync.OnceFunc(func() { <-b.room })}, nil
}

func (b *bounded) Close() error {
	b.once.Do(func() { close(b.done) })
	return b.Listener.Close()
}

type counted struct {
	net.Conn
	release func()
}

func (c *counted) Close() error {
	defer c.release()
	return c.Conn.Close()
}
