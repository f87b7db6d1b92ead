package wire

import "github.com/fxamacker/cbor/v2"

// A Message goes over a link: one of the types below, by value.
type Message interface{ message() }

// Hello is a client's first message: the last entry that it has, 0 for none.
type Hello struct{ Last uint64 }

// Entry is the bytes of one entry of the order; down.
type Entry struct{ Bytes []byte }

// Request is a signed request; up.
type Request struct{ Signed []byte }

// Refused says that the service did not put a request in the order; down.
type Refused struct {
	Counter uint64 // of the request
	Code    string // a sitting.Refusal, or one of the Code constants
}

// What the service can say beyond a sitting.Refusal: of a request, on the link,
// or of one over HTTP. What becomes of the words is for the client to say.
const (
	CodeFull        = "full"      // too many requests wait; try again
	CodeSignature   = "signature" // not signed by the session
	CodeMalformed   = "malformed"
	CodeSplit       = "split" // it names a head that the service has never signed
	CodeFailed      = "failed"
	CodeCertificate = "certificate"        // the session's chain is not good any more
	CodeRevoked     = "revoked"            // the card was called back
	CodeUnchecked   = "revocation-unknown" // whether it was, nobody could say
	CodeNoSitting   = "unknown-sitting"    // no good order names it
	CodeOrder       = "order-signer"       // the card that signed its order is not good any more
	CodeTooOften    = "too-often"
	CodeStopping    = "stopping"
	CodeRelayDown   = "relay-down"
	CodeTicket      = "ticket" // unknown, used, old or another's
	CodeNoBlob      = "no-blob"
	CodeHash        = "hash" // no blob has such a name, or not this one
	CodeTooLarge    = "too-large"
)

// Codes are all of these.
var Codes = []string{
	CodeFull, CodeSignature, CodeMalformed, CodeSplit, CodeFailed, CodeCertificate, CodeRevoked, CodeUnchecked,
	CodeNoSitting, CodeOrder, CodeTooOften, CodeStopping, CodeRelayDown, CodeTicket, CodeNoBlob, CodeHash, CodeTooLarge,
}

// SignedHead is a head, signed by the service; down.
type SignedHead struct{ Signed []byte }

// Ping asks for a Pong with the same number; both ways.
type Ping struct{ Number uint64 }

// Pong answers a Ping.
type Pong struct{ Number uint64 }

// Bye is the last message of who ends a link, and says why.
type Bye struct{ Code string }

func (Hello) message()      {}
func (Entry) message()      {}
func (Request) message()    {}
func (Refused) message()    {}
func (SignedHead) message() {}
func (Ping) message()       {}
func (Pong) message()       {}
func (Bye) message()        {}

type message struct {
	Kind uint64          `cbor:"1,keyasint"`
	Body cbor.RawMessage `cbor:"2,keyasint"`
}

type (
	number struct {
		Number uint64 `cbor:"1,keyasint"`
	}
	hello struct {
		Last uint64 `cbor:"1,keyasint"`
	}
	entryMessage struct {
		Bytes []byte `cbor:"1,keyasint"`
	}
	signedMessage struct {
		Signed []byte `cbor:"1,keyasint"`
	}
	refused struct {
		Counter uint64 `cbor:"1,keyasint"`
		Code    string `cbor:"2,keyasint"`
	}
	bye struct {
		Code string `cbor:"1,keyasint"`
	}
)

// messages are numbered for good.
var messages = kinds{
	1: {Hello{}, hello{}},
	2: {Entry{}, entryMessage{}},
	3: {Request{}, signedMessage{}},
	4: {Refused{}, refused{}},
	5: {SignedHead{}, signedMessage{}},
	6: {Ping{}, number{}},
	7: {Pong{}, number{}},
	8: {Bye{}, bye{}},
}

// EncodeMessage returns the bytes of m.
func EncodeMessage(m Message) ([]byte, error) {
	kind, body, err := messages.encode(m)
	if err != nil {
		return nil, err
	}
	b, err := encode(message{kind, body})
	if err == nil && len(b) > MaxMessage {
		return nil, ErrTooLarge
	}
	return b, err
}

// ReadMessage reads a message. What is signed in it has not been looked at.
func ReadMessage(b []byte) (Message, error) {
	if len(b) > MaxMessage {
		return nil, ErrTooLarge
	}
	var w message
	if err := decode(b, &w); err != nil {
		return nil, err
	}
	m, err := messages.decode(w.Kind, w.Body)
	if err != nil {
		return nil, err
	}
	return m.(Message), nil // all of messages are
}
