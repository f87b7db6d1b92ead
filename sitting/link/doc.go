// Package link carries messages between a client and the service, both ends,
// and holds the client of the service's few other answers. A link is one TLS
// connection, upgraded from HTTP/1.1 by the standard library; on it, each
// message is a big-endian uint32 length and as many bytes of CBOR: at most
// [wire.MaxMessage] down, and what holds one request up.
//
// It owns the connection and two goroutines for each link, reader and writer.
// It may touch sitting/wire for the messages, and decides nothing of what they
// say: only that each comes from the end that may send it.
//
// # What happens when a queue is full
//
// Out: [Link.Send] returns [ErrFull] and does not wait. A client tells the
// person; the service ends the link, and the client comes back for what it has
// not seen. In: the reader waits, the connection's flow control reaches the
// other end, and there the queue fills.
package link

import (
	"errors"
	"fmt"
	"time"

	"incamera/sitting/wire"
)

// Protocol is what a link asks to be upgraded to.
const Protocol = "incamera/1"

// Sizes of the queues, in messages.
const (
	queueIn  = 64
	queueOut = 256
)

// Times.
const (
	PingEvery = 2 * time.Second // each end pings as often
	Silence   = 6 * time.Second // without a byte, then the link is lost
	farewell  = time.Second     // for the last messages, before the connection closes
)

// Why a link has ended.
var (
	ErrFull       = errors.New("link: too many messages wait to be sent") // the link goes on
	ErrClosed     = errors.New("link: closed here")
	ErrLost       = errors.New("link: the connection was lost")
	ErrSilent     = errors.New("link: nothing was heard for too long")
	ErrGarbage    = errors.New("link: received what is no message")
	ErrTooLarge   = errors.New("link: received a message that is too large")
	ErrOutOfOrder = errors.New("link: received a message that has no place here")
)

// A ByeError reports that the other end has ended the link.
type ByeError struct{ Code string } // a word

func (e *ByeError) Error() string { return fmt.Sprintf("link: ended by the other end: %s", e.Code) }

// The words by which one end tells the other why it ends the link.
const (
	ByeClosed     = "closed"
	ByeSilent     = "silent"
	ByeGarbage    = "garbage"
	ByeTooLarge   = "too-large"
	ByeOutOfOrder = "out-of-order"
	ByeSlow       = "slow"     // entries wait to be sent, and are not taken
	ByeReplaced   = "replaced" // the session has another link
)

// byeFor is the word for why; "" if there is nobody to tell.
func byeFor(why error) string {
	if end, ok := errors.AsType[*endError](why); ok {
		return end.code
	}
	switch {
	case errors.Is(why, ErrSilent):
		return ByeSilent
	case errors.Is(why, ErrGarbage):
		return ByeGarbage
	case errors.Is(why, ErrTooLarge):
		return ByeTooLarge
	case errors.Is(why, ErrOutOfOrder):
		return ByeOutOfOrder
	}
	return ""
}

// An endError is an end that the owner of this end has asked for.
type endError struct{ code string }

func (e *endError) Error() string        { return "link: closed here: " + e.code }
func (e *endError) Is(target error) bool { return target == ErrClosed }

// comesFrom reports whether a message may be sent by a client, or by the service.
func comesFrom(m wire.Message, client bool) bool {
	switch m.(type) {
	case wire.Hello, wire.Request:
		return client
	case wire.Entry, wire.Refused, wire.SignedHead:
		return !client
	}
	return true // Ping, Pong, Bye
}
