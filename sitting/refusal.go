package sitting

// A Refusal is why a request has no effect: one word, which travels from the
// service to the client and which a view turns into a sentence.
type Refusal string

// The refusals.
const (
	RefusedOrder    Refusal = "other-order"    // the request is for another sitting or order
	RefusedReplay   Refusal = "replay"         // the counter has been used
	RefusedFuture   Refusal = "unseen-head"    // it names an entry that is not there yet
	RefusedRoster   Refusal = "not-on-roster"  // the member, or who is spoken of
	RefusedSession  Refusal = "other-session"  // the member sits with another session
	RefusedAbsent   Refusal = "not-seated"     // the member
	RefusedTarget   Refusal = "target-absent"  // who is spoken of is not seated, or does not wait
	RefusedRole     Refusal = "role"           // the member's role does not allow it
	RefusedNoVoice  Refusal = "no-voice"       // the role of who would speak
	RefusedProtect  Refusal = "protected"      // chairs and clerks cannot be removed by this member
	RefusedSelf     Refusal = "oneself"        // one leaves, one does not remove oneself
	RefusedRemoved  Refusal = "removed"        // the member was removed
	RefusedHand     Refusal = "hand-up"        // the hand is up already
	RefusedNoHand   Refusal = "no-hand"        // there is no hand to lower
	RefusedHasFloor Refusal = "has-floor"      // already
	RefusedNoFloor  Refusal = "no-floor"       // there is none to take
	RefusedGroup    Refusal = "other-group"    // the commit or confirmation is for another group
	RefusedEpoch    Refusal = "old-epoch"      // confirmed already, or never offered
	RefusedClosed   Refusal = "closed"         // the sitting is closed, or its time is over
	RefusedEarly    Refusal = "not-open"       // the sitting is not open yet
	RefusedBody     Refusal = "unknown"        // nothing that can be asked for
	RefusedPlace    Refusal = "order-of-entry" // the entry does not belong here
)

func (r Refusal) Error() string { return "sitting: refused: " + string(r) }
