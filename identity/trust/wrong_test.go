package trust_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"incamera/identity"
	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
)

// refused reports whether err is a pointer to the same type as want.
func refused(err, want error) bool {
	return err != nil && reflect.TypeOf(err) == reflect.TypeOf(want)
}

// Each field of a card certificate wrong in turn.
func TestWrongCards(t *testing.T) {
	h, plain := founded(t, house.Options{})
	anchors, err := plain.Under(trust.Rules{Policies: []string{"2.16.840.1.101.3.2.1.3.13", house.Policy}})
	if err != nil {
		t.Fatal(err)
	}
	alter := func(change func(*x509.Certificate)) house.Person { return house.Person{Alter: change} }
	critical := pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}
	cases := map[string]struct {
		person house.Person
		want   error
	}{
		"over":                          {house.Person{NotBefore: noon.AddDate(-3, 0, 0), NotAfter: noon.Add(-time.Second)}, &identity.Expired{}},
		"not yet":                       {house.Person{NotBefore: noon.Add(time.Second)}, &identity.NotYetValid{}},
		"no policy":                     {house.Person{PolicyOIDs: []string{}}, &identity.WrongPolicy{}},
		"other policy":                  {house.Person{PolicyOIDs: []string{"2.16.840.1.101.3.2.1.48.1"}}, &identity.WrongPolicy{}},
		"card authentication":           {house.Person{Purposes: []string{house.CardAuth}}, &identity.NoPIN{}},
		"also card authentication":      {house.Person{Purposes: []string{house.ClientAuth, house.CardAuth}}, &identity.NoPIN{}},
		"card authentication by policy": {house.Person{PolicyOIDs: []string{house.Policy, "2.16.840.1.101.3.2.1.3.17"}}, &identity.NoPIN{}},
		"no purpose":                    {house.Person{Purposes: []string{}}, &identity.WrongPurpose{}},
		"server":                        {house.Person{Purposes: []string{house.ServerAuth}}, &identity.WrongPurpose{}},
		"content signing":               {house.Person{Purposes: []string{house.ContentSigning}}, &identity.WrongPurpose{}},
		"any purpose":                   {house.Person{Purposes: []string{"2.5.29.37.0"}}, &identity.WrongPurpose{}},
		"authority":                     {alter(func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }), &identity.WrongPurpose{}},
		"no key usage":                  {alter(func(c *x509.Certificate) { c.KeyUsage = 0 }), &identity.WrongPurpose{}},
		"encipherment":                  {alter(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }), &identity.WrongPurpose{}},
		"signs certificates":            {alter(func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCertSign }), &identity.WrongPurpose{}},
		"serial number 0":               {alter(func(c *x509.Certificate) { c.SerialNumber = new(big.Int) }), &identity.BadCertificate{}},
		"unknown and critical":          {alter(func(c *x509.Certificate) { c.ExtraExtensions = append(c.ExtraExtensions, critical) }), &identity.BadCertificate{}},
		"Ed25519":                       {house.Person{Key: ed25519Key(t)}, &identity.BadCertificate{}},
		"P-521":                         {house.Person{Key: ecKey(t, elliptic.P521())}, &identity.BadCertificate{}},
		"P-224":                         {house.Person{Key: ecKey(t, elliptic.P224())}, &identity.BadCertificate{}},
		"RSA-1024":                      {house.Person{Key: rsaKey(t, 1024)}, &identity.BadCertificate{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.person.Common = "Alice Tremblay"
			card, _, err := h.IssueCard(c.person)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := anchors.Verify([][]byte{card.Raw}, noon); !refused(err, c.want) {
				t.Errorf("Verify = %v, want %T", err, c.want)
			}
		})
	}
	card, _, err := h.IssueCard(tremblay)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := anchors.Verify([][]byte{card.Raw}, noon); err != nil {
		t.Errorf("the right card: %v", err)
	}
}

