package link

import (
	"bufio"
	"context"
	"io"
	"sync"
	"time"

	"incamera/sitting/wire"
)

// A Link is one end of a connection between a client and the service. Its
// methods may be called from any goroutine. Who has a Link closes it.
type Link struct {
	// Constant.
	conn   io.ReadWriteCloser
	client bool   // this end is the client's
	cert   []byte // the service's certificate, at the client's end
	in     chan wire.Message
	out    chan wire.Message
	pongs  chan uint64 // one answer waits at most
	ended  chan struct{}
	heard  chan struct{}  // closed when nothing more can come
	done   sync.WaitGroup // reader and writer

	once sync.Once
	why  error // written once, before ended is closed
}

// NewClient makes the client's end of a link over conn. cert is the service's
// certificate, in DER.
func NewClient(conn io.ReadWriteCloser, cert []byte) *Link { return start(conn, true, cert) }

// NewService makes the service's end of a link over conn.
func NewService(conn io.ReadWriteCloser) *Link { return start(conn, false, nil) }

func start(conn io.ReadWriteCloser, client bool, cert []byte) *Link {
	l := &Link{
		conn: conn, client: client, cert: cert,
		in: make(chan wire.Message, queueIn), out: make(chan wire.Message, queueOut),
		pongs: make(chan uint64, 1), ended: make(chan struct{}), heard: make(chan struct{}),
	}
	l.done.Go(l.read)
	l.done.Go(l.write)
	return l
}

// Service is the certificate, in DER, by which the service was recognised.
func (l *Link) Service() []byte { return l.cert }

// Messages are what has come, without pings. The channel is closed when the
// link has ended; [Link.Err] then says why. The service's end gets one Hello,
// first of all; what is sent by the wrong end never gets here.
func (l *Link) Messages() <-chan wire.Message { return l.in }

// Send queues m. It does not wait: it returns [ErrFull], or why the link has ended.
func (l *Link) Send(m wire.Message) error {
	select {
	case <-l.ended:
		return l.why
	default:
	}
	select {
	case l.out <- m:
		return nil
	default:
		return ErrFull
	}
}

// Feed queues m, and waits for room. It is for those who have much to send and
// nothing else to do.
func (l *Link) Feed(ctx context.Context, m wire.Message) error {
	select {
	case l.out <- m:
		return nil
	case <-l.ended:
		return l.why
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Ended is closed when the link has ended.
func (l *Link) Ended() <-chan struct{} { return l.ended }

// Err says why the link has ended; nil if it has not.
func (l *Link) Err() error {
	select {
	case <-l.ended:
		return l.why
	default:
		return nil
	}
}

// End ends the link, telling the other end why in a word, after what was
// queued before. It does not wait.
func (l *Link) End(code string) { l.end(&endError{code}) }

// Close ends the link if it has not ended, and waits until nothing of it is
// left: at most a second.
func (l *Link) Close() {
	l.End(ByeClosed)
	l.done.Wait()
}

func (l *Link) end(why error) {
	l.once.Do(func() {
		l.why = why
		close(l.ended)
	})
}

// read is the reader's life. What comes once nobody wants it is read all the
// same: a connection that is closed before takes back what was sent last.
func (l *Link) read() {
	defer close(l.heard)
	defer func() { _, _ = io.Copy(io.Discard, l.conn) }() // until the writer closes it
	l.listen()
}

// listen hands on what comes.
func (l *Link) listen() {
	defer close(l.in)
	silence := time.AfterFunc(Silence, func() { l.end(ErrSilent) })
	defer silence.Stop()
	r := bufio.NewReader(&watched{l.conn, silence})
	first, limit := !l.client, uint32(wire.MaxMessage)
	if first {
		limit = fromClient
	}
	for {
		m, err := receive(r, limit)
		if err != nil {
			l.end(err)
			return
		}
		if _, hello := m.(wire.Hello); !comesFrom(m, !l.client) || hello != first {
			l.end(ErrOutOfOrder)
			return
		}
		first = false
		if !l.take(m) {
			return
		}
	}
}

// take hands m on, and reports whether to go on reading.
func (l *Link) take(m wire.Message) bool {
	switch m := m.(type) {
	case wire.Ping:
		select {
		case l.pongs <- m.Number:
		default: // an answer is on its way
		}
	case wire.Pong:
	case wire.Bye:
		l.end(&ByeError{m.Code})
		return false
	default:
		return l.hand(m)
	}
	return true
}

// hand hands m on. What was sent before the end counts: where there is room
// for it, it is not lost.
func (l *Link) hand(m wire.Message) bool {
	select {
	case l.in <- m:
		return true
	default:
	}
	select {
	case l.in <- m:
		return true
	case <-l.ended:
		return false
	}
}

// A watched reader lets no read last longer than [Silence].
type watched struct {
	r     io.Reader
	timer *time.Timer
}

func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(Silence)
	n, err := w.r.Read(p)
	w.timer.Stop()
	return n, err
}

// write is the writer's life. It closes the connection, which ends the reader:
// once the other end has, to which it said goodbye or could say nothing more,
// but after a second at most.
func (l *Link) write() {
	defer l.conn.Close()
	stuck := time.AfterFunc(Silence, func() {
		l.end(ErrSilent)
		l.conn.Close()
	})
	defer stuck.Stop()
	w := bufio.NewWriterSize(l.conn, 32<<10)
	ping := time.NewTicker(PingEvery)
	defer ping.Stop()
	for n := uint64(1); ; {
		stuck.Stop()
		var m wire.Message
		select {
		case m = <-l.out:
		case number := <-l.pongs:
			m = wire.Pong{Number: number}
		case <-ping.C:
			m = wire.Ping{Number: n}
			n++
		case <-l.ended:
			stuck.Reset(farewell)
			if l.part(w) {
				<-l.heard
			}
			return
		}
		stuck.Reset(Silence)
		if err := l.send(w, m); err != nil {
			l.end(err)
			stuck.Reset(farewell)
			<-l.heard
			return
		}
	}
}

// send writes m, and flushes when nothing else waits.
func (l *Link) send(w *bufio.Writer, m wire.Message) error {
	if err := transmit(w, m); err != nil {
		return err
	}
	if len(l.out) > 0 {
		return nil
	}
	if err := w.Flush(); err != nil {
		return lost(err)
	}
	return nil
}

// part sends what was queued before the end and says goodbye, and reports
// whether the other end will have heard that.
func (l *Link) part(w *bufio.Writer) bool {
	code := byeFor(l.why)
	if code == "" {
		return false
	}
	for {
		select {
		case m := <-l.out:
			if transmit(w, m) != nil {
				return false
			}
		default:
			return transmit(w, wire.Bye{Code: code}) == nil && w.Flush() == nil
		}
	}
}
