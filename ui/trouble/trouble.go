// Package trouble turns errors into words for the person, in this one place.
// It owns the kinds of trouble and which saying belongs to each. It may touch
// the words of sitting, media and identity, and the catalogue.
package trouble

import (
	"errors"
	"fmt"
	"time"

	"incamera/identity"
	"incamera/ui/look/words"
)

// A Kind is a trouble whose error ui cannot see, because it comes from a room
// behind the roots. The program, which sees all, names it. Errors of identity,
// [media.DeviceError] and [sitting.Refusal] need none: [Say] knows them.
type Kind uint8

// The kinds.
const (
	Other Kind = iota
	NotOnRoster
	NoSittings
	OrderUnsigned
	OrderAltered
	OrderExpired  // On: when the sitting ended
	OrderNotClerk // Who: who signed
	OrderCard     // the card that signed it is not good any more
	OrderChanged  // the sitting goes by another one
	NoSitting     // the service has no order for it
	NotOpen       // too early
	ServiceUnreachable
	ServiceStranger // wrong certificate
	ServiceOld      // program and service are of different versions
	ServiceBusy     // it failed, is starting or stopping
	LinkLost
	RelayLost
	Closed   // the sitting is over
	Removed  // by the chair; Who: why, "" if not told
	Replaced // the same card took the seat elsewhere
	Left
	NotAdmitted
	Split       // the service has shown two records
	NoSuite     // Who: the suite that the order asks for
	Full        // a request found no room
	SessionOver // the session certificate has run out
	CardRefused // the service does not take the certificate
	PINChanged  // as was asked
	CardRevoked
	CardUnchecked // nobody could say whether it was revoked

	kinds // how many there are
)

// A Trouble is an error that the program has given its kind.
type Trouble struct {
	Kind  Kind
	On    time.Time // for the kinds that name a day
	Who   string    // for the kinds that name somebody or something
	Cause error     // for the details; nil if there is nothing to add
}

func (t *Trouble) Error() string {
	if t.Cause != nil {
		return t.Cause.Error()
	}
	return fmt.Sprintf("trouble: kind %d", t.Kind)
}

func (t *Trouble) Unwrap() error { return t.Cause }

// Said is a trouble in words.
type Said struct {
	Title, Text string
	Next        string // on the button, "" where there is nothing to press
	Details     string // for the service desk: the error's own text; "" if that tells nothing more
	Grave       bool   // red rather than amber
	Calm        bool   // no trouble, only news
}

// Say says err in the words of a language. A kind that the program has given
// goes before what its cause may look like: a clerk's expired card, say, is not
// the person's own.
func Say(err error, w *words.Catalogue) Said {
	var said *Said
	if t, ok := errors.AsType[*Trouble](err); ok {
		said = kind(t, w)
	}
	for _, say := range []func(error, *words.Catalogue) *Said{card, certificate, room} {
		if said == nil {
			said = say(err, w)
		}
	}
	if said == nil {
		said = plain(w.Trouble.Other)
		said.Grave = true
	}
	if _, wrong := errors.AsType[*identity.WrongPINError](err); !wrong && !said.Calm {
		said.Details = err.Error()
	}
	return *said
}

func plain(s words.Saying) *Said { return &Said{Title: s.Title, Text: s.Text, Next: s.Next} }

func grave(s words.Saying) *Said {
	return &Said{Title: s.Title, Text: s.Text, Next: s.Next, Grave: true}
}

func calm(s words.Saying) *Said { return &Said{Title: s.Title, Text: s.Text, Next: s.Next, Calm: true} }

// card says what is the matter with a card in the hand.
func card(err error, w *words.Catalogue) *Said {
	if wrong, ok := errors.AsType[*identity.WrongPINError](err); ok {
		return wrongPIN(wrong.Left, w)
	}
	if busy, ok := errors.AsType[*identity.BusyError](err); ok {
		if busy.Holder == "" {
			return plain(w.Trouble.Busy)
		}
		s := plain(w.Trouble.BusyWith)
		s.Text = fmt.Sprintf(s.Text, busy.Holder)
		return s
	}
	switch {
	case errors.Is(err, identity.ErrNoService):
		return grave(w.Trouble.NoService)
	case errors.Is(err, identity.ErrNotPIV):
		return plain(w.Trouble.NotPIV)
	case errors.Is(err, identity.ErrContactless):
		return plain(w.Trouble.Contactless)
	case errors.Is(err, identity.ErrNoCertificate):
		return plain(w.Trouble.NoCertificate)
	case errors.Is(err, identity.ErrPINFormat):
		return plain(w.Trouble.PINFormat)
	case errors.Is(err, identity.ErrPINBlocked):
		return grave(w.Trouble.PINBlocked)
	case errors.Is(err, identity.ErrCardRemoved):
		return plain(w.Trouble.CardRemoved)
	case errors.Is(err, identity.ErrNotTouched):
		return plain(w.Trouble.NotTouched)
	case errors.Is(err, identity.ErrCancelled):
		return calm(w.Trouble.Cancelled)
	}
	return nil
}

