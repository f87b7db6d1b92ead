package trust

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"net/url"
	"slices"
	"strings"

	"incamera/identity"
)

var oidNameConstraints = asn1.ObjectIdentifier{2, 5, 29, 30} // RFC 5280 section 4.2.1.10

// nameConstraints is the extension; crypto/x509 does DNS names, addresses,
// e-mail and URIs, and calls it unhandled if it says anything of other forms.
type nameConstraints struct {
	Permitted []subtree `asn1:"optional,tag:0"`
	Excluded  []subtree `asn1:"optional,tag:1"`
}

type subtree struct {
	Base asn1.RawValue
	Min  int `asn1:"optional,tag:0,default:0"`
	Max  int `asn1:"optional,tag:1,default:-1"`
}

// The forms of GeneralName that crypto/x509 constrains, and a directory name.
const tagDirectory = 4

var handledForms = []int{1, 2, tagDirectory, 6, 7}

// readConstraints returns cert's name constraints, nil if it has none.
func readConstraints(cert *x509.Certificate) (*nameConstraints, error) {
	for _, e := range cert.Extensions {
		if !e.Id.Equal(oidNameConstraints) {
			continue
		}
		var nc nameConstraints
		rest, err := asn1.Unmarshal(e.Value, &nc)
		if err != nil || len(rest) > 0 {
			return nil, errors.New("name constraints cannot be read")
		}
		return &nc, nil
	}
	return nil, nil
}

// settleConstraints takes name constraints off the list of what nobody
// handles, if crypto/x509 and [checkNames] handle all forms in them.
func settleConstraints(cert *x509.Certificate) {
	nc, err := readConstraints(cert)
	if err != nil || nc == nil {
		return
	}
	for _, s := range slices.Concat(nc.Permitted, nc.Excluded) {
		if !slices.Contains(handledForms, s.Base.Tag) || s.Base.Class != asn1.ClassContextSpecific || s.Min != 0 || s.Max != -1 {
			return
		}
	}
	cert.UnhandledCriticalExtensions = slices.DeleteFunc(cert.UnhandledCriticalExtensions, oidNameConstraints.Equal)
}

// withoutURNs is a copy of card that lacks the URNs among its alternative
// names, the card's UUID above all. They have no host, and crypto/x509 refuses
// a URI without one under an authority with any name constraint, be it about
// directory names; RFC 5280 asks for that under constraints of URIs alone.
// [checkNames] does the latter.
func withoutURNs(card *x509.Certificate) *x509.Certificate {
	c := *card
	c.URIs = slices.DeleteFunc(slices.Clone(card.URIs), isURN)
	return &c
}

func isURN(u *url.URL) bool { return u.Scheme == "urn" && u.Host == "" }

// checkNames holds the names in path, card first, against what each authority
// above them may or may not give, as far as crypto/x509 does not.
func checkNames(path []*x509.Certificate) error {
	for i, authority := range path[1:] {
		if limitsURIs(authority) && slices.ContainsFunc(path[0].URIs, isURN) {
			return &identity.WrongName{Why: "a URN, where URIs are limited to some hosts"}
		}
		nc, err := readConstraints(authority)
		if err != nil {
			return &identity.BadCertificate{What: identity.IssuerCertificate, Why: err.Error()}
		}
		if nc == nil {
			continue
		}
		for _, cert := range path[:i+1] {
			if err := nc.check(cert); err != nil {
				return err
			}
		}
	}
	return nil
}

func limitsURIs(authority *x509.Certificate) bool {
	return len(authority.PermittedURIDomains) > 0 || len(authority.ExcludedURIDomains) > 0
}

func (nc *nameConstraints) check(cert *x509.Certificate) error {
	permitted, errPermitted := directories(nc.Permitted)
	excluded, errExcluded := directories(nc.Excluded)
	names, errNames := directoryNames(cert)
	if err := errors.Join(errPermitted, errExcluded, errNames); err != nil {
		return &identity.BadCertificate{What: identity.IssuerCertificate, Why: err.Error()}
	}
	for _, name := range names {
		if len(permitted) > 0 && !slices.ContainsFunc(permitted, name.below) {
			return &identity.WrongName{Why: "its directory name is outside of what is permitted"}
		}
		if slices.ContainsFunc(excluded, name.below) {
			return &identity.WrongName{Why: "its directory name is excluded"}
		}
	}
	return nil
}

// A directory is a distinguished name in parts fit to be compared.
type directory []string

// below reports whether d is base or stands below it.
func (d directory) below(base directory) bool {
	return len(d) >= len(base) && slices.Equal(d[:len(base)], base)
}

// directoryNames are the subject, unless empty, and the directory names among
// the alternative names.
func directoryNames(cert *x509.Certificate) ([]directory, error) {
	subject, err := readDirectory(cert.RawSubject)
	if err != nil {
		return nil, errors.New("its subject cannot be read")
	}
	var out []directory
	if len(subject) > 0 {
		out = append(out, subject)
	}
	for _, e := range cert.Extensions {
		if !e.Id.Equal(oidSubjectAltName) {
			continue
		}
		var names []asn1.RawValue
		if rest, err := asn1.Unmarshal(e.Value, &names); err != nil || len(rest) > 0 {
			return nil, errors.New("its alternative names cannot be read")
		}
		for _, name := range names {
			if name.Class != asn1.ClassContextSpecific || name.Tag != tagDirectory {
				continue
			}
			d, err := readDirectory(name.Bytes)
			if err != nil {
				return nil, errors.New("its alternative names cannot be read")
			}
			out = append(out, d)
		}
	}
	return out, nil
}

// directories picks the directory names out of subtrees.
func directories(subtrees []subtree) ([]directory, error) {
	var out []directory
	for _, s := range subtrees {
		if s.Base.Tag != tagDirectory {
			continue
		}
		d, err := readDirectory(s.Base.Bytes)
		if err != nil {
			return nil, errors.New("name constraints cannot be read")
		}
		out = append(out, d)
	}
	return out, nil
}

// readDirectory compares as RFC 5280 section 7.1 asks, short of full string
// preparation: letter case and runs of spaces do not count, nor does the kind
// of string.
func readDirectory(der []byte) (directory, error) {
	parts, err := relativeNames(der)
	if err != nil {
		return nil, err
	}
	var out directory
	for _, part := range parts {
		var attributes []struct {
			Type  asn1.ObjectIdentifier
			Value asn1.RawValue
		}
		if rest, err := asn1.UnmarshalWithParams(part.FullBytes, &attributes, "set"); err != nil || len(rest) > 0 {
			return nil, errors.New("trust: a relative name cannot be read")
		}
		var texts []string
		for _, a := range attributes {
			folded := strings.Join(strings.Fields(strings.ToLower(string(a.Value.Bytes))), " ")
			texts = append(texts, a.Type.String()+"="+folded)
		}
		slices.Sort(texts)
		out = append(out, strings.Join(texts, "+"))
	}
	return out, nil
}