func ed25519Key(t *testing.T) crypto.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func ecKey(t *testing.T, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// rsaKey makes a key whose size the library would refuse to make.
func rsaKey(t *testing.T, bits int) crypto.Signer {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Each way in which the authorities above a good card can be wrong.
func TestWrongAuthorities(t *testing.T) {
	directory := func(names ...pkix.AttributeTypeAndValue) asn1.RawValue {
		var sequence pkix.RDNSequence
		for _, n := range names {
			sequence = append(sequence, pkix.RelativeDistinguishedNameSET{n})
		}
		der, err := asn1.Marshal(sequence)
		if err != nil {
			t.Fatal(err)
		}
		return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 4, IsCompound: true, Bytes: der}
	}
	country := pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 6}, Value: "ca"}
	elsewhere := pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 6}, Value: "FR"}
	constrain := func(tag int, base asn1.RawValue) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.ExtraExtensions = append(c.ExtraExtensions, constraint(t, tag, base)) }
	}
	uri := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(".house.example")}
	other := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: []byte{6, 1, 42, 0xA0, 2, 5, 0}}
	cases := map[string]struct {
		alter func(*x509.Certificate)
		want  error // nil: good
	}{
		"right":   {func(*x509.Certificate) {}, nil},
		"over":    {func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Second) }, &identity.Expired{}},
		"not yet": {func(c *x509.Certificate) { c.NotBefore = noon.Add(time.Second) }, &identity.NotYetValid{}},
		"no authority": {func(c *x509.Certificate) {
			c.IsCA, c.MaxPathLenZero, c.KeyUsage = false, false, x509.KeyUsageDigitalSignature
		}, &identity.UnknownIssuer{}},
		"may not sign":           {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }, &identity.UnknownIssuer{}},
		"for servers only":       {func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, &identity.WrongPurpose{}},
		"for clients":            {func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, nil},
		"lesser policy":          {func(c *x509.Certificate) { c.Policies = []x509.OID{oid(t, "2.16.840.1.101.3.2.1.48.1")} }, &identity.WrongPolicy{}},
		"the policy":             {func(c *x509.Certificate) { c.Policies = []x509.OID{oid(t, house.Policy)} }, nil},
		"any policy":             {func(c *x509.Certificate) { c.Policies = []x509.OID{oid(t, "2.5.29.32.0")} }, nil},
		"permitted directory":    {constrain(0, directory(country)), nil},
		"other directory":        {constrain(0, directory(elsewhere)), &identity.WrongName{}},
		"excluded directory":     {constrain(1, directory(country)), &identity.WrongName{}},
		"other excluded":         {constrain(1, directory(elsewhere)), nil},
		"no URI permitted":       {constrain(0, uri), &identity.WrongName{}},
		"no e-mail permitted":    {func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"house.example"} }, nil},
		"form that none handles": {constrain(0, other), &identity.BadCertificate{}},
		"unreadable directory":   {constrain(0, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 4, IsCompound: true, Bytes: []byte{4, 0}}), &identity.BadCertificate{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			h, err := house.New(house.Options{At: noon, AlterIssuing: c.alter})
			if err != nil {
				t.Fatal(err)
			}
			anchors, err := trust.LoadAnchors(pemOf(h.Root()))
			if err != nil {
				t.Fatal(err)
			}
			anchors, err = anchors.Under(trust.Rules{Policies: []string{house.Policy}})
			if err != nil {
				t.Fatal(err)
			}
			chain, _ := signedIn(t, h, tremblay)
			_, err = anchors.Verify(append(chain, h.Issuing().Raw), noon)
			if c.want == nil && err != nil || c.want != nil && !refused(err, c.want) {
				t.Errorf("Verify = %v, want %T", err, c.want)
			}
		})
	}
}

// constraint is a critical name constraint: permitted (0) or excluded (1).
func constraint(t *testing.T, tag int, base asn1.RawValue) pkix.Extension {
	t.Helper()
	type subtree struct{ Base asn1.RawValue }
	list, err := asn1.Marshal([]subtree{{base}})
	if err != nil {
		t.Fatal(err)
	}
	list[0] = 0xA0 | byte(tag)
	der, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: list})
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 30}, Critical: true, Value: der}
}

