package trust

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"incamera/identity"
)

var (
	oidSubjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidUPN            = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 3} // user principal name
	oidFASCN          = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 6, 6}     // id-PIV-FASC-N, FIPS 201-3 appendix B
)

// under joins a name that an issuer gave with the root below which it counts.
const under = " under "

// Names are the names under which a roster may know the holder of card, the
// strongest first: "spki:" and the hex SHA-256 of its SubjectPublicKeyInfo,
// "uuid:" and the card's UUID, "fascn:" and the hex FASC-N (both FIPS 201-3
// section 3.4.1), "upn:" and the user principal name. All are lower case. They
// are what card claims; only [Anchors.Verify] says whether to believe it.
func Names(card *x509.Certificate) []string {
	sum := sha256.Sum256(card.RawSubjectPublicKeyInfo)
	return append([]string{"spki:" + hex.EncodeToString(sum[:])}, givenNames(card)...)
}

// ReadName reads a name of a card as a clerk wrote it, in any letter case, and
// returns it as [Names] has it; what follows " under " is the root's name and
// stays. A name that no card can have is an error, since a member whose card
// is written so would stand before a closed door.
func ReadName(text string) (string, error) {
	name, root, rooted := strings.Cut(strings.TrimSpace(text), under)
	name = strings.ToLower(name)
	kind, rest, _ := strings.Cut(name, ":")
	var good bool
	switch kind {
	case "spki":
		good = isHex(rest, sha256.Size)
	case "fascn":
		good = isHex(rest, fascnSize)
	case "uuid":
		good = isUUID(rest)
	case "upn":
		good = isPrincipal(rest)
	}
	if !good || rooted && root == "" {
		return "", fmt.Errorf("trust: %q is no name of a card", text)
	}
	if rooted {
		name += under + root
	}
	return name, nil
}

func isHex(text string, size int) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == size
}

// givenNames are those that the issuer put in, unique only under that issuer.
func givenNames(card *x509.Certificate) []string {
	var uuids, fascns, upns []string
	for _, u := range card.URIs {
		if uuid, ok := strings.CutPrefix(strings.ToLower(u.String()), "urn:uuid:"); ok && isUUID(uuid) {
			uuids = append(uuids, "uuid:"+uuid)
		}
	}
	for _, other := range otherNames(card) {
		switch {
		case other.ID.Equal(oidUPN):
			if upn, ok := other.text(); ok {
				upns = append(upns, "upn:"+upn)
			}
		case other.ID.Equal(oidFASCN):
			if octets, ok := other.octets(); ok {
				fascns = append(fascns, "fascn:"+hex.EncodeToString(octets))
			}
		}
	}
	return append(append(uuids, fascns...), upns...)
}

// personOf says who a judged chain speaks for. Names that an issuer gave count
// under each root that the chain leads to, as "upn:a@house under House Root
// CA". Where the House knows one root only, they also count without it.
func (a *Anchors) personOf(c chain, paths [][]*x509.Certificate, attested bool) identity.Person {
	p := claimed(c)
	p.Attested = attested
	given := givenNames(c.card)
	p.Names = p.Names[:len(p.Names)-len(given)]
	if len(a.roots) == 1 {
		p.Names = append(p.Names, given...)
	}
	for _, root := range rootsOf(paths) {
		for _, name := range given {
			p.Names = append(p.Names, name+under+root)
		}
	}
	return p
}

// rootsOf lists the common names of the roots that paths end at, each once.
func rootsOf(paths [][]*x509.Certificate) []string {
	var out []string
	seen := map[string]bool{}
	for _, path := range paths {
		name := path[len(path)-1].Subject.CommonName
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

// claimed is who c says it speaks for.
func claimed(c chain) identity.Person {
	return identity.Person{
		Names:    Names(c.card),
		Common:   c.card.Subject.CommonName,
		Issuer:   c.card.Issuer.CommonName,
		NotAfter: c.first().NotAfter,
	}
}

// An otherName is GeneralName's first choice, RFC 5280 section 4.2.1.6.
type otherName struct {
	ID    asn1.ObjectIdentifier
	Value asn1.RawValue `asn1:"explicit,tag:0"` // the wrapper and all: encoding/asn1 leaves it on
}

// value is what the wrapper holds, if it is of the universal type tag.
func (o otherName) value(tag int) ([]byte, bool) {
	var inner asn1.RawValue
	rest, err := asn1.Unmarshal(o.Value.Bytes, &inner)
	if err != nil || len(rest) > 0 || inner.Class != asn1.ClassUniversal || inner.Tag != tag {
		return nil, false
	}
	return inner.Bytes, true
}

// otherNames finds those among card's alternative names; what cannot be read
// gives no name.
func otherNames(card *x509.Certificate) []otherName {
	var out []otherName
	for _, e := range card.Extensions {
		if !e.Id.Equal(oidSubjectAltName) {
			continue
		}
		var names []asn1.RawValue
		if rest, err := asn1.Unmarshal(e.Value, &names); err != nil || len(rest) > 0 {
			return nil
		}
		for _, name := range names {
			if name.Class != asn1.ClassContextSpecific || name.Tag != 0 {
				continue
			}
			var other otherName
			if rest, err := asn1.UnmarshalWithParams(name.FullBytes, &other, "tag:0"); err == nil && len(rest) == 0 {
				out = append(out, other)
			}
		}
	}
	return out
}

// text is the value as a name without spaces or controls, in lower case: so
// none can be mistaken for one that stands under a root.
func (o otherName) text() (string, bool) {
	octets, ok := o.value(asn1.TagUTF8String)
	text := string(octets)
	return strings.ToLower(text), ok && isPrincipal(text)
}

// isPrincipal reports whether text can be a user principal name.
func isPrincipal(text string) bool {
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
	return text != "" && len(text) <= 256 && utf8.ValidString(text) && !strings.ContainsFunc(text, odd)
}

// fascnSize is how many bytes a FASC-N has, SP 800-73-4 part 1 section 3.1.2.
const fascnSize = 25

// octets is the value as a FASC-N.
func (o otherName) octets() ([]byte, bool) {
	octets, ok := o.value(asn1.TagOctetString)
	return octets, ok && len(octets) == fascnSize
}

// isUUID reports whether text is a UUID in lower case, RFC 9562 section 4.
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, r := range text {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (r == '-') || !dash && !strings.ContainsRune("0123456789abcdef", r) {
			return false
		}
	}
	return true
}
