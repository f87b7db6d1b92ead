package sitting

// A Head is a place in the order of a sitting and the hash of the entry there.
type Head struct {
	Seq  uint64
	Hash Hash
}

// A Request is what a member asks of a sitting, signed with the session key.
type Request struct {
	Sitting ID
	Order   Hash // of the signed order that the member goes by
	Member  MemberID
	Session Hash   // of the session certificate that signs
	Counter uint64 // rises with each request of a session, from 1: nothing counts twice
	Seen    Head   // the last entry that the member has seen
	Body    Body
}

// A Body is what a request asks for: one of the types below.
type Body interface{ body() }

// Arrive asks for a seat. A member who is seated already moves to this
// session: seat, floor and hand stay.
type Arrive struct {
	KeyPackage []byte   // MLS key package, to be added to the group by
	Chain      [][]byte // session certificate, card certificate, …: DER
}

// Leave gives the seat up.
type Leave struct{}

// RaiseHand asks for the floor: a place at the end of the queue.
type RaiseHand struct{}

// LowerHand gives the place in the queue up.
type LowerHand struct{}

// GiveFloor gives a member the floor. It takes the member's hand down.
type GiveFloor struct{ To MemberID }

// TakeFloor takes the floor from a member; from oneself, it gives it up.
type TakeFloor struct{ From MemberID }

// Admit seats a member who waits, or forgives a member who was removed.
type Admit struct{ Who MemberID }

// Remove takes a member's seat, and the right to come back.
type Remove struct {
	Who MemberID
	Why string // for people; at most [MaxWhy] bytes
}

// MaxWhy is the longest reason that a request or a fact may give, in bytes.
const MaxWhy = 256

// Commit offers the next epoch of the group. The first admissible one for an
// epoch counts. Hashes name blobs.
type Commit struct {
	Founding uint64 // the group, see [State.Founding]
	Epoch    uint64 // the epoch that the commit ends
	Message  Hash   // MLS commit
	Welcome  Hash   // MLS welcome; zero if nobody is added
	Tree     Hash   // ratchet tree, for those who are added; zero if nobody is
	Adds     []uint64
	Removes  []uint64 // arrivals; only for people to read: the message says what is done
}

// Confirm says that the member has the keys of an epoch.
type Confirm struct {
	Founding      uint64
	Epoch         uint64
	Authenticator []byte // RFC 9420 section 8.7: alike for all who are in the same epoch
}

// Close ends the sitting.
type Close struct{}

func (Arrive) body()    {}
func (Leave) body()     {}
func (RaiseHand) body() {}
func (LowerHand) body() {}
func (GiveFloor) body() {}
func (TakeFloor) body() {}
func (Admit) body()     {}
func (Remove) body()    {}
func (Commit) body()    {}
func (Confirm) body()   {}
func (Close) body()     {}
