package service

import (
	"net"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What one card, and all together, may ask of the service.
const (
	maxConnections = 4096             // at once, all sessions together
	maxBlobs       = 16               // blobs on their way at once, 8 MiB each at most
	askLimit       = time.Minute      // for one request, a blob's too, to come and be answered
	askEvery       = time.Second / 20 // HTTP requests and tickets per card
	askBurst       = 60
	keepRate       = 1 << 20  // bytes of blobs per second and card
	keepBurst      = 64 << 20 // at once
	rateForgotten  = 10 * time.Minute
)

// A pace limits how often each card may ask, whatever sessions it has made. It
// forgets cards that have not asked for a while.
type pace struct {
	// Guarded by mu.
	mu    sync.Mutex
	each  map[string]*asker // by the card's key
	swept time.Time
}

type asker struct {
	asks *rate.Limiter
	kept *rate.Limiter // bytes
	last time.Time
}

// allow reports whether card may ask now.
func (p *pace) allow(card string, now time.Time) bool {
	return p.of(card, now).asks.AllowN(now, 1)
}

// allowBytes reports whether card may have n more bytes kept now.
func (p *pace) allowBytes(card string, n int, now time.Time) bool {
	return p.of(card, now).kept.AllowN(now, n)
}

func (p *pace) of(card string, now time.Time) *asker {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(now)
	if p.each == nil {
		p.each = map[string]*asker{}
	}
	a := p.each[card]
	if a == nil {
		a = &asker{asks: rate.NewLimiter(rate.Every(askEvery), askBurst), kept: rate.NewLimiter(keepRate, keepBurst)}
		p.each[card] = a
	}
	a.last = now
	return a
}

func (p *pace) sweep(now time.Time) {
	if now.Sub(p.swept) < rateForgotten {
		return
	}
	p.swept = now
	for card, a := range p.each {
		if now.Sub(a.last) > rateForgotten {
			delete(p.each, card)
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
