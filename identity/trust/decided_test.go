package trust_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"incamera/identity"
	"incamera/identity/identitytest/house"
	"incamera/identity/policy"
	"incamera/identity/trust"
)

// decided reads values as a policy.
func decided(t *testing.T, values map[string]any) *policy.Policy {
	t.Helper()
	p, err := policy.Read(policy.Source{Name: "test", Values: values})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDecided(t *testing.T) {
	h, _ := founded(t, house.Options{Address: "http://house.example"})
	m, err := house.NewMaker(noon)
	if err != nil {
		t.Fatal(err)
	}
	chain, card := signedIn(t, h, tremblay)
	ders, err := m.Attest(card.PublicKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	pem := string(h.AnchorsPEM())
	cases := map[string]struct {
		values   map[string]any
		chain    [][]byte
		want     error // nil: good
		attested bool
	}{
		"anchors alone":      {map[string]any{"anchors": pem}, chain, nil, false},
		"policy":             {map[string]any{"anchors": pem, "policy_oids": house.Policy}, chain, nil, false},
		"other policy":       {map[string]any{"anchors": pem, "policy_oids": "1.2.3"}, chain, &identity.WrongPolicy{}, false},
		"attestation":        {map[string]any{"anchors": pem, "attestation": "require", "attesters": string(m.PEM())}, append(chain, ders...), nil, true},
		"unknown maker":      {map[string]any{"anchors": pem, "attestation": "require"}, append(chain, ders...), &identity.NotAttested{}, false},
		"shown":              {map[string]any{"anchors": pem, "attesters": string(m.PEM())}, append(chain, ders...), nil, true},
		"not looked at":      {map[string]any{"anchors": pem, "attestation": "off"}, append(chain, ders...), nil, false},
		"none and not shown": {map[string]any{"anchors": pem, "attestation": "report"}, chain, nil, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			anchors, err := trust.Decided(decided(t, c.values))
			if err != nil {
				t.Fatal(err)
			}
			person, err := anchors.Verify(c.chain, noon)
			if c.want == nil && (err != nil || person.Attested != c.attested) || c.want != nil && !refused(err, c.want) {
				t.Errorf("%v, attested %v; want %T", err, person.Attested, c.want)
			}
		})
	}
	if _, err := trust.Decided(decided(t, nil)); !errors.Is(err, trust.ErrNoAnchors) {
		t.Errorf("no anchors: %v", err)
	}
	if _, err := trust.Decided(decided(t, map[string]any{"anchors": string(pemOf(h.Issuing()))})); err == nil {
		t.Error("an authority without its root was taken")
	}
}

// A shared machine keeps nothing of who was looked up.
func TestSharedKeepsNothing(t *testing.T) {
	for shared, files := range map[bool]bool{false: true, true: false} {
		p, anchors, chain, _ := pressed(t)
		dir := filepath.Join(t.TempDir(), "kept")
		r := trust.DecidedRevocation(decided(t, map[string]any{"shared": shared, "revocation": "hard"}), anchors, p.fetch, dir, nil)
		if err := r.Check(t.Context(), chain, noon); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(dir); (err == nil) != files {
			t.Errorf("shared %v: %v", shared, err)
		}
	}
}
