package identity

import (
	"fmt"
	"strings"
	"time"
)

// Why a certificate does not open the door, one type per cause, so that a view
// can say it in words. The room trust returns them, always as pointers; the
// text of Error is for logs and the service desk.

// A CertificateKind says which certificate of a chain an error speaks of.
type CertificateKind string

// The certificates of a chain, see design section 3.
const (
	SessionCertificate CertificateKind = "session certificate"
	CardCertificate    CertificateKind = "card certificate"
	IssuerCertificate  CertificateKind = "issuer certificate"
)

// Expired reports a certificate whose time is over.
type Expired struct {
	What CertificateKind
	On   time.Time // the last moment at which it was good
}

func (e *Expired) Error() string {
	return fmt.Sprintf("identity: the %s expired on %s", e.What, e.On.UTC().Format(time.RFC3339))
}

// NotYetValid reports a certificate whose time has not begun.
type NotYetValid struct {
	What CertificateKind
	From time.Time
}

func (e *NotYetValid) Error() string {
	return fmt.Sprintf("identity: the %s is not valid before %s", e.What, e.From.UTC().Format(time.RFC3339))
}

// UnknownIssuer reports a chain that does not lead to one of the House's anchors.
type UnknownIssuer struct {
	Issuer string // common name of the issuer that is not known; proves nothing
}

func (e *UnknownIssuer) Error() string {
	return fmt.Sprintf("identity: issuer %q leads to none of the House's roots", e.Issuer)
}

// WrongPolicy reports a card certificate issued under none of the policies
// that the House asks for.
type WrongPolicy struct {
	Has   []string // object identifiers, dotted
	Wants []string // any one of these would do
}

func (e *WrongPolicy) Error() string {
	return fmt.Sprintf("identity: the card certificate has policies [%s], the House asks for one of [%s]",
		strings.Join(e.Has, " "), strings.Join(e.Wants, " "))
}

// WrongPurpose reports a certificate that was not issued for signing in.
type WrongPurpose struct {
	What CertificateKind
	Why  string
}

func (e *WrongPurpose) Error() string {
	return fmt.Sprintf("identity: the %s is not for signing in: %s", e.What, e.Why)
}

// NoPIN reports a card-authentication certificate: its key signs for whoever
// holds the card, without a PIN, and so proves no person.
type NoPIN struct{}

func (*NoPIN) Error() string {
	return "identity: the certificate is for card authentication, which asks for no PIN"
}

// WrongName reports a name that one of the certificate's issuers may not give.
type WrongName struct{ Why string }

func (e *WrongName) Error() string {
	return "identity: an issuer of the card certificate may not give this name: " + e.Why
}

// BadCertificate reports bytes or fields that break the rules of their kind.
type BadCertificate struct {
	What CertificateKind
	Why  string
}

func (e *BadCertificate) Error() string {
	return fmt.Sprintf("identity: bad %s: %s", e.What, e.Why)
}

// Revoked reports a certificate that its issuer has called back.
type Revoked struct {
	What   CertificateKind
	On     time.Time
	Reason string // a word of RFC 5280 section 5.3.1, "" if none was given
}

func (e *Revoked) Error() string {
	text := fmt.Sprintf("identity: the %s was revoked on %s", e.What, e.On.UTC().Format(time.RFC3339))
	if e.Reason != "" {
		text += " (" + e.Reason + ")"
	}
	return text
}

// RevocationUnknown reports that nobody could say whether the certificate was
// revoked, where the House's policy insists on knowing.
type RevocationUnknown struct {
	What CertificateKind
	Why  string
}

func (e *RevocationUnknown) Error() string {
	return fmt.Sprintf("identity: whether the %s was revoked is not known: %s", e.What, e.Why)
}

// NotAttested reports a key that no card maker vouches for, where the House's
// policy insists on it.
type NotAttested struct{ Why string }

func (e *NotAttested) Error() string {
	return "identity: the card's maker does not vouch for the key: " + e.Why
}
