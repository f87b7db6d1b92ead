package trust

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/ocsp"
)

// maxWithoutNext is how long an answer counts that does not say when there
// will be a newer one, RFC 6960 section 4.2.2.1.
const maxWithoutNext = 10 * time.Minute

// An answer is what a responder said of one certificate.
type answer struct {
	back  *calledBack // nil: good
	from  time.Time
	until time.Time
}

func (a answer) fresh(at time.Time) bool {
	return !at.Before(a.from.Add(-clockSlack)) && at.Before(a.until)
}

// readAnswer reads an OCSP response about cert, RFC 6960 section 3.2. The
// signature must be that of issuer, or of a responder that issuer certified for
// just that: golang.org/x/crypto/ocsp would take any certificate of the same
// issuer, a member's card included.
func readAnswer(der []byte, cert, issuer *x509.Certificate, at time.Time) (answer, error) {
	r, err := ocsp.ParseResponseForCert(der, cert, issuer)
	if err != nil {
		return answer{}, err
	}
	if !slices.Contains(acceptedAlgorithms, r.SignatureAlgorithm) {
		return answer{}, fmt.Errorf("the answer is signed with %v", r.SignatureAlgorithm)
	}
	if r.Certificate != nil {
		if err := checkResponder(r.Certificate, at); err != nil {
			return answer{}, err
		}
	}
	a := answer{from: r.ThisUpdate, until: r.NextUpdate}
	if a.until.IsZero() {
		a.until = a.from.Add(maxWithoutNext)
	}
	switch r.Status {
	case ocsp.Good:
	case ocsp.Revoked:
		a.back = &calledBack{on: r.RevokedAt, reason: r.RevocationReason}
	default:
		return answer{}, errors.New("the responder does not know the certificate")
	}
	return a, nil
}

// checkResponder asks that a delegated responder is one, RFC 6960 section 4.2.2.2.
func checkResponder(responder *x509.Certificate, at time.Time) error {
	switch {
	case !slices.Contains(responder.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
		return errors.New("the answer's signer is no responder")
	case responder.KeyUsage != 0 && responder.KeyUsage&x509.KeyUsageDigitalSignature == 0:
		return errors.New("the answer's signer may not sign")
	case at.Before(responder.NotBefore) || at.After(responder.NotAfter):
		return errors.New("the responder's certificate is out of its time")
	case len(responder.UnhandledCriticalExtensions) > 0:
		return errors.New("the responder's certificate has an unknown critical extension")
	case !slices.Contains(acceptedAlgorithms, responder.SignatureAlgorithm):
		return fmt.Errorf("the responder's certificate is signed with %v", responder.SignatureAlgorithm)
	}
	return nil
}
