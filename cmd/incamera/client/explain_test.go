package client

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"incamera/cmd/seat"
	"incamera/identity"
	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/session"
	"incamera/sitting/wire"
	"incamera/ui/look/words"
	"incamera/ui/trouble"
)

// TestExplain holds that nothing that can go wrong is said as "something went
// wrong", in either language.
func TestExplain(t *testing.T) {
	lost := fmt.Errorf("dial: %w", link.ErrUnreachable)
	tests := []struct {
		name string
		err  error
	}{
		{"service not reachable", lost},
		{"wrong certificate", link.ErrWrongService},
		{"turned away by TLS", link.ErrTurnedAway},
		{"not on the roster, over HTTP", &link.Problem{Status: 403, Code: string(sitting.RefusedRoster)}},
		{"not on the roster, over the link", &session.TurnedAwayError{Code: string(sitting.RefusedRoster)}},
		{"not on the roster, by the client", session.ErrNotListed},
		{"removed", &session.RemovedError{By: "chair", Why: "order"}},
		{"removed before", &session.TurnedAwayError{Code: string(sitting.RefusedRemoved)}},
		{"sitting closed", session.ErrClosed},
		{"sitting closed already", &session.TurnedAwayError{Code: string(sitting.RefusedClosed)}},
		{"seat taken elsewhere", session.ErrElsewhere},
		{"card revoked", session.ErrRevoked},
		{"session over", session.ErrExpired},
		{"two histories", session.ErrSplit},
		{"order without a clerk's signature", session.ErrOrder},
		{"another order", session.ErrChanged},
		{"service closing", &link.Problem{Status: 502}},
		{"box full", session.ErrFull},
		{"over", session.ErrOver},
		{"other version", link.ErrGarbage},
		{"wrong PIN", &identity.WrongPINError{Left: 2}},
		{"PIN blocked", identity.ErrPINBlocked},
		{"card removed", identity.ErrCardRemoved},
		{"card without certificate", identity.ErrNoCertificate},
		{"expired", &identity.Expired{What: identity.CardCertificate, On: time.Now()}},
		{"not yet valid", &identity.NotYetValid{What: identity.CardCertificate, From: time.Now()}},
		{"unknown issuer", &identity.UnknownIssuer{Issuer: "Elsewhere CA"}},
		{"cancelled", context.Canceled},
		{"left", ended(nil)},
	}
	for _, code := range wire.Codes {
		tests = append(tests, []struct {
			name string
			err  error
		}{
			{"at the door: " + code, &link.Problem{Status: 403, Code: code}},
			{"at arrival: " + code, &session.TurnedAwayError{Code: code}},
			{"of a request: " + code, &session.Refused{Code: code}},
		}...)
	}
	for _, lang := range words.Languages {
		w := words.Of(lang)
		nothing := trouble.Say(errors.New("x"), w)
		for _, tt := range tests {
			said := trouble.Say(explain(tt.err), w)
			if said.Title == "" || said.Title == nothing.Title || said.Title == w.Trouble.Refused.Title {
				t.Errorf("%s, %s: said as %q", lang, tt.name, said.Title)
			}
		}
	}
	if explain(nil) != nil {
		t.Error("nothing is explained")
	}
}

// TestBadOrderInWords holds that what is said of a bad order is what is the
// matter with it, and is never said of the person's own card.
func TestBadOrderInWords(t *testing.T) {
	expired := &identity.Expired{What: identity.CardCertificate, On: time.Now()}
	w := words.Of("en").Trouble
	for _, tt := range []struct {
		name string
		why  error
		want string
	}{
		{"unsigned", wire.ErrMalformed, w.OrderUnsigned.Title},
		{"altered", wire.ErrSignature, w.OrderAltered.Title},
		{"over", &seat.OverError{On: time.Date(2027, time.May, 3, 12, 0, 0, 0, time.UTC)}, fmt.Sprintf(w.OrderExpired.Title, "3 May 2027")},
		{"by no clerk", &seat.NotClerkError{Who: "X"}, w.OrderNotClerk.Title},
		{"by a card that has expired", &seat.SignerError{Err: expired}, w.OrderCard.Title},
	} {
		for _, class := range []error{seat.ErrOrder, session.ErrOrder} {
			if said := trouble.Say(explain(errors.Join(class, tt.why)), words.Of("en")); said.Title != tt.want {
				t.Errorf("%s: said as %q, want %q", tt.name, said.Title, tt.want)
			}
		}
	}
}

func TestEveryAlarmIsShown(t *testing.T) {
	for _, k := range []session.AlarmKind{
		session.AlarmSplit, session.AlarmHistory, session.AlarmForged, session.AlarmRefused,
		session.AlarmHead, session.AlarmCommit, session.AlarmDivergence,
	} {
		if _, ok := alarmKinds[k]; !ok {
			t.Errorf("alarm %q has no words", k)
		}
	}
}
