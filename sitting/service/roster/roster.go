// Package roster says who may come to which sitting, and in which role. It
// reads the orders of the day that clerks have signed with their cards from a
// directory, and believes none that it has not judged. It owns nothing but
// what it has read; it never writes.
package roster

import (
	"errors"
	"fmt"
	"time"

	"incamera/identity"
	"incamera/sitting"
	"incamera/sitting/wire"
)

// What can be wrong with an order, besides what wire and trust say of its
// bytes, its signature and its signer's card.
var (
	ErrUnknown     = errors.New("roster: no such sitting")
	ErrNotOnRoster = errors.New("roster: not on the roster")
	ErrTooLarge    = errors.New("roster: an order larger than any")
)

// A NotClerkError reports an order whose signer is no clerk on its own roster.
type NotClerkError struct {
	Sitting sitting.ID
	Signer  string // the common name on the signer's card, for people to read
}

func (e *NotClerkError) Error() string {
	return fmt.Sprintf("roster: the order of sitting %q is signed by %q, who is no clerk on its roster", e.Sitting, e.Signer)
}

// A SignerError reports an order whose signer's card is not good.
type SignerError struct {
	Sitting sitting.ID
	Err     error // one of identity's refusals
}

func (e *SignerError) Error() string {
	return fmt.Sprintf("roster: the card that signed the order of sitting %q: %v", e.Sitting, e.Err)
}

func (e *SignerError) Unwrap() error { return e.Err }

// An OverError reports an order whose time is over.
type OverError struct {
	Sitting sitting.ID
	On      time.Time
}

func (e *OverError) Error() string {
	return fmt.Sprintf("roster: the order of sitting %q was over on %s", e.Sitting, e.On.UTC().Format(time.RFC3339))
}

// An EarlyError reports a sitting whose doors have not opened yet.
type EarlyError struct {
	Sitting sitting.ID
	Opens   time.Time
}

func (e *EarlyError) Error() string {
	return fmt.Sprintf("roster: sitting %q opens on %s", e.Sitting, e.Opens.UTC().Format(time.RFC3339))
}

// A DoubleError reports a second, different order for a sitting.
type DoubleError struct{ Sitting sitting.ID }

func (e *DoubleError) Error() string {
	return fmt.Sprintf("roster: another order of sitting %q is in a file that comes first by name", e.Sitting)
}

// Open reads the bytes of a signed order and checks its signature, but not who
// signed it: chain is the signer's, card certificate first. The order's Hash
// is set.
type Open func(signed []byte) (order *sitting.Order, chain [][]byte, err error)

// Verify says who a chain speaks for at a time.
type Verify func(chain [][]byte, at time.Time) (identity.Person, error)

// A Listed order has been judged. It never changes.
type Listed struct {
	Order  *sitting.Order
	Signed []byte
	Clerk  sitting.MemberID // who signed it
	chain  [][]byte
}

// Judge opens a signed order and judges it at a time: its signer must be a
// clerk on its own roster with a good card, and its time must not be over.
func Judge(signed []byte, open Open, verify Verify, at time.Time) (*Listed, error) {
	order, chain, err := open(signed)
	switch {
	case errors.Is(err, wire.ErrSignature):
		return nil, fmt.Errorf("roster: the order was altered after it was signed: %w", err)
	case err != nil:
		return nil, fmt.Errorf("roster: this is no signed order: %w", err)
	}
	l := &Listed{Order: order, Signed: signed, chain: chain}
	if at.After(order.Closes) {
		return nil, &OverError{Sitting: order.Sitting, On: order.Closes}
	}
	if l.Clerk, err = clerk(order, chain, verify, at); err != nil {
		return nil, err
	}
	return l, nil
}

// clerk returns the clerk on order's roster for whom chain speaks.
func clerk(order *sitting.Order, chain [][]byte, verify Verify, at time.Time) (sitting.MemberID, error) {
	signer, err := verify(chain, at)
	if err != nil {
		return "", &SignerError{Sitting: order.Sitting, Err: err}
	}
	m, err := Match(order, signer)
	if err != nil || m.Role != sitting.RoleClerk {
		return "", &NotClerkError{Sitting: order.Sitting, Signer: signer.Common}
	}
	return m.ID, nil
}

// Match returns the member of order's roster that person is, by the strongest
// name that the roster knows, or [ErrNotOnRoster].
func Match(order *sitting.Order, person identity.Person) (sitting.Member, error) {
	if m, ok := order.Known(person.Names); ok {
		return m, nil
	}
	return sitting.Member{}, ErrNotOnRoster
}

// Enters returns who person is at l's sitting, if its doors are open at a time
// and its signer's card is good still.
func (l *Listed) Enters(person identity.Person, verify Verify, at time.Time) (sitting.Member, error) {
	switch o := l.Order; {
	case at.Before(o.Doors()):
		return sitting.Member{}, &EarlyError{Sitting: o.Sitting, Opens: o.Opens}
	case at.After(o.Closes):
		return sitting.Member{}, &OverError{Sitting: o.Sitting, On: o.Closes}
	}
	if _, err := clerk(l.Order, l.chain, verify, at); err != nil {
		return sitting.Member{}, err
	}
	return Match(l.Order, person)
}
