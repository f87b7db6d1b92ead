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
	"incamera/sitting/wire"
	"incamera/ui/trouble"
)

func memberID(name string) sitting.MemberID { return sitting.MemberID(name) }

// kindsOf names the troubles that the window cannot see, in this one place.
// The first that fits counts.
var kindsOf = []struct {
	is   error
	kind trouble.Kind
}{
	{session.ErrChanged, trouble.OrderChanged},
	{session.ErrNotListed, trouble.NotOnRoster},
	{session.ErrSplit, trouble.Split},
	{session.ErrElsewhere, trouble.Replaced},
	{session.ErrRevoked, trouble.CardRevoked},
	{session.ErrClosed, trouble.Closed},
	{session.ErrExpired, trouble.SessionOver},
	{session.ErrFull, trouble.Full},
	{session.ErrOver, trouble.Left},
	{link.ErrUnreachable, trouble.ServiceUnreachable},
	{link.ErrWrongService, trouble.ServiceStranger},
	{link.ErrTurnedAway, trouble.CardRefused},
	{link.ErrGarbage, trouble.ServiceOld},
	{link.ErrTooLarge, trouble.ServiceOld},
	{link.ErrOutOfOrder, trouble.ServiceOld},
	{wire.ErrMalformed, trouble.ServiceOld},
}

// codes names what the service answers. What is not here is a refusal by the
// rules, which the window knows.
var codes = map[string]trouble.Kind{
	"":                   trouble.ServiceBusy, // an answer that is not in its own words
	wire.CodeFailed:      trouble.ServiceBusy,
	wire.CodeStopping:    trouble.ServiceBusy,
	wire.CodeFull:        trouble.Full,
	wire.CodeTooOften:    trouble.Full,
	wire.CodeSignature:   trouble.ServiceOld,
	wire.CodeMalformed:   trouble.ServiceOld,
	wire.CodeNoBlob:      trouble.ServiceOld,
	wire.CodeHash:        trouble.ServiceOld,
	wire.CodeTooLarge:    trouble.ServiceOld,
	wire.CodeSplit:       trouble.Split,
	wire.CodeCertificate: trouble.SessionOver,
	wire.CodeRevoked:     trouble.CardRevoked,
	wire.CodeUnchecked:   trouble.CardUnchecked,
	wire.CodeNoSitting:   trouble.NoSitting,
	wire.CodeOrder:       trouble.OrderCard,
	wire.CodeRelayDown:   trouble.RelayLost,
	wire.CodeTicket:      trouble.RelayLost,
}

// explain gives an error its kind, if the window cannot see it by itself.
func explain(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return identity.ErrCancelled
	}
	if errors.Is(err, seat.ErrOrder) || errors.Is(err, session.ErrOrder) {
		return badOrder(err)
	}
	if r, ok := errors.AsType[*session.RemovedError](err); ok {
		return &trouble.Trouble{Kind: trouble.Removed, Who: r.Why, Cause: err}
	}
	if t, ok := errors.AsType[*session.TurnedAwayError](err); ok {
		return answered(t.Code, err)
	}
	if r, ok := errors.AsType[*session.Refused](err); ok {
		return answered(r.Code, err)
	}
	if p, ok := errors.AsType[*link.Problem](err); ok {
		return answered(p.Code, err)
	}
	for _, k := range kindsOf {
		if errors.Is(err, k.is) {
			return &trouble.Trouble{Kind: k.kind, Cause: err}
		}
	}
	return err
}

// answered is the service's answer, of which err tells.
func answered(code string, err error) error {
	if kind, ok := codes[code]; ok {
		return &trouble.Trouble{Kind: kind, Cause: err}
	}
	return errors.Join(err, sitting.Refusal(code))
}

// badOrder says what is the matter with an order of the day.
func badOrder(err error) error {
	t := &trouble.Trouble{Kind: trouble.OrderUnsigned, Cause: err}
	if over, ok := errors.AsType[*seat.OverError](err); ok {
		t.Kind, t.On = trouble.OrderExpired, over.On
	} else if other, ok := errors.AsType[*seat.NotClerkError](err); ok {
		t.Kind, t.Who = trouble.OrderNotClerk, other.Who
	} else if _, ok := errors.AsType[*seat.SignerError](err); ok {
		t.Kind = trouble.OrderCard
	} else if errors.Is(err, wire.ErrSignature) {
		t.Kind = trouble.OrderAltered
	}
	return t
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
