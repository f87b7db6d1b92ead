package cardcmd

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"incamera/identity"
	"incamera/identity/trust"
)

// signIn is the slot whose certificate signs in.
const signIn = "9A"

// A judge says whether this workstation would let a card in.
type judge struct {
	anchors    *trust.Anchors    // nil: cannot be judged, for the reason why
	revocation *trust.Revocation // nil: nobody is asked
	why        string
	now        func() time.Time
	words      *words
}

// slots is what a card may tell beyond its certificate for signing in: the
// certificates of all slots, by "9A", "9C", "9D", "9E". No PIN is asked for.
type slots interface {
	Slots(ctx context.Context) (map[string]*x509.Certificate, error)
}

// attested is a card that can show its maker's word for the key of slot 9A.
type attested interface {
	Attestation(ctx context.Context) ([][]byte, error)
}

// errSlow reports a card of which nothing is known yet.
var errSlow = errors.New("the card has not been read in time")

func (j judge) reader(ctx context.Context, r identity.Reader) readerReport {
	out := readerReport{Name: r.Name}
	switch {
	case r.Card != nil:
		out.Card = j.card(ctx, r.Card)
	case r.Err != nil:
		out.verdict = j.words.verdict(r.Err)
	case r.Reading:
		out.verdict = j.words.verdict(errSlow)
	}
	return out
}

func (j judge) card(ctx context.Context, card identity.Card) *cardReport {
	out := &cardReport{Slots: []slotReport{}}
	certs, err := certificates(ctx, card)
	if err != nil {
		out.Error = err.Error()
	}
	for _, slot := range slices.Sorted(maps.Keys(certs)) {
		out.Slots = append(out.Slots, describe(slot, certs[slot]))
	}
	info := card.Info() // after reading, which may have told more
	out.Make, out.Serial, out.Touch = info.Make, info.Serial, info.Touch
	if info.Tries >= 0 {
		out.Tries = &info.Tries
	}
	out.Attested, err = j.admit(ctx, card, certs[signIn], err)
	out.Admitted, out.verdict = err == nil, j.words.verdict(err)
	return out
}

// certificates reads what is in the card's slots, those without left out. An
// error comes with what could be read.
func certificates(ctx context.Context, card identity.Card) (map[string]*x509.Certificate, error) {
	certs := map[string]*x509.Certificate{}
	if s, ok := card.(slots); ok {
		all, err := s.Slots(ctx)
		maps.Copy(certs, all)
		if err != nil || certs[signIn] != nil {
			return certs, err
		}
	}
	cert, err := card.Certificate(ctx)
	if err == nil {
		certs[signIn] = cert
	}
	return certs, err
}

// A policyError reports a workstation whose policy judges nobody.
type policyError struct{ why string }

func (e *policyError) Error() string { return e.why }

// admit goes the way that signing in goes, without the PIN. The error says why
// it would end.
func (j judge) admit(ctx context.Context, card identity.Card, cert *x509.Certificate, unread error) (vouched bool, err error) {
	switch {
	case cert == nil:
		return false, cmp.Or(unread, identity.ErrNoCertificate)
	case j.anchors == nil:
		return false, &policyError{j.why}
	}
	chain := [][]byte{cert.Raw}
	unattested := error(nil) // why the maker's word could not be had
	if a, ok := card.(attested); ok {
		var word [][]byte
		word, unattested = a.Attestation(ctx)
		chain = append(chain, word...)
	}
	person, err := j.anchors.Verify(chain, j.now())
	if _, missing := errors.AsType[*identity.NotAttested](err); missing && unattested != nil {
		return false, unattested
	}
	if err != nil {
		return false, err
	}
	if j.revocation != nil {
		if err := j.revocation.Check(ctx, chain, j.now()); err != nil {
			return person.Attested, err
		}
	}
	if card.Info().Tries == 0 {
		return person.Attested, identity.ErrPINBlocked
	}
	return person.Attested, nil
}

// verdict is why a card would not be let in, or cannot even be read; all is
// empty for nil. What the sentence leaves out is in the detail.
func (w *words) verdict(err error) verdict {
	if err == nil {
		return verdict{}
	}
	for _, known := range []struct {
		err        error
		cause, why string
	}{
		{identity.ErrNoCertificate, "no-certificate", w.noCertificate},
		{identity.ErrPINBlocked, "pin-blocked", w.pinBlocked},
		{identity.ErrCardRemoved, "removed", w.removed},
		{identity.ErrContactless, "contactless", w.contactless},
		{identity.ErrNotPIV, "not-piv", w.notPIV},
		{identity.ErrNoService, "no-service", w.noService},
		{errSlow, "slow", w.slow},
	} {
		if errors.Is(err, known.err) {
			return verdict{Cause: known.cause, Why: known.why}
		}
	}
	if busy, ok := errors.AsType[*identity.BusyError](err); ok {
		return verdict{Cause: "busy", Why: fmt.Sprintf(w.busyF, cmp.Or(busy.Holder, w.otherProgram))}
	}
	if p, ok := errors.AsType[*policyError](err); ok {
		return verdict{Cause: "policy", Why: fmt.Sprintf(w.unjudgedF, p.why)}
	}
	cause, why := w.certificate(err)
	return verdict{cause, why, err.Error()}
}

// day is a date as it is written in both languages.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// certificate is why a certificate does not open the door.
func (w *words) certificate(err error) (cause, why string) {
	switch e := err.(type) {
	case *identity.Expired:
		return "expired", fmt.Sprintf(w.expiredF, w.kinds[e.What], day(e.On))
	case *identity.NotYetValid:
		return "not-yet-valid", fmt.Sprintf(w.notYetF, w.kinds[e.What], day(e.From))
	case *identity.UnknownIssuer:
		return "unknown-issuer", fmt.Sprintf(w.issuerF, e.Issuer)
	case *identity.WrongPolicy:
		return "wrong-policy", w.wrongPolicy
	case *identity.WrongPurpose:
		return "wrong-purpose", w.wrongPurpose
	case *identity.NoPIN:
		return "no-pin", w.noPIN
	case *identity.WrongName:
		return "wrong-name", w.wrongName
	case *identity.BadCertificate:
		return "bad-certificate", w.bad
	case *identity.Revoked:
		return "revoked", fmt.Sprintf(w.revokedF, w.kinds[e.What], day(e.On))
	case *identity.RevocationUnknown:
		return "revocation-unknown", w.revocationUnknown
	case *identity.NotAttested:
		return "not-attested", w.notAttested
	}
	return "unreadable", w.unreadable
}