func oid(t *testing.T, text string) x509.OID {
	t.Helper()
	id, err := x509.ParseOID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Each field of a session certificate wrong in turn.
func TestWrongSessions(t *testing.T) {
	h, anchors := founded(t, house.Options{})
	card, key, err := h.IssueCard(house.Person{Common: "Alice Tremblay", NotAfter: noon.AddDate(0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	extension := func(change func(e *pkix.Extension)) func(*forgery) {
		return func(f *forgery) { change(&f.t.ExtraExtensions[0]) }
	}
	info := func(value any) func(*forgery) {
		return extension(func(e *pkix.Extension) {
			der, err := asn1.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			e.Value = der
		})
	}
	type policy struct{ Language asn1.ObjectIdentifier }
	inheritAll := policy{asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 21, 1}}
	name := func(change func(pkix.RDNSequence) pkix.RDNSequence) func(*forgery) {
		return func(f *forgery) { f.rename(t, change) }
	}
	cases := map[string]struct {
		alter func(*forgery)
		want  error // nil: good
	}{
		"right":           {func(*forgery) {}, nil},
		"over":            {func(f *forgery) { f.t.NotAfter = noon.Add(-time.Second) }, &identity.Expired{}},
		"not yet":         {func(f *forgery) { f.t.NotBefore = noon.Add(time.Second) }, &identity.NotYetValid{}},
		"twelve hours":    {func(f *forgery) { f.t.NotAfter = f.t.NotBefore.Add(trust.MaxSession) }, nil},
		"too long":        {func(f *forgery) { f.t.NotAfter = f.t.NotBefore.Add(trust.MaxSession + time.Second) }, &identity.BadCertificate{}},
		"before the card": {func(f *forgery) { f.t.NotBefore = card.NotBefore.Add(-time.Second) }, &identity.BadCertificate{}},
		"outlives the card": {func(f *forgery) {
			f.at = card.NotAfter.Add(-time.Hour)
			f.t.NotBefore, f.t.NotAfter = f.at, card.NotAfter.Add(time.Second)
		}, &identity.BadCertificate{}},
		"authority":         {func(f *forgery) { f.t.IsCA, f.t.BasicConstraintsValid = true, true }, &identity.BadCertificate{}},
		"says no authority": {func(f *forgery) { f.t.BasicConstraintsValid = true }, nil},
		"not critical":      {extension(func(e *pkix.Extension) { e.Critical = false }), &identity.BadCertificate{}},
		"draft":             {extension(func(e *pkix.Extension) { e.Id = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 3536, 1, 222} }), &identity.BadCertificate{}},
		"path length 1": {info(struct {
			N int
			P policy
		}{1, inheritAll}), &identity.BadCertificate{}},
		"no path length": {info(struct{ P policy }{inheritAll}), &identity.BadCertificate{}},
		"independent": {info(struct {
			N int
			P policy
		}{0, policy{asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 21, 2}}}), &identity.BadCertificate{}},
		"rubbish": {extension(func(e *pkix.Extension) { e.Value = []byte{0x30, 0x80} }), &identity.BadCertificate{}},
		"issued twice over": {func(f *forgery) {
			f.t.ExtraExtensions = append(f.t.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 30}, Value: []byte{0x30, 0}})
		}, &identity.BadCertificate{}},
		"alternative name":    {func(f *forgery) { f.t.DNSNames = []string{"house.example"} }, &identity.BadCertificate{}},
		"policy":              {func(f *forgery) { f.t.Policies = []x509.OID{oid(t, house.Policy)} }, &identity.BadCertificate{}},
		"key usage":           {func(f *forgery) { f.t.KeyUsage |= x509.KeyUsageContentCommitment }, &identity.BadCertificate{}},
		"no key usage":        {func(f *forgery) { f.t.KeyUsage = 0 }, &identity.BadCertificate{}},
		"signs certificates":  {func(f *forgery) { f.t.KeyUsage |= x509.KeyUsageCertSign }, &identity.BadCertificate{}},
		"no purpose":          {func(f *forgery) { f.t.ExtKeyUsage = nil }, &identity.BadCertificate{}},
		"server":              {func(f *forgery) { f.t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, &identity.BadCertificate{}},
		"one purpose more":    {func(f *forgery) { f.t.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 2, 3}} }, &identity.BadCertificate{}},
		"P-384":               {func(f *forgery) { f.public = ecKey(t, elliptic.P384()).Public() }, &identity.BadCertificate{}},
		"RSA":                 {func(f *forgery) { f.public = &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(3), 2046), E: 65537} }, &identity.BadCertificate{}},
		"the card's own key":  {func(f *forgery) { f.public = key.Public() }, &identity.BadCertificate{}},
		"another's signature": {func(f *forgery) { f.by = h.Issuing(); f.key = ecKey(t, elliptic.P256()); f.pretend() }, &identity.BadCertificate{}},
		"the same name":       {name(func(s pkix.RDNSequence) pkix.RDNSequence { return s[:len(s)-1] }), &identity.BadCertificate{}},
		"two names more":      {name(func(s pkix.RDNSequence) pkix.RDNSequence { return append(s, s[len(s)-1]) }), &identity.BadCertificate{}},
		"another's name":      {name(func(s pkix.RDNSequence) pkix.RDNSequence { s[2][0].Value = "Bob Singh"; return s }), &identity.BadCertificate{}},
		"not a common name": {name(func(s pkix.RDNSequence) pkix.RDNSequence {
			s[len(s)-1][0].Type = asn1.ObjectIdentifier{2, 5, 4, 5}
			return s
		}), &identity.BadCertificate{}},
		"empty common name":  {name(func(s pkix.RDNSequence) pkix.RDNSequence { s[len(s)-1][0].Value = ""; return s }), &identity.BadCertificate{}},
		"two in one name":    {name(func(s pkix.RDNSequence) pkix.RDNSequence { l := len(s) - 1; s[l] = append(s[l], s[0][0]); return s }), &identity.BadCertificate{}},
		"other issuer":       {func(f *forgery) { f.rawIssuer(t) }, &identity.BadCertificate{}},
		"serial number 0":    {func(f *forgery) { f.t.SerialNumber = new(big.Int) }, &identity.BadCertificate{}},
		"long serial number": {func(f *forgery) { f.t.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 159) }, &identity.BadCertificate{}},
	}
	for label, c := range cases {
		t.Run(label, func(t *testing.T) {
			f := forge(t, card, key)
			c.alter(f)
			_, err := anchors.Verify([][]byte{f.der(t), card.Raw}, f.at)
			if c.want == nil && err != nil || c.want != nil && !refused(err, c.want) {
				t.Errorf("Verify = %v, want %T", err, c.want)
			}
		})
	}
}

