package sitting

import "time"

// An Entry is a request or a fact with its place in the sitting's one order.
type Entry struct {
	Seq     uint64 // from 1, without gaps
	Prev    Hash   // of the entry before; zero for the first
	Hash    Hash   // of this entry's bytes
	At      time.Time
	Request *Request // nil for a fact
	Fact    Fact     // nil for a request
	Signed  []byte   // the signed bytes of the request, or of the order in Opened
}

// Head is the entry's place and hash.
func (e Entry) Head() Head { return Head{e.Seq, e.Hash} }

// Void returns the entry without what it says: it keeps its place in the
// order and has no effect. Who finds a forged entry applies this one.
func (e Entry) Void() Entry {
	e.Request, e.Fact = nil, nil
	return e
}

// A Fact is what the service saw: one of the types below.
type Fact interface{ fact() }

// Opened is the first entry of a sitting.
type Opened struct{ Order *Order }

// Away says that a member's link is lost; the seat is kept for a while.
type Away struct{ Arrival uint64 }

// Back says that the link is there again.
type Back struct{ Arrival uint64 }

// Left says that a visit has ended otherwise than by a request.
type Left struct {
	Arrival uint64
	Why     string // a word: "lost" when the link did not come back
}

// Revoked says that the member's card has been revoked; the visit has ended,
// and the member may not come back.
type Revoked struct{ Arrival uint64 }

// Closed says that the sitting's time is over.
type Closed struct{}

func (Opened) fact()  {}
func (Away) fact()    {}
func (Back) fact()    {}
func (Left) fact()    {}
func (Revoked) fact() {}
func (Closed) fact()  {}
