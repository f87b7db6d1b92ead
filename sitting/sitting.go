// Package sitting is the subject: who may come to a sitting, who is there, who
// has the floor, and what follows from each entry. It is pure: no clock, no
// network, no goroutine; it imports nothing of ours. Service and clients run
// the same [State.Apply], [Judge] and [Allows].
//
// # Who may do what
//
// A chair gives and takes the floor; who has it may give it up. Members,
// chairs, clerks, witnesses and staff can have the floor and raise a hand;
// interpreters and broadcasters cannot. Chairs and clerks admit, remove and
// close. A chair removes anyone but chairs and clerks, so that a clerk remains
// who can; a clerk removes anyone but clerks. A clerk's stolen card is revoked,
// not removed. Nobody removes oneself.
//
// In camera, who arrives waits until a chair or a clerk admits; chairs and
// clerks do not wait, nor does who is seated already and comes with another
// session. An admission is for one visit. A removed member is refused at
// the door until a chair or a clerk admits the member again; then the door is
// as it is for others.
//
// Leaving, however it comes about, gives up floor and hand; a lost link keeps
// both as long as the seat is kept.
package sitting

import "time"

// An ID names one sitting of a house: 1–64 of a–z, 0–9 and "-".
type ID string

// A MemberID names one person on a roster: 1–64 of a–z, 0–9, "-" and ".".
type MemberID string

// A Role is what a person on the roster is there for.
type Role string

// The roles.
const (
	RoleMember      Role = "member"
	RoleChair       Role = "chair"
	RoleClerk       Role = "clerk"
	RoleInterpreter Role = "interpreter"
	RoleStaff       Role = "staff"
	RoleWitness     Role = "witness"
	RoleBroadcaster Role = "broadcaster"
)

// A Kind says who may know of what is said.
type Kind string

// The kinds of sitting. In camera, each arrival waits for a chair or a clerk.
const (
	Public   Kind = "public"
	InCamera Kind = "in camera"
)

// A Hash is a SHA-256 digest.
type Hash [32]byte

// A Member is one person on the roster.
type Member struct {
	ID    MemberID
	Name  string // as shown
	Party string // "" for those who sit for none
	Seat  string // riding, or what the person is there for
	Role  Role
	Cards []string // names by which a card is known, see identity.Person.Names
}

// Names are a name by language; one under "" is the name in every language.
type Names map[string]string

// In returns the name in a language; "" if there is none.
func (n Names) In(lang string) string {
	if name, ok := n[lang]; ok {
		return name
	}
	return n[""]
}

// An Order is the order of the day: what a clerk's card has signed.
type Order struct {
	House     Names
	Sitting   ID
	Title     map[string]string // by language: "en", "fr"
	Kind      Kind
	Languages []string
	Suite     string // the MLS cipher suite, by name; there is no other
	Opens     time.Time
	Closes    time.Time
	Roster    []Member
	Hash      Hash // of the signed bytes; binds the roster to the group's keys
}

// A Seat is a member who is present, or who waits to be admitted.
type Seat struct {
	Member     MemberID
	Arrival    uint64    // the entry by which the member arrived: tells two visits apart
	Since      time.Time // of that entry
	Session    Hash      // of the session certificate
	Chain      [][]byte  // session certificate, card certificate, …: DER
	KeyPackage []byte    // MLS key package
	Away       bool      // the link is lost; the seat is kept
	Counter    uint64    // of the last request that had an effect
	Group      uint64    // the [State.Founding] of the group whose keys the member has; 0: none
	Confirmed  uint64    // the newest epoch of that group that the member has confirmed
}

// A Grant is the floor, given to a member.
type Grant struct {
	To    MemberID
	By    MemberID
	Since time.Time
}

// A Hand is a place in the queue.
type Hand struct {
	By    MemberID
	Since time.Time
}

// A State is a sitting after some entry. It is a value: [State.Apply] returns
// a new one and never changes the old, so a State may be read from anywhere.
type State struct {
	Order    *Order
	Seq      uint64 // of the last entry
	Head     Hash   // of the last entry
	At       time.Time
	Seats    []Seat // present, in the order of arrival
	Waiting  []Seat // arrived, not yet admitted
	Floor    []Grant
	Hands    []Hand // the queue, first come first
	Removed  []MemberID
	Founding uint64  // the arrival that founded the present group; 0: nobody is seated
	Offered  uint64  // the newest epoch of that group that a commit would begin
	Past     []Visit // sessions that have gone
	Closed   bool
}

// A Visit is what is kept of a session that has gone, so that none of its
// requests counts again.
type Visit struct {
	Session Hash
	Counter uint64
}
