package identitytest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
)

// The virtual reader (vsmartcard's vpcd) waits for cards on these ports of
// loopback, one for each slot.
const (
	vpcdPort  = 35963
	vpcdSlots = 2
)

// The virtual reader's one-byte messages; all others are command APDUs.
const (
	vpcdOff   = 0
	vpcdOn    = 1
	vpcdReset = 2
	vpcdATR   = 4
)

// A Plug is a hand that puts a card into one slot of the virtual reader and
// pulls it out. Its methods may be called from any goroutine.
type Plug struct {
	slot   int
	applet *Applet

	mu    sync.Mutex
	pull  context.CancelFunc // guarded by mu; nil: the card was never in
	ended chan struct{}      // guarded by mu; closed when the card is out
}

// NewPlug returns a hand with a's card at slot 0 or 1. The card is out.
func NewPlug(slot int, a *Applet) *Plug {
	return &Plug{slot: slot, applet: a}
}

// Insert puts the card in. It stays in when the smartcard service goes and
// comes again.
func (p *Plug) Insert() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.in() {
		return errors.New("identitytest: the card is in already")
	}
	if p.slot < 0 || p.slot >= vpcdSlots {
		return fmt.Errorf("identitytest: the virtual reader has no slot %d", p.slot)
	}
	conn, err := p.dial()
	if err != nil {
		return fmt.Errorf("identitytest: virtual reader: %w", err)
	}
	ctx, pull := context.WithCancel(context.Background())
	ended := make(chan struct{})
	p.pull, p.ended = pull, ended
	go func() {
		defer close(ended)
		p.stay(ctx, conn)
	}()
	return nil
}

func (p *Plug) dial() (net.Conn, error) {
	return net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(vpcdPort+p.slot)))
}

// in reports whether the card is in. It is out, too, if it did not answer a
// command: see [CardPulled]. p.mu is held.
func (p *Plug) in() bool {
	if p.pull == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Pull takes the card out, also in the middle of a command. It does nothing if
// the card is out.
func (p *Plug) Pull() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pull == nil {
		return
	}
	p.pull()
	<-p.ended
}

// stay keeps the card in the reader until ctx ends or the card is pulled.
func (p *Plug) stay(ctx context.Context, conn net.Conn) {
	for {
		p.applet.Reset()
		if pulled := serve(ctx, conn, p.applet); pulled {
			return
		}
		for conn = nil; conn == nil; {
			if pausing(ctx) != nil {
				return
			}
			conn, _ = p.dial() // until the service is back
		}
	}
}

// serve is the card's side of the connection, until that closes. It reports
// whether the card was pulled. Commands are answered beside the reading, so
// that a card which waits for a finger knows when it is pulled.
func serve(ctx context.Context, conn net.Conn, a *Applet) (pulled bool) {
	ctx, pull := context.WithCancelCause(ctx)
	defer pull(nil)
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	messages := make(chan []byte)
	var answering sync.WaitGroup
	answering.Go(func() {
		for m := range messages {
			if out, ok := a.react(ctx, m); !ok {
				pull(errPulled)
			} else if out != nil {
				_ = write(conn, out) // a reader that has gone is noticed by who reads
			}
		}
	})
	for {
		m, err := read(conn)
		if err != nil {
			break
		}
		select {
		case messages <- m:
		case <-ctx.Done():
		}
	}
	pulled = ctx.Err() != nil
	pull(nil)
	conn.Close()
	close(messages)
	answering.Wait()
	return pulled
}

var errPulled = errors.New("identitytest: the card was pulled")

// react answers one message of the virtual reader; nil: no answer is due.
func (a *Applet) react(ctx context.Context, m []byte) (out []byte, ok bool) {
	if len(m) != 1 {
		return a.Transmit(ctx, m)
	}
	switch m[0] {
	case vpcdATR:
		return a.ATR(), true
	case vpcdOff, vpcdOn, vpcdReset:
		a.Reset()
	}
	return nil, true
}

// read reads one message: its length in two bytes, big-endian, and its body.
func read(conn net.Conn) ([]byte, error) {
	var n [2]byte
	if _, err := io.ReadFull(conn, n[:]); err != nil {
		return nil, err
	}
	quickAck(conn) // the body comes when the length is acknowledged
	m := make([]byte, binary.BigEndian.Uint16(n[:]))
	_, err := io.ReadFull(conn, m)
	return m, err
}

func write(conn net.Conn, m []byte) error {
	_, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...))
	return err
}
