package mls

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// TestKeyPackageRules breaks each rule of RFC 9420 sections 10.1, 12.1.1 and
// 7.3 for key packages, in a commit of an insider and in one's own.
func TestKeyPackageRules(t *testing.T) {
	c := newCourt(t)
	o := c.o
	c.victim.o.Extensions, c.insider.o.Extensions = []ExtensionType{0xF00D}, []ExtensionType{0xF00D}
	for name, v := range map[string]struct {
		s   spoiledPackage
		why string
	}{
		"10.1 another suite":        {spoiledPackage{pack: func(k *keyPackage) { k.suite = P384AES256 }}, "another version or suite"},
		"10.1 another version":      {spoiledPackage{pack: func(k *keyPackage) { k.version = 2 }}, "another version or suite"},
		"10.1 leaf of a commit":     {spoiledPackage{leaf: func(l *leafNode) { l.source = fromCommit }}, "leaf from elsewhere"},
		"10.1 leaf of an update":    {spoiledPackage{leaf: func(l *leafNode) { l.source = fromUpdate }}, "leaf from elsewhere"},
		"10.1 signature":            {spoiledPackage{after: func(k *keyPackage) { k.signature[9] ^= 1 }}, "signature is not valid"},
		"10.1 one key for both":     {spoiledPackage{pack: func(k *keyPackage) { k.init = k.leaf.encryption }}, "one key twice"},
		"10.1 init key of no curve": {spoiledPackage{pack: func(k *keyPackage) { k.init = &publicKey{raw: make([]byte, 65)} }}, "HPKE key"},
		"10 extension":              {spoiledPackage{pack: func(k *keyPackage) { k.extensions = []Extension{{Type: 0xF00D}} }}, "extension that its leaf"},
		"13.4 an extension twice":   {spoiledPackage{pack: func(k *keyPackage) { k.extensions = []Extension{{Type: 1}, {Type: 1}} }}, "occurs twice"},
		"5.1.1 key of no curve":     {spoiledPackage{leaf: func(l *leafNode) { l.verifier = &verifier{raw: make([]byte, 65)} }}, "signature is not valid"},
		"7.3 leaf signature":        {spoiledPackage{leafSig: true}, "signature is not valid"},
		"7.3 not good yet":          {spoiledPackage{leaf: func(l *leafNode) { l.notBefore = uint64(noon.Unix()) + 1 }}, "not good at this time"},
		"7.3 no longer good":        {spoiledPackage{leaf: func(l *leafNode) { l.notAfter = uint64(noon.Unix()) - 1 }}, "not good at this time"},
		"7.2 good for too long":     {spoiledPackage{leaf: func(l *leafNode) { l.notAfter = 1<<64 - 1 }}, "longer than allowed"},
		"7.3 extension":             {spoiledPackage{leaf: func(l *leafNode) { l.extensions = []Extension{{Type: 0xF00D}} }}, "extension that it does not support"},
		"7.2 credential":            {spoiledPackage{leaf: func(l *leafNode) { l.capabilities.credentials = nil }}, "credential that it does not support"},
		"7.3 others' credentials":   {spoiledPackage{leaf: func(l *leafNode) { others(t, l) }}, "another's credential type"},
		"11.1 suite":                {spoiledPackage{leaf: func(l *leafNode) { l.capabilities.suites = []Suite{P384AES256} }}, "version and suite"},
		"11.1 version":              {spoiledPackage{leaf: func(l *leafNode) { l.capabilities.versions = []uint16{2} }}, "version and suite"},
		"7.3 leaf key of no curve":  {spoiledPackage{leaf: func(l *leafNode) { l.encryption = &publicKey{raw: []byte{4}} }}, "HPKE key"},
		"7.3 a member's leaf key":   {spoiledPackage{leaf: func(l *leafNode) { l.encryption = c.victim.now.tree.leaves[3].encryption }}, "key occurs twice"},
		"7.3 a parent's key":        {spoiledPackage{leaf: func(l *leafNode) { l.encryption = c.victim.now.tree.key(c.victim.now.tree.root()) }}, "key occurs twice"},
		"7.3 application refuses":   {spoiledPackage{leaf: func(l *leafNode) { l.credential = Basic([]byte("bad")) }}, "credential refused"},
		"5.3 certificate":           {spoiledPackage{leaf: func(l *leafNode) { l.credential = X509([]byte("not DER")) }}, "cannot be parsed"},
	} {
		c.victim.o.Validate, c.insider.o.Validate = refuseBad, refuseBad
		pr := v.s.make(t, c.person().id, o)
		f := forgery{list: []sourced{by(1, pr)}, blind: strings.HasPrefix(name, "10.1 init")}
		c.refuses(name, f.forge(t, c.insider), v.why)
		_, err := c.insider.Commit(CommitParams{Proposals: []Proposal{pr}}, noon)
		if err == nil || !strings.Contains(err.Error(), v.why) {
			t.Errorf("%s: own commit: %v, want %q", name, err, v.why)
		}
	}
}

