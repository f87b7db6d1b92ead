package cardcmd

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"time"

	"incamera/identity/policy"
	"incamera/identity/trust"
)

// A report is what --json prints. Times are UTC, RFC 3339.
type report struct {
	At      time.Time      `json:"at"`
	Policy  policyReport   `json:"policy"`
	Readers []readerReport `json:"readers"`
}

type policyReport struct {
	Error       string            `json:"error,omitempty"`
	SetBy       map[string]string `json:"set_by"` // key → who set it
	Revocation  string            `json:"revocation,omitempty"`
	Attestation string            `json:"attestation,omitempty"`
	PolicyOIDs  []string          `json:"policy_oids,omitempty"`
	Offline     bool              `json:"offline,omitempty"` // nobody was asked whether a certificate was revoked
}

type readerReport struct {
	Name    string      `json:"name"`
	verdict             // why the card in it cannot be read
	Card    *cardReport `json:"card"` // null when the reader is empty or its card cannot be read
}

// A verdict is why not; see [words.verdict].
type verdict struct {
	Cause  string `json:"cause,omitempty"`  // one word, the same in every language
	Why    string `json:"why,omitempty"`    // for people
	Detail string `json:"detail,omitempty"` // for those who look further
}

type cardReport struct {
	Make     string       `json:"make"`
	Serial   string       `json:"serial,omitempty"`
	Tries    *int         `json:"pin_tries_left"` // null when the card does not tell
	Touch    bool         `json:"touch"`
	Slots    []slotReport `json:"slots"`
	Error    string       `json:"error,omitempty"` // why the slots could not be read
	Attested bool         `json:"attested"`
	Admitted bool         `json:"admitted"`
	verdict
}

type slotReport struct {
	Slot      string    `json:"slot"`
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Serial    string    `json:"serial"` // hex
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	Key       string    `json:"key"`
	Usage     []string  `json:"usage"`
	Policies  []string  `json:"policies"`
	Names     []string  `json:"names"` // as a roster may have them
}

// admitted reports whether any card would be let in.
func (r *report) admitted() bool {
	return slices.ContainsFunc(r.Readers, func(r readerReport) bool { return r.Card != nil && r.Card.Admitted })
}

func (p *policyReport) describe(decided *policy.Policy) {
	for _, key := range policy.Keys {
		if by := decided.By(key.Name); by != "" {
			p.SetBy[key.Name] = by
		}
	}
	p.Revocation, p.Attestation = string(decided.Revocation), string(decided.Attestation)
	p.PolicyOIDs = decided.PolicyOIDs
}

// describe is what a certificate says of itself.
func describe(slot string, cert *x509.Certificate) slotReport {
	return slotReport{
		Slot: slot, Subject: cert.Subject.String(), Issuer: cert.Issuer.String(),
		Serial:    cert.SerialNumber.Text(16),
		NotBefore: cert.NotBefore.UTC(), NotAfter: cert.NotAfter.UTC(),
		Key: keyName(cert.PublicKey), Usage: usages(cert),
		Policies: orEmpty(trust.Policies(cert)), Names: trust.Names(cert),
	}
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func keyName(public any) string {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		return key.Curve.Params().Name
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA-%d", key.N.BitLen())
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", public), "*")
}

// What extended key usages are called; those that are not here are told by number.
var usageNames = map[x509.ExtKeyUsage]string{
	x509.ExtKeyUsageAny: "any", x509.ExtKeyUsageClientAuth: "clientAuth", x509.ExtKeyUsageServerAuth: "serverAuth",
	x509.ExtKeyUsageEmailProtection: "emailProtection", x509.ExtKeyUsageCodeSigning: "codeSigning",
}

var otherUsages = map[string]string{
	"1.3.6.1.4.1.311.20.2.2": "smartcardLogon", "2.16.840.1.101.3.6.8": "cardAuth",
	"2.16.840.1.101.3.6.7": "contentSigning", "1.3.6.1.5.2.3.4": "pkinitClient",
}

func usages(cert *x509.Certificate) []string {
	out := []string{}
	for _, usage := range cert.ExtKeyUsage {
		name, ok := usageNames[usage]
		if !ok {
			name = fmt.Sprintf("usage %d", usage)
		}
		out = append(out, name)
	}
	for _, usage := range cert.UnknownExtKeyUsage {
		out = append(out, usageName(usage))
	}
	return out
}

func usageName(id asn1.ObjectIdentifier) string {
	if name, ok := otherUsages[id.String()]; ok {
		return name
	}
	return id.String()
}
