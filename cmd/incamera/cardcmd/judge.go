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

func (j judge) reader(ctx context.Context, r identity.Reader) readerReport {
	out := readerReport{Name: r.Name}
	if r.Err != nil {
		out.Error = r.Err.Error()
	}
	if r.Card != nil {
		out.Card = j.card(ctx, r.Card)
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
	out.Cause, out.Why = refusal(err)
	if out.Admitted = err == nil; !out.Admitted {
		out.Detail = err.Error()
	}
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
	if a, ok := card.(attested); ok {
		if ders, err := a.Attestation(ctx); err == nil {
			chain = append(chain, ders...)
		}
	}
	person, err := j.anchors.Verify(chain, j.now())
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

// refusal is a cause in one word for programs and in a sentence for people;
// both are empty for nil.
func refusal(err error) (cause, why string) {
	switch {
	case err == nil:
		return "", ""
	case errors.Is(err, identity.ErrNoCertificate):
		return "no-certificate", "The card holds no certificate for signing in (slot 9A)."
	case errors.Is(err, identity.ErrPINBlocked):
		return "pin-blocked", "The card's PIN is blocked. It has to be unblocked with the PUK, or by whoever issued the card."
	case errors.Is(err, identity.ErrCardRemoved):
		return "removed", "The card was taken out."
	}
	if cause, why, ok := refusedCertificate(err); ok {
		return cause, why
	}
	if busy, ok := errors.AsType[*identity.BusyError](err); ok {
		return "busy", "The card is in use by " + cmp.Or(busy.Holder, "another program") + "."
	}
	if p, ok := errors.AsType[*policyError](err); ok {
		return "policy", "It cannot be judged: " + p.why + "."
	}
	return "unreadable", "The card cannot be read."
}

// day is a date as people write it.
func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

func refusedCertificate(err error) (cause, why string, ok bool) {
	switch e := err.(type) {
	case *identity.Expired:
		return "expired", fmt.Sprintf("The %s expired on %s. It has to be renewed.", e.What, day(e.On)), true
	case *identity.NotYetValid:
		return "not-yet-valid", fmt.Sprintf("The %s is not valid before %s. If that is past, this machine's clock is wrong.", e.What, day(e.From)), true
	case *identity.UnknownIssuer:
		return "unknown-issuer", fmt.Sprintf("The certificate's issuer, %q, leads to none of the House's roots.", e.Issuer), true
	case *identity.WrongPolicy:
		return "wrong-policy", "The certificate was not issued under a policy that the House asks for.", true
	case *identity.WrongPurpose:
		return "wrong-purpose", "The certificate is not for signing in: " + e.Why + ".", true
	case *identity.NoPIN:
		return "no-pin", "The certificate is for card authentication, which asks for no PIN, and so proves no person.", true
	case *identity.WrongName:
		return "wrong-name", "An issuer of the certificate may not give the name that is in it.", true
	case *identity.BadCertificate:
		return "bad-certificate", "The certificate breaks a rule: " + e.Why + ".", true
	case *identity.Revoked:
		return "revoked", fmt.Sprintf("The %s was revoked on %s.", e.What, day(e.On)), true
	case *identity.RevocationUnknown:
		return "revocation-unknown", "Nobody could say whether the certificate was revoked, and the House's policy insists on knowing.", true
	case *identity.NotAttested:
		return "not-attested", "The card's maker does not vouch for the key, and the House's policy insists on it: " + e.Why + ".", true
	}
	return "", "", false
}