func wrongPIN(left int, w *words.Catalogue) *Said {
	switch {
	case left == 0:
		return grave(w.Trouble.PINBlocked)
	case left == 1:
		return grave(w.Trouble.LastPIN)
	case left < 0:
		s := plain(w.Trouble.WrongPIN)
		s.Text = ""
		return s
	}
	s := plain(w.Trouble.WrongPIN)
	s.Text = fmt.Sprintf(s.Text, w.For(w.SignIn.Tries, left))
	return s
}

// certificate says why a certificate does not open the door.
func certificate(err error, w *words.Catalogue) *Said {
	if e, ok := errors.AsType[*identity.Expired](err); ok {
		if e.What == identity.SessionCertificate {
			return plain(w.Trouble.SessionOver)
		}
		return titled(w.Trouble.Expired, w.Day(e.On))
	}
	if e, ok := errors.AsType[*identity.NotYetValid](err); ok {
		return titled(w.Trouble.NotYetValid, w.Day(e.From))
	}
	if e, ok := errors.AsType[*identity.Revoked](err); ok {
		return titled(w.Trouble.Revoked, w.Day(e.On))
	}
	if e, ok := errors.AsType[*identity.UnknownIssuer](err); ok {
		s := grave(w.Trouble.UnknownIssuer)
		s.Text = fmt.Sprintf(s.Text, e.Issuer)
		return s
	}
	return rest(err, w)
}

// rest are the causes that carry nothing to say.
func rest(err error, w *words.Catalogue) *Said {
	if _, ok := errors.AsType[*identity.WrongPolicy](err); ok {
		return grave(w.Trouble.WrongPolicy)
	}
	if _, ok := errors.AsType[*identity.WrongPurpose](err); ok {
		return grave(w.Trouble.WrongPurpose)
	}
	if _, ok := errors.AsType[*identity.NoPIN](err); ok {
		return grave(w.Trouble.WrongPurpose)
	}
	if _, ok := errors.AsType[*identity.RevocationUnknown](err); ok {
		return plain(w.Trouble.Unknown)
	}
	if _, ok := errors.AsType[*identity.NotAttested](err); ok {
		return grave(w.Trouble.NotAttested)
	}
	if _, ok := errors.AsType[*identity.BadCertificate](err); ok {
		return grave(w.Trouble.BadCertificate)
	}
	if _, ok := errors.AsType[*identity.WrongName](err); ok {
		return grave(w.Trouble.BadCertificate)
	}
	return nil
}

// titled is a grave saying whose title names a day.
func titled(s words.Saying, day string) *Said {
	said := grave(s)
	said.Title = fmt.Sprintf(s.Title, day)
	return said
}

// kind says a trouble that the program has named.
func kind(t *Trouble, w *words.Catalogue) *Said {
	switch t.Kind {
	case OrderExpired:
		return titled(w.Trouble.OrderExpired, w.Day(t.On))
	case OrderNotClerk:
		s := grave(w.Trouble.OrderNotClerk)
		s.Text = fmt.Sprintf(s.Text, t.Who)
		return s
	case NoSuite:
		s := grave(w.Trouble.NoSuite)
		s.Text = fmt.Sprintf(s.Text, t.Who)
		return s
	case Removed:
		s := grave(w.Trouble.Removed)
		if t.Who != "" {
			s.Text += "\n" + fmt.Sprintf(w.Trouble.Reason, t.Who)
		}
		return s
	case Closed:
		return calm(w.Trouble.Closed)
	case PINChanged:
		return calm(w.Trouble.PINChanged)
	case Left:
		return calm(w.Trouble.Left)
	}
	return simple(t.Kind, w)
}

// simple are the kinds that name nobody and no day.
func simple(k Kind, w *words.Catalogue) *Said {
	mild := map[Kind]words.Saying{
		NotOnRoster: w.Trouble.NotOnRoster, NoSittings: w.Trouble.NoSittings, ServiceUnreachable: w.Trouble.ServiceUnreachable,
		ServiceOld: w.Trouble.ServiceOld, ServiceBusy: w.Trouble.ServiceBusy, LinkLost: w.Trouble.LinkLost, RelayLost: w.Trouble.RelayLost,
		SessionOver: w.Trouble.SessionOver, CardRefused: w.Trouble.CardRefused,
		Replaced: w.Trouble.Replaced, NotAdmitted: w.Trouble.NotAdmitted, Full: w.Trouble.Full,
		OrderChanged: w.Trouble.OrderChanged, NoSitting: w.Trouble.NoSitting, NotOpen: w.Trouble.NotOpen,
		CardUnchecked: w.Trouble.Unknown,
	}
	red := map[Kind]words.Saying{
		OrderUnsigned: w.Trouble.OrderUnsigned, OrderAltered: w.Trouble.OrderAltered, ServiceStranger: w.Trouble.ServiceStranger,
		Split: w.Trouble.Split, OrderCard: w.Trouble.OrderCard, CardRevoked: w.Trouble.CardRevoked,
	}
	if s, ok := mild[k]; ok {
		return plain(s)
	}
	if s, ok := red[k]; ok {
		return grave(s)
	}
	return nil
}
