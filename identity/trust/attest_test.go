package trust_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"incamera/identity"
	"incamera/identity/identitytest"
	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
)

var oidPINPolicy = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, 8}

// made returns a maker, and anchors that demand its word.
func made(t *testing.T, anchors *trust.Anchors) (*house.Maker, *trust.Anchors) {
	t.Helper()
	m, err := house.NewMaker(noon)
	if err != nil {
		t.Fatal(err)
	}
	attesters, err := trust.LoadAttesters(m.PEM())
	if err != nil {
		t.Fatal(err)
	}
	strict, err := anchors.Under(trust.Rules{Attestation: true, Attesters: attesters})
	if err != nil {
		t.Fatal(err)
	}
	return m, strict
}

func TestAttestation(t *testing.T) {
	h, anchors := founded(t, house.Options{})
	m, strict := made(t, anchors)
	other, err := house.NewMaker(noon)
	if err != nil {
		t.Fatal(err)
	}
	chain, card := signedIn(t, h, tremblay)
	_, otherCard := signedIn(t, h, tremblay)
	attest := func(m *house.Maker, cert *x509.Certificate, change func(*x509.Certificate)) [][]byte {
		ders, err := m.Attest(cert.PublicKey, change)
		if err != nil {
			t.Fatal(err)
		}
		return ders
	}
	policy := func(value ...byte) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{{Id: oidPINPolicy, Value: value}} }
	}
	counterfeit, err := m.Counterfeit(card.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	right := attest(m, card, nil)
	cases := map[string]struct {
		extra [][]byte
		good  bool
	}{
		"right":           {right, true},
		"other way round": {[][]byte{right[1], right[0]}, true},
		"with authority":  {append(slices.Clone(right), h.Issuing().Raw), true},
		"PIN always":      {attest(m, card, policy(3, 2)), true},
		"none":            {nil, false},
		"no attester":     {right[:1], false},
		"another key":     {attest(m, otherCard, nil), false},
		"not signed":      {[][]byte{attest(other, card, nil)[0], right[1]}, false},
		"another maker":   {attest(other, card, nil), false},
		"no PIN":          {attest(m, card, policy(1, 1)), false},
		"PIN unknown":     {attest(m, card, policy()), false},
		"says nothing":    {attest(m, card, func(c *x509.Certificate) { c.ExtraExtensions = nil }), false},
		"slot 9E":         {attest(m, card, func(c *x509.Certificate) { c.Subject.CommonName = "YubiKey PIV Attestation 9e" }), false},
		"over":            {attest(m, card, func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Second) }), false},
		"counterfeit":     {counterfeit, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			whole := slices.Concat(chain, c.extra)
			person, err := strict.Verify(whole, noon)
			if c.good && (err != nil || !person.Attested) || !c.good && !refused(err, &identity.NotAttested{}) {
				t.Errorf("demanded: %v, attested %v", err, person.Attested)
			}
			// Where it is only shown, nobody is refused for want of it; the
			// makers built in do not know this one.
			if person, err := anchors.Verify(whole, noon); err != nil || person.Attested {
				t.Errorf("shown: %v, attested %v", err, person.Attested)
			}
		})
	}
}

// The makers' certificates that are built in: all of Yubico's roots,
// and every intermediate for PIV leads to one of them, that of 2026 included.
func TestMakers(t *testing.T) {
	text, err := os.ReadFile("makers.pem")
	if err != nil {
		t.Fatal(err)
	}
	roots, all := x509.NewCertPool(), []*x509.Certificate{}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, cert)
		if bytes.Equal(cert.RawIssuer, cert.RawSubject) {
			roots.AddCert(cert)
		}
	}
	between := x509.NewCertPool()
	var names []string
	for _, cert := range all {
		between.AddCert(cert)
		names = append(names, cert.Subject.CommonName)
	}
	for _, cert := range all {
		_, err := cert.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: noon, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
		if err != nil {
			t.Errorf("%s: %v", cert.Subject.CommonName, err)
		}
	}
	for _, want := range []string{"Yubico PIV Root CA Serial 263751", "Yubico Attestation Root 1", "Yubico PIV Attestation A 1", "Yubico PIV Attestation B 1", "Yubico PIV Attestation B2 1"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if trust.Makers() == nil {
		t.Error("no makers")
	}
}

// talkative is a card that shows its attestation, or fails to.
type talkative struct {
	*identitytest.Card
	ders   [][]byte
	failed error
	typing *atomic.Bool
	t      *testing.T
}

func (c talkative) Attestation(context.Context) ([][]byte, error) {
	if c.typing.Load() {
		c.t.Error("the card is asked while the PIN is typed")
	}
	return c.ders, c.failed
}

// thinking is a person who takes a while to type.
type thinking struct {
	*identitytest.Asker
	typing *atomic.Bool
}

func (a thinking) PIN(ctx context.Context, q identity.PINQuestion) ([]byte, error) {
	a.typing.Store(true)
	defer a.typing.Store(false)
	time.Sleep(time.Second)
	return a.Asker.PIN(ctx, q)
}

func TestSessionCarriesAttestation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, anchors := founded(t, house.Options{At: time.Now()})
		m, err := house.NewMaker(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		more, err := trust.Makers().And(m.PEM())
		if err != nil {
			t.Fatal(err)
		}
		strict, err := anchors.Under(trust.Rules{Attestation: true, Attesters: more})
		if err != nil {
			t.Fatal(err)
		}
		cert, key, err := h.IssueCard(tremblay)
		if err != nil {
			t.Fatal(err)
		}
		ders, err := m.Attest(key.Public(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var typing atomic.Bool
		card := talkative{identitytest.NewCard(identitytest.Config{Key: key, Certificate: cert}), ders, nil, &typing, t}
		signIn := func() (*trust.Session, error) {
			ask := thinking{identitytest.Answer("123456"), &typing}
			return trust.NewSession(t.Context(), card, ask, time.Now().Add(time.Hour))
		}
		s, err := signIn()
		if err != nil {
			t.Fatal(err)
		}
		person, err := strict.Verify(s.Chain, time.Now())
		if err != nil || !person.Attested {
			t.Errorf("%v, attested %v", err, person.Attested)
		}
		// What may pass is told, so that it is tried again; what may not is judged by the House.
		for _, failed := range []error{&identity.BusyError{}, identity.ErrCardRemoved, identity.ErrNoService} {
			card.failed = failed
			if _, err := signIn(); !errors.Is(err, failed) {
				t.Errorf("%v: the error is %v", failed, err)
			}
		}
		card.ders, card.failed = nil, errors.New("rubbish")
		if s, err = signIn(); err != nil {
			t.Fatal(err)
		}
		if _, err := strict.Verify(s.Chain, time.Now()); err == nil {
			t.Error("a card that shows nothing is attested")
		}
	})
}
