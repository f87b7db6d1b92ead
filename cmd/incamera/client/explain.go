package client

import (
	"context"
	"errors"
	"time"

	"incamera/cmd/seat"
	"incamera/e2ee/mls"
	"incamera/identity"
	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/session"
	"incamera/ui/trouble"
)

func memberID(name string) sitting.MemberID { return sitting.MemberID(name) }

// kindsOf names the troubles that the window cannot see, in this one place.
// The first that fits counts.
var kindsOf = []struct {
	is   error
	kind trouble.Kind
}{
	{seat.ErrOrder, trouble.OrderAltered},
	{session.ErrOrder, trouble.OrderUnsigned},
	{session.ErrNotListed, trouble.NotOnRoster},
	{session.ErrSplit, trouble.Split},
	{session.ErrElsewhere, trouble.Replaced},
	{session.ErrRevoked, trouble.CardRefused},
	{session.ErrClosed, trouble.Closed},
	{session.ErrExpired, trouble.SessionOver},
	{session.ErrFull, trouble.Full},
	{session.ErrOver, trouble.Left},
	{link.ErrUnreachable, trouble.ServiceUnreachable},
	{link.ErrWrongService, trouble.ServiceStranger},
	{link.ErrTurnedAway, trouble.CardRefused},
	{link.ErrGarbage, trouble.ServiceOld},
	{link.ErrOutOfOrder, trouble.ServiceOld},
	{sitting.RefusedRoster, trouble.NotOnRoster},
	{sitting.RefusedClosed, trouble.Closed},
	{sitting.RefusedRemoved, trouble.Removed},
}

// explain gives an error its kind, if the window cannot see it by itself.
func explain(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return identity.ErrCancelled
	}
	if r, ok := errors.AsType[*session.RemovedError](err); ok {
		return &trouble.Trouble{Kind: trouble.Removed, Who: r.Why, Cause: err}
	}
	if o, ok := errors.AsType[*seat.OverError](err); ok {
		return &trouble.Trouble{Kind: trouble.OrderExpired, On: o.On, Cause: err}
	}
	if t, ok := errors.AsType[*session.TurnedAwayError](err); ok {
		err = errors.Join(err, sitting.Refusal(t.Code))
	}
	if p, ok := errors.AsType[*link.Problem](err); ok {
		err = errors.Join(err, sitting.Refusal(p.Code))
	}
	for _, k := range kindsOf {
		if errors.Is(err, k.is) {
			return &trouble.Trouble{Kind: k.kind, Cause: err}
		}
	}
	return err
}

// ended is the news that a sitting is over for the person.
func ended(err error) error {
	if err == nil {
		return &trouble.Trouble{Kind: trouble.Left}
	}
	return err
}

// unusable says why a sitting cannot be entered now; nil if it can.
func unusable(p *seat.Person, o *sitting.Order) error {
	if !p.Allows(o.Suite) {
		return &trouble.Trouble{Kind: trouble.NoSuite, Who: o.Suite, Cause: seat.ErrSuite}
	}
	if _, err := mls.ParseSuite(o.Suite); err != nil {
		return &trouble.Trouble{Kind: trouble.NoSuite, Who: o.Suite, Cause: err}
	}
	if time.Now().After(o.Closes) {
		return &trouble.Trouble{Kind: trouble.OrderExpired, On: o.Closes}
	}
	return nil
}