// A forgery is a session certificate about to be signed.
type forgery struct {
	t      *x509.Certificate
	by     *x509.Certificate
	key    crypto.Signer
	public crypto.PublicKey
	at     time.Time
}

// forge starts from one that is right.
func forge(t *testing.T, card *x509.Certificate, key crypto.Signer) *forgery {
	t.Helper()
	f := &forgery{by: card, key: key, public: sessionKey(t).Public(), at: noon}
	info, err := asn1.Marshal(struct {
		N int
		P struct{ Language asn1.ObjectIdentifier }
	}{P: struct{ Language asn1.ObjectIdentifier }{asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 21, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	f.t = &x509.Certificate{
		SerialNumber: big.NewInt(42), NotBefore: noon, NotAfter: noon.Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 14}, Critical: true, Value: info}},
	}
	f.rename(t, func(s pkix.RDNSequence) pkix.RDNSequence { return s })
	return f
}

// rename gives f the card's subject and one name more, changed.
func (f *forgery) rename(t *testing.T, change func(pkix.RDNSequence) pkix.RDNSequence) {
	t.Helper()
	var names pkix.RDNSequence
	if _, err := asn1.Unmarshal(f.by.RawSubject, &names); err != nil {
		t.Fatal(err)
	}
	names = append(names, pkix.RelativeDistinguishedNameSET{{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "2a"}})
	der, err := asn1.Marshal(change(names))
	if err != nil {
		t.Fatal(err)
	}
	f.t.RawSubject = der
}

// pretend makes f's key fit its issuer for the library that signs.
func (f *forgery) pretend() {
	stand := *f.by
	stand.PublicKey = f.key.Public()
	f.by = &stand
}

