package trust

import (
	"crypto/x509"
	"errors"
	"log/slog"

	"incamera/identity/policy"
)

// ErrNoAnchors reports a policy that names no root: nobody can be judged by it.
var ErrNoAnchors = errors.New("trust: the House's policy names no anchors")

// Decided returns the anchors and rules that p decides on, or [ErrNoAnchors].
func Decided(p *policy.Policy) (*Anchors, error) {
	if len(p.Anchors) == 0 {
		return nil, ErrNoAnchors
	}
	anchors, err := LoadAnchors(p.Anchors)
	if err != nil {
		return nil, err
	}
	rules := Rules{Policies: p.PolicyOIDs, Attestation: p.Attestation == policy.Demand, Attesters: Makers()}
	if p.Attestation == policy.Off {
		rules.Attesters = &Attesters{pool: x509.NewCertPool(), below: x509.NewCertPool()}
	}
	if len(p.Attesters) > 0 {
		if rules.Attesters, err = rules.Attesters.And(p.Attesters); err != nil {
			return nil, err
		}
	}
	return anchors.Under(rules)
}

// DecidedRevocation returns the revocation checks that p decides on. dir is
// where answers are kept; on a shared machine they are not. Half of the
// policy's interval is for an answer to age; whoever checks who is present does
// so within the other half.
func DecidedRevocation(p *policy.Policy, anchors *Anchors, fetch Fetch, dir string, log *slog.Logger) *Revocation {
	if p.Shared {
		dir = ""
	}
	return NewRevocation(RevocationOptions{
		Anchors: anchors, Mode: Mode(p.Revocation), Fetch: fetch,
		Interval: p.RevocationInterval / 2, Dir: dir, Log: log,
	})
}