// TestUnlistedExtension: section 10, extensions of a key package that are not
// known are ignored, listed among its leaf's capabilities or not.
func TestUnlistedExtension(t *testing.T) {
	c := newCourt(t)
	pr := spoiledPackage{pack: func(k *keyPackage) { k.extensions = []Extension{{Type: 0x0A0A, Data: []byte("x")}, {Type: 0xF00D}} }}.make(t, c.person().id, c.o)
	p := must[*Pending](t)(c.insider.Commit(CommitParams{Proposals: []Proposal{pr}}, noon))
	must[*Staged](t)(c.victim.Stage(p.Message, noon))
}

// TestNoGrease: nothing that nobody knows is said if that is not wanted.
func TestNoGrease(t *testing.T) {
	c := newCourt(t)
	o := c.o
	o.NoGrease, o.Extensions = true, []ExtensionType{0xF00D}
	kp := must[*KeyPackageSecrets](t)(NewKeyPackage(c.person().id, o, noon)).kp
	can := kp.leaf.capabilities
	if len(kp.extensions)+len(kp.leaf.extensions) > 0 || len(can.extensions) != 1 || len(can.proposals) > 0 ||
		len(can.suites) != len(Suites()) || len(can.credentials) != 2 {
		t.Errorf("key package with grease: %+v", can)
	}
	c.insider.o.NoGrease = true
	m := must[*message](t)(parseMessage(must[[]byte](t)(c.insider.GroupInfo(true))))
	if len(m.groupInfo.extensions) != 2 {
		t.Errorf("group info with %d extensions", len(m.groupInfo.extensions))
	}
}

// TestUnlistedSuite: one whose capabilities leave out the group's suite is let in
// and met where that is allowed, and there alone.
func TestUnlistedSuite(t *testing.T) {
	c := newCourt(t)
	pr := spoiledPackage{leaf: func(l *leafNode) { l.capabilities.suites = []Suite{P384AES256} }}.make(t, c.person().id, c.o)
	if _, err := c.insider.Commit(CommitParams{Proposals: []Proposal{pr}}, noon); err == nil {
		t.Fatal("the suite must be listed by default")
	}
	c.insider.o.UnlistedSuite, c.victim.o.UnlistedSuite = true, true
	j := c.joiner()
	p := must[*Pending](t)(c.insider.Commit(CommitParams{Proposals: []Proposal{pr}, Adds: [][]byte{j.kp.Bytes()}}, noon))
	must[*Staged](t)(c.victim.Stage(p.Message, noon))
	if _, err := Join(p.Welcome, p.Tree, j.kp, c.o, nil, noon); err == nil {
		t.Error("joined a group with such a member")
	}
	o := c.o
	o.UnlistedSuite = true
	must[*Group](t)(Join(p.Welcome, p.Tree, j.kp, o, nil, noon))
}

// others makes a leaf that does not support what the members use.
func others(t *testing.T, l *leafNode) {
	t.Helper()
	pub := must[*ecdsa.PublicKey](t)(ecdsa.ParseUncompressedPublicKey(elliptic.P256(), l.verifier.raw))
	l.capabilities.credentials = []CredentialType{X509Credential}
	l.credential = X509(newCertificate(t, "x", publicOnly{pub}, newSigner(t, P256AES128)))
}

// publicOnly is a signer that cannot sign.
type publicOnly struct{ key *ecdsa.PublicKey }

func (p publicOnly) Public() crypto.PublicKey { return p.key }

func (publicOnly) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("no private key")
}

// TestRequiredCapabilities: section 11.1, a newcomer must have what the group
// demands, by the extensions of the same commit.
func TestRequiredCapabilities(t *testing.T) {
	c := newCourt(t)
	for _, p := range c.people {
		p.g.o.Extensions = []ExtensionType{0xF00D}
	}
	// All members renew their leaves, and support the extension from there on.
	for i := range c.people {
		c.commit(i, CommitParams{})
	}
	need := SetExtensions(RequiredCapabilities{Extensions: []ExtensionType{0xF00D}}.Extension())
	j := c.joiner()
	f := forgery{list: []sourced{by(1, need), by(1, Proposal{Type: ProposeAdd, add: j.kp.kp})}}
	c.refuses("newcomer without", f.forge(t, c.insider), "required extension")
	c.o.Extensions = []ExtensionType{0xF00D}
	c.add(1, 1, CommitParams{Proposals: []Proposal{need}})
	// The committer's own leaf must keep it.
	c.insider.o.Extensions = nil
	c.refuses("committer without", forgery{}.forge(t, c.insider), "required extension")
}

// TestLifetimeEdges: the first and the last second are good.
func TestLifetimeEdges(t *testing.T) {
	c := newCourt(t)
	j := c.joiner()
	for _, at := range []time.Time{noon.Add(-lifetimeSlack), noon.Add(defaultLifetime)} {
		if err := j.kp.kp.verify(c.victim.p, &c.victim.o, at); err != nil {
			t.Errorf("%v: %v", at, err)
		}
	}
	for _, at := range []time.Time{noon.Add(-lifetimeSlack - time.Second), noon.Add(defaultLifetime + time.Second), time.Unix(-5, 0)} {
		if err := j.kp.kp.verify(c.victim.p, &c.victim.o, at); err == nil {
			t.Errorf("%v: accepted", at)
		}
	}
}
