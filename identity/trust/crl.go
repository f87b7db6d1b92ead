package trust

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"
)

var (
	oidIssuingPoint = asn1.ObjectIdentifier{2, 5, 29, 28} // RFC 5280 section 5.2.5
	oidDelta        = asn1.ObjectIdentifier{2, 5, 29, 27} // section 5.2.4
)

// A list is a revocation list whose signature was checked. It never changes.
type list struct {
	index  *index
	number *big.Int // nil if the list has none
	from   time.Time
	until  time.Time
	scope  scope
	sum    [32]byte // of the list's bytes
}

// scope is a list's issuing distribution point: which certificates it is about.
type scope struct {
	points []string // URLs; nil: not limited to some
	users  bool     // only certificates of people
	cas    bool     // only certificates of authorities
}

// readList reads a revocation list in DER and checks that issuer signed it,
// RFC 5280 section 6.3.3. Delta lists, indirect lists and lists for some
// reasons only are refused: each would call a revoked certificate good.
//
// Entries are walked here, the rest is read by crypto/x509 from the same list
// without its entries: half a million of them would cost some 300 MB there.
func readList(der []byte, issuer *x509.Certificate) (*list, error) {
	if len(der) > maxList {
		return nil, errors.New("the list is too long")
	}
	parts, err := splitList(der)
	if err != nil {
		return nil, err
	}
	head, err := x509.ParseRevocationList(parts.withoutEntries())
	if err != nil {
		return nil, err
	}
	if err := checkListSignature(head, parts, issuer); err != nil {
		return nil, err
	}
	if head.NextUpdate.IsZero() {
		return nil, errors.New("the list does not say when the next one comes")
	}
	limits, err := readScope(head)
	if err != nil {
		return nil, err
	}
	x, err := newIndex(parts.entries)
	if err != nil {
		return nil, err
	}
	return &list{index: x, number: head.Number, from: head.ThisUpdate, until: head.NextUpdate, scope: limits, sum: sha256.Sum256(der)}, nil
}

// checkListSignature asks that issuer is an authority that may sign lists, and
// signed this one.
func checkListSignature(head *x509.RevocationList, parts listParts, issuer *x509.Certificate) error {
	switch {
	case !bytes.Equal(head.RawIssuer, issuer.RawSubject):
		return errors.New("the list is another issuer's")
	case !issuer.IsCA || issuer.KeyUsage&x509.KeyUsageCRLSign == 0:
		return errors.New("the issuer may not sign lists")
	case !slices.Contains(acceptedAlgorithms, head.SignatureAlgorithm):
		return fmt.Errorf("the list is signed with %v", head.SignatureAlgorithm)
	}
	if err := issuer.CheckSignature(head.SignatureAlgorithm, parts.signed, head.Signature); err != nil {
		return errors.New("the list is not signed by its issuer")
	}
	return nil
}

// listParts are the parts of a list in DER: those before and after the
// entries, with their tags and lengths.
type listParts struct {
	signed    []byte // tbsCertList
	before    []byte // version … nextUpdate
	entries   []byte // contents of revokedCertificates
	after     []byte // crlExtensions
	signature []byte // signatureAlgorithm, signatureValue
}

// splitList splits a CertificateList, RFC 5280 section 5.1.
func splitList(der []byte) (listParts, error) {
	outer, rest, err := want(der, tagSequence)
	if err != nil || len(rest) > 0 {
		return listParts{}, errDER
	}
	tbs, signature, err := next(outer)
	if err != nil || tbs.tag != tagSequence {
		return listParts{}, errDER
	}
	parts, timed := listParts{signed: tbs.whole, signature: signature}, false
	for rest = tbs.content; len(rest) > 0; {
		e, after, err := next(rest)
		if err != nil {
			return listParts{}, errDER
		}
		rest = after
		// Times come after the issuer and the algorithm, entries after times.
		switch isTime := parts.entries == nil && (e.tag == tagUTCTime || e.tag == tagGeneralizedTime); {
		case isTime:
			timed = true
		case timed && e.tag == tagSequence && parts.entries == nil:
			parts.entries, parts.after = e.content, after
			continue
		case timed && e.tag == tagContext0 && len(after) == 0:
			parts.after = e.whole
			continue
		case timed:
			return listParts{}, errDER
		}
		parts.before = tbs.content[:len(tbs.content)-len(after)]
	}
	return parts, nil
}

// withoutEntries is the list with no certificate on it; its signature does not
// fit it.
func (p listParts) withoutEntries() []byte {
	tbs := appendElement(nil, tagSequence, p.before, p.after)
	return appendElement(nil, tagSequence, tbs, p.signature)
}

// issuingPoint is RFC 5280 section 5.2.5.
type issuingPoint struct {
	Point      pointName      `asn1:"optional,tag:0"`
	Users      bool           `asn1:"optional,tag:1"`
	CAs        bool           `asn1:"optional,tag:2"`
	Reasons    asn1.BitString `asn1:"optional,tag:3"`
	Indirect   bool           `asn1:"optional,tag:4"`
	Attributes bool           `asn1:"optional,tag:5"`
}

type pointName struct {
	Full     []asn1.RawValue `asn1:"optional,tag:0"`
	Relative asn1.RawValue   `asn1:"optional,tag:1"`
}

// readScope reads the list's critical extensions and refuses what it does not know.
func readScope(head *x509.RevocationList) (scope, error) {
	var s scope
	for _, e := range head.Extensions {
		switch {
		case e.Id.Equal(oidDelta):
			return scope{}, errors.New("the list is a delta list")
		case e.Id.Equal(oidIssuingPoint):
			var p issuingPoint
			if rest, err := asn1.Unmarshal(e.Value, &p); err != nil || len(rest) > 0 {
				return scope{}, errors.New("the list's issuing distribution point cannot be read")
			}
			if p.Indirect || p.Attributes || p.Reasons.BitLength > 0 || len(p.Point.Relative.FullBytes) > 0 {
				return scope{}, errors.New("the list is indirect, or for some reasons only")
			}
			s = scope{users: p.Users, cas: p.CAs, points: pointURLs(p.Point.Full)}
		case e.Critical:
			return scope{}, fmt.Errorf("the list has the critical extension %v", e.Id)
		}
	}
	return s, nil
}

// pointURLs picks the URLs out of general names; nil if there is no name.
func pointURLs(names []asn1.RawValue) []string {
	if len(names) == 0 {
		return nil
	}
	out := []string{}
	for _, name := range names {
		if name.Class == asn1.ClassContextSpecific && name.Tag == 6 {
			out = append(out, string(name.Bytes))
		}
	}
	return out
}

// covers reports whether a list with this scope speaks of cert. A list that is
// one of several parts speaks of those that point to it.
func (s scope) covers(cert *x509.Certificate) bool {
	if s.users && cert.IsCA || s.cas && !cert.IsCA {
		return false
	}
	return s.points == nil || slices.ContainsFunc(s.points, func(url string) bool {
		return slices.Contains(cert.CRLDistributionPoints, url)
	})
}

// fresh reports whether l may be believed at a time.
func (l *list) fresh(at time.Time) bool {
	return !at.Before(l.from.Add(-clockSlack)) && at.Before(l.until)
}

// older reports whether l was made before other: a list that was replaced must
// not come back.
func (l *list) older(other *list) bool {
	if l.number != nil && other.number != nil {
		return l.number.Cmp(other.number) < 0
	}
	return l.from.Before(other.from)
}