// rawIssuer has f signed by the card's key under another name.
func (f *forgery) rawIssuer(t *testing.T) {
	t.Helper()
	stand := *f.by
	der, err := asn1.Marshal(pkix.Name{CommonName: "Somebody"}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	stand.RawSubject = der
	f.by = &stand
}

func (f *forgery) der(t *testing.T) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, f.t, f.by, f.public, f.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// A session certificate that issues another: no card stands at the second place.
func TestProxyOfProxy(t *testing.T) {
	h, anchors := founded(t, house.Options{})
	card, cardKey, err := h.IssueCard(tremblay)
	if err != nil {
		t.Fatal(err)
	}
	key := sessionKey(t)
	first, err := trust.Issue(card, cardKey, &key.PublicKey, noon, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	middle, err := x509.ParseCertificate(first)
	if err != nil {
		t.Fatal(err)
	}
	second := forge(t, middle, key).der(t)
	for _, chain := range [][][]byte{{second, first, card.Raw}, {second, card.Raw, first}, {first, first, card.Raw}} {
		if _, err := anchors.Verify(chain, noon); !refused(err, &identity.BadCertificate{}) {
			t.Errorf("Verify = %v", err)
		}
	}
}

func TestWrongChains(t *testing.T) {
	h, anchors := founded(t, house.Options{})
	stranger, _ := founded(t, house.Options{}) // of the same name, with other keys
	elsewhere, _ := founded(t, house.Options{Name: "Elsewhere"})
	chain, card := signedIn(t, h, tremblay)
	strange, strangeCard := signedIn(t, stranger, tremblay)
	far, _ := signedIn(t, elsewhere, tremblay)
	long := slices.Concat(chain, [][]byte{h.Issuing().Raw, h.Root().Raw})
	for len(long) <= 10 {
		long = append(long, h.Root().Raw)
	}
	cases := map[string]struct {
		chain [][]byte
		want  error
	}{
		"nothing":                     {nil, &identity.BadCertificate{}},
		"empty":                       {[][]byte{{}}, &identity.BadCertificate{}},
		"rubbish":                     {[][]byte{[]byte("rubbish")}, &identity.BadCertificate{}},
		"session alone":               {chain[:1], &identity.BadCertificate{}},
		"another's card":              {[][]byte{chain[0], strangeCard.Raw}, &identity.BadCertificate{}},
		"wrong root":                  {far, &identity.UnknownIssuer{}},
		"wrong root, same name":       {strange, &identity.UnknownIssuer{}},
		"wrong root, brought along":   {slices.Concat(strange, [][]byte{stranger.Issuing().Raw, stranger.Root().Raw}), &identity.UnknownIssuer{}},
		"swapped":                     {[][]byte{card.Raw, chain[0], h.Root().Raw, {1}}, &identity.BadCertificate{}},
		"too many":                    {long, &identity.BadCertificate{}},
		"too large":                   {[][]byte{chain[0], card.Raw, make([]byte, 1<<20)}, &identity.BadCertificate{}},
		"bytes after the certificate": {[][]byte{append(bytes.Clone(chain[0]), 0), card.Raw}, &identity.BadCertificate{}},
		"the issuing authority":       {[][]byte{h.Issuing().Raw}, &identity.WrongPurpose{}},
		"the root":                    {[][]byte{h.Root().Raw}, &identity.WrongPurpose{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := anchors.Verify(c.chain, noon); !refused(err, c.want) {
				t.Errorf("Verify = %v, want %T", err, c.want)
			}
		})
	}
}

// One bit anywhere in the session or card certificate: never anyone else.
func TestEveryByteCounts(t *testing.T) {
	h, anchors := founded(t, house.Options{})
	chain, _ := signedIn(t, h, tremblay)
	for i := range chain {
		for at := range chain[i] {
			wrong := slices.Clone(chain)
			wrong[i] = bytes.Clone(chain[i])
			wrong[i][at] ^= 0x10
			if person, err := anchors.Verify(wrong, noon); err == nil {
				t.Errorf("certificate %d, byte %d: %q", i, at, person.Common)
			}
		}
	}
}

// What was judged good is not good for ever.
func TestVerdictsAge(t *testing.T) {
	h, anchors := founded(t, house.Options{})
	chain, card := signedIn(t, h, tremblay)
	for _, c := range []struct {
		chain [][]byte
		at    time.Time
		want  error
	}{
		{chain, noon, nil},
		{chain, noon.Add(time.Hour), nil},
		{chain, noon.Add(time.Hour + time.Second), &identity.Expired{}},
		{chain, noon.Add(-time.Second), &identity.NotYetValid{}},
		{chain, noon, nil},
		{[][]byte{card.Raw}, noon.AddDate(1, 0, 0), nil},
		{[][]byte{card.Raw}, noon.AddDate(4, 0, 0), &identity.Expired{}},
	} {
		_, err := anchors.Verify(c.chain, c.at)
		if c.want == nil && err != nil || c.want != nil && !refused(err, c.want) {
			t.Errorf("at %v: %v, want %T", c.at, err, c.want)
		}
	}
}

// Names that an issuer gave count under the root that the issuer leads to.
func TestTwoRoots(t *testing.T) {
	commons, _ := founded(t, house.Options{Name: "Commons"})
	senate, _ := founded(t, house.Options{Name: "Senate"})
	anchors, err := trust.LoadAnchors(slices.Concat(commons.AnchorsPEM(), senate.AnchorsPEM()))
	if err != nil {
		t.Fatal(err)
	}
	chain, _ := signedIn(t, senate, tremblay)
	person, err := anchors.Verify(chain, noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range person.Names[1:] {
		if !strings.HasSuffix(name, " under Senate Root CA") {
			t.Errorf("the name %q counts under any root", name)
		}
	}
	if len(person.Names) != 3 {
		t.Errorf("names %q", person.Names)
	}
}

func TestAnchors(t *testing.T) {
	h, _ := founded(t, house.Options{})
	twin, _ := founded(t, house.Options{})
	card, _, err := h.IssueCard(tremblay)
	if err != nil {
		t.Fatal(err)
	}
	good := h.AnchorsPEM()
	for name, text := range map[string][]byte{
		"nothing":         nil,
		"text":            []byte("no certificate here"),
		"no root":         pemOf(h.Issuing()),
		"card":            slices.Concat(good, pemOf(card)),
		"two of one name": slices.Concat(good, twin.AnchorsPEM()),
		"cut off":         good[:len(good)-40],
		"too long":        bytes.Repeat(good, 10_000),
		"key":             slices.Concat(good, []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")),
		"damaged":         bytes.Replace(good, []byte("MII"), []byte("MIJ"), 1),
	} {
		if _, err := trust.LoadAnchors(text); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	a, err := trust.LoadAnchors(slices.Concat([]byte("The House\n"), good, good))
	if err != nil {
		t.Errorf("the same twice: %v", err)
	}
	if _, err := a.Under(trust.Rules{Policies: []string{"id-fpki-common-hardware"}}); err == nil {
		t.Error("a policy that is no object identifier was taken")
	}
	chain := a.Complete(a.Complete([][]byte{card.Raw})) // twice makes no difference
	if len(chain) != 2 || !bytes.Equal(chain[1], h.Issuing().Raw) {
		t.Errorf("Complete gives %d certificates", len(chain))
	}
	if chain := a.Complete([][]byte{{1}}); len(chain) != 1 {
		t.Errorf("Complete adds to rubbish")
	}
}

// Every refusal has words, and none is empty.
func TestRefusalsSpeak(t *testing.T) {
	for _, err := range []error{
		&identity.Expired{What: identity.CardCertificate, On: noon}, &identity.NotYetValid{What: identity.SessionCertificate, From: noon},
		&identity.UnknownIssuer{Issuer: "X"}, &identity.WrongPolicy{}, &identity.WrongPurpose{What: identity.CardCertificate, Why: "y"},
		&identity.NoPIN{}, &identity.WrongName{Why: "z"}, &identity.BadCertificate{What: identity.IssuerCertificate, Why: "z"},
		&identity.Revoked{What: identity.CardCertificate, On: noon, Reason: "superseded"}, &identity.RevocationUnknown{What: identity.CardCertificate, Why: "z"},
		&identity.NotAttested{Why: "z"},
	} {
		if text := err.Error(); !strings.HasPrefix(text, "identity: ") || errors.Unwrap(err) != nil {
			t.Errorf("%T says %q", err, text)
		}
	}
}

// What Verify takes, it takes again, and finds the same person.
func FuzzVerify(f *testing.F) {
	h, anchors := founded(f, house.Options{})
	chain, card := signedIn(f, h, tremblay)
	f.Add(chain[0], chain[1])
	f.Add(card.Raw, []byte{})
	f.Add(chain[1], h.Issuing().Raw)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		one, err := anchors.Verify([][]byte{a, b}, noon)
		if err != nil {
			return
		}
		two, err := anchors.Verify([][]byte{a, b}, noon)
		if err != nil || !reflect.DeepEqual(one, two) {
			t.Errorf("first %+v, then %+v, %v", one, two, err)
		}
		if one.Common != "Alice Tremblay" {
			t.Errorf("the House issued no card to %q", one.Common)
		}
	})
}

// The same bytes cut otherwise are another chain, though the right one was
// found good before.
func TestCutOtherwise(t *testing.T) {
	h, anchors := founded(t, house.Options{})
	chain, _ := signedIn(t, h, tremblay)
	if _, err := anchors.Verify(chain, noon); err != nil {
		t.Fatal(err)
	}
	whole := slices.Concat(chain[0], chain[1])
	for _, n := range []int{1, len(chain[0]) - 1, len(chain[0]) + 1, len(whole)} {
		if _, err := anchors.Verify([][]byte{whole[:n], whole[n:]}, noon); !refused(err, &identity.BadCertificate{}) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	if _, err := anchors.Verify([][]byte{whole}, noon); !refused(err, &identity.BadCertificate{}) {
		t.Errorf("not cut: %v", err)
	}
}
