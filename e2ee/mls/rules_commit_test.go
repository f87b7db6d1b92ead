package mls

import (
	"bytes"
	"crypto/hpke"
	"strings"
	"testing"
)

// A court is a group of five, seen by the insider at leaf 1 and by a victim.
type court struct {
	*scene
	insider, victim *Group
}

func newCourt(t testing.TB) *court {
	t.Helper()
	return newCourtOf(t, P256AES128)
}

func newCourtOf(t testing.TB, s Suite) *court {
	t.Helper()
	sc := newScene(t, s, basic)
	sc.add(0, 4, CommitParams{})
	sc.commit(1, CommitParams{})
	sc.commit(3, CommitParams{})
	return &court{sc, sc.people[1].g, sc.people[2].g}
}

func (c *court) refuses(name string, message []byte, why string) {
	c.t.Helper()
	before := must[[]byte](c.t)(c.victim.Marshal())
	_, err := c.victim.Stage(message, noon)
	if err == nil {
		c.t.Errorf("%s: accepted", name)
	} else if !strings.Contains(err.Error(), why) {
		c.t.Errorf("%s: %q, want %q", name, err, why)
	}
	if !bytes.Equal(before, must[[]byte](c.t)(c.victim.Marshal())) {
		c.t.Errorf("%s: the group has changed", name)
	}
}

// TestForgeryIsHonest: a forgery that spoils nothing is accepted.
func TestForgeryIsHonest(t *testing.T) {
	c := newCourt(t)
	for _, f := range []forgery{{}, {list: []sourced{by(1, Remove(4))}}} {
		must[*Staged](t)(c.victim.Stage(f.forge(t, c.insider), noon))
	}
}

// TestProposalListRules breaks each rule of RFC 9420 sections 12.1 and 12.2.
func TestProposalListRules(t *testing.T) {
	c := newCourt(t)
	p := c.insider.p
	nonce := func(id PSKID) PSKID { id.nonce = make([]byte, p.nh()); return id }
	paper := nonce(PSKID{Type: ExternalPSK, ID: []byte("paper")})
	resumption := func(use PSKUsage) PSKID {
		return nonce(PSKID{Type: ResumptionPSK, Usage: use, GroupID: c.insider.GroupID(), Epoch: c.insider.Epoch()})
	}
	for _, sc := range c.people {
		sc.g.o.PSKs = func(PSKID) ([]byte, bool) { return []byte("paper"), true }
	}
	one, two := c.joiner(), c.joiner()
	twin := must[*KeyPackageSecrets](t)(NewKeyPackage(one.id, c.o, noon))
	member := must[*KeyPackageSecrets](t)(NewKeyPackage(c.people[3].id, c.o, noon))
	add := func(kp *KeyPackageSecrets) Proposal { return Proposal{Type: ProposeAdd, add: kp.kp} }
	update := func(l LeafIndex) Proposal {
		leaf, _, err := newLeaf(p, &c.insider.o, c.people[l].id)
		if err != nil {
			t.Fatal(err)
		}
		leaf.source = fromUpdate
		if err := leaf.sign(p, &c.insider.o, c.people[l].id.Signer, c.insider.GroupID(), l); err != nil {
			t.Fatal(err)
		}
		return Proposal{Type: ProposeUpdate, update: leaf}
	}
	byRef := func(l LeafIndex, pr Proposal) sourced {
		sent := must[*SentProposal](t)(c.people[l].g.propose(pr, ProposalParams{}))
		for i, x := range c.people {
			if LeafIndex(i) != l {
				must[ProposalRef](t)(x.g.HandleProposal(sent.Message))
			}
		}
		s, _ := c.victim.find(sent.Ref)
		return s
	}
	need := func(r RequiredCapabilities) Proposal { return SetExtensions(r.Extension()) }
	old := Restart(ReInit{GroupID: []byte("next"), Suite: P256AES128})
	old.reInit.version = 0

	bad := must[ExternalSender](t)(Identity{Basic([]byte("bad")), newSigner(t, P256AES128)}.ExternalSender(P256AES128))
	lying := bad
	lying.Credential = X509(newCertificate(t, "x", c.insider.signer, c.insider.signer))
	for _, sc := range c.people {
		sc.g.o.Validate = refuseBad
	}
	for name, v := range map[string]struct {
		f   forgery
		why string
	}{
		"5.3.1 external sender refused":            {forgery{list: []sourced{by(1, SetExtensions(ExternalSendersExtension([]ExternalSender{bad})))}}, "credential refused"},
		"5.3 external sender's certificate":        {forgery{list: []sourced{by(1, SetExtensions(ExternalSendersExtension([]ExternalSender{lying})))}}, "not for the leaf's"},
		"12.2 update by the committer":             {forgery{list: []sourced{by(1, update(1))}}, "updates or removes itself"},
		"12.2 update by the committer, referenced": {forgery{list: []sourced{byRef(1, update(1))}}, "updates or removes itself"},
		"12.2 removal of the committer":            {forgery{list: []sourced{by(1, Remove(1))}, blind: true}, "updates or removes itself"},
		"12.2 two removals of one leaf":            {forgery{list: []sourced{by(1, Remove(3)), by(1, Remove(3))}}, "two updates or removals"},
		"12.2 update and removal of one leaf":      {forgery{list: []sourced{byRef(3, update(3)), by(1, Remove(3))}}, "two updates or removals"},
		"12.2 two updates of one leaf":             {forgery{list: []sourced{byRef(3, update(3)), byRef(3, update(3))}}, "two updates or removals"},
		"12.2 one client added twice":              {forgery{list: []sourced{by(1, add(one.kp)), by(1, add(twin))}}, "key occurs twice"},
		"12.2 one key package added twice":         {forgery{list: []sourced{by(1, add(two.kp)), by(1, add(two.kp))}}, "key occurs twice"},
		"12.2 a member added":                      {forgery{list: []sourced{by(1, add(member))}}, "key occurs twice"},
		"12.2 one PSK twice":                       {forgery{list: []sourced{by(1, InjectPSK(paper)), by(1, InjectPSK(paper))}}, "same pre-shared key"},
		"12.2 extensions twice":                    {forgery{list: []sourced{by(1, SetExtensions()), by(1, SetExtensions())}}, "context extensions twice"},
		"12.2 restart and something else":          {forgery{list: []sourced{by(1, Restart(ReInit{Suite: P256AES128})), by(1, Remove(3))}}, "restart together"},
		"12.2 external init by a member":           {forgery{list: []sourced{by(1, Proposal{Type: ProposeExternalInit, externalInit: []byte("kem")})}}, "external init by a member"},
		"12.1.3 removal of a leaf outside":         {forgery{list: []sourced{by(1, Remove(99))}, blind: true}, "blank leaf"},
		"12.1.3 removal of a blank leaf":           {forgery{list: []sourced{by(1, Remove(6))}, blind: true}, "blank leaf"},
		"12.1.4 PSK of a restart":                  {forgery{list: []sourced{by(1, InjectPSK(resumption(UseReInit)))}}, "restart or branch"},
		"12.1.4 PSK of a branch":                   {forgery{list: []sourced{by(1, InjectPSK(resumption(UseBranch)))}}, "restart or branch"},
		"12.1.4 nonce of wrong length":             {forgery{list: []sourced{by(1, InjectPSK(PSKID{Type: ExternalPSK, nonce: []byte("short")}))}}, "nonce of wrong length"},
		"12.1.5 restart with an older version":     {forgery{list: []sourced{by(1, old)}}, "older version"},
		"13.4 restart with an extension twice":     {forgery{list: []sourced{by(1, Restart(ReInit{Extensions: []Extension{{Type: 1}, {Type: 1}}}))}}, "occurs twice"},
		"12.1.7 extension that not all support":    {forgery{list: []sourced{by(1, SetExtensions(Extension{Type: 0xF00D}))}}, "does not support context extension"},
		"12.1.7 required extension":                {forgery{list: []sourced{by(1, need(RequiredCapabilities{Extensions: []ExtensionType{0xF00D}}))}}, "required extension"},
		"12.1.7 required proposal":                 {forgery{list: []sourced{by(1, need(RequiredCapabilities{Proposals: []ProposalType{0xF00D}}))}}, "required proposal"},
		"12.1.7 required credential":               {forgery{list: []sourced{by(1, need(RequiredCapabilities{Credentials: []CredentialType{0xF00D}}))}}, "required credential"},
		"12.1.7 extensions that cannot be read":    {forgery{list: []sourced{by(1, SetExtensions(Extension{ExtRequiredCapabilities, []byte{9}}))}, blind: true}, "malformed required"},
		"12.1.7 external senders that cannot be":   {forgery{list: []sourced{by(1, SetExtensions(Extension{ExtExternalSenders, []byte{9}}))}}, "malformed external senders"},
		"13.4 an extension type twice":             {forgery{list: []sourced{by(1, SetExtensions(Extension{Type: 1}, Extension{Type: 1}))}}, "occurs twice"},
		"12.4.3.3 tree in the context":             {forgery{list: []sourced{by(1, SetExtensions(Extension{Type: ExtRatchetTree}))}}, "no place in a group context"},
		"12.4 unknown reference":                   {forgery{list: []sourced{{Proposal: &Proposal{Type: ProposeRemove, remove: 3}, ref: []byte("?")}}}, "has not been seen"},
		"12.4 empty without a path":                {forgery{noPath: true}, "path that it needs"},
		"12.4 removal without a path":              {forgery{noPath: true, list: []sourced{by(1, Remove(3))}}, "path that it needs"},
		"12.4 update without a path":               {forgery{noPath: true, list: []sourced{byRef(3, update(3))}}, "path that it needs"},
		"12.4 extensions without a path":           {forgery{noPath: true, list: []sourced{by(1, SetExtensions())}}, "path that it needs"},
	} {
		c.refuses(name, v.f.forge(t, c.insider), v.why)
	}

	// A client may come anew if its old leaf goes in the same commit.
	again := forgery{list: []sourced{by(1, Remove(3)), by(1, add(member))}}
	must[*Staged](t)(c.victim.Stage(again.forge(t, c.insider), noon))
}

// TestUpdateRules breaks the rules of sections 12.1.2 and 7.3 for updates.
func TestUpdateRules(t *testing.T) {
	for name, v := range map[string]struct {
		leaf  func(*court, *leafNode)
		index LeafIndex
		why   string
	}{
		"source":          {func(_ *court, l *leafNode) { l.source = fromCommit }, 3, "leaf from elsewhere"},
		"same key":        {func(c *court, l *leafNode) { l.encryption = c.victim.now.tree.leaves[3].encryption }, 3, "without a new key"},
		"another's key":   {func(c *court, l *leafNode) { l.encryption = c.victim.now.tree.leaves[2].encryption }, 3, "key occurs twice"},
		"another's place": {func(*court, *leafNode) {}, 2, "signature is not valid"},
		"another's name":  {func(_ *court, l *leafNode) { l.credential = Basic([]byte("x")) }, 3, "credential of someone else"},
		"capabilities":    {func(_ *court, l *leafNode) { l.capabilities.credentials = nil }, 3, "credential that it does not support"},
		"key of no curve": {func(_ *court, l *leafNode) { l.encryption = &publicKey{raw: []byte("key")} }, 3, "HPKE key"},
	} {
		c := newCourt(t)
		from := c.people[3]
		leaf, _, err := newLeaf(from.g.p, &from.g.o, from.id)
		if err != nil {
			t.Fatal(err)
		}
		leaf.source = fromUpdate
		v.leaf(c, leaf)
		if err := leaf.sign(from.g.p, &from.g.o, from.id.Signer, from.g.GroupID(), v.index); err != nil {
			t.Fatal(err)
		}
		sent := must[*SentProposal](t)(from.g.propose(Proposal{Type: ProposeUpdate, update: leaf}, ProposalParams{}))
		must[ProposalRef](t)(c.victim.HandleProposal(sent.Message))
		must[ProposalRef](t)(c.insider.HandleProposal(sent.Message))
		s, _ := c.insider.find(sent.Ref)
		f := forgery{list: []sourced{s}, blind: true}
		c.refuses(name, f.forge(t, c.insider), v.why)
	}
}

// TestPathRules breaks each rule for update paths: sections 7.3, 7.5, 7.6, 7.9.2
// and 12.4.2.
func TestPathRules(t *testing.T) {
	c := newCourt(t)
	tr := c.victim.now.tree
	stranger := newIdentity(t, P256AES128, basic, "stranger")
	for name, v := range map[string]struct {
		f   forgery
		why string
	}{
		"5.3.1 of someone else":     {forgery{leaf: func(l *leafNode) { l.credential = Basic([]byte("someone else")) }}, "credential of someone else"},
		"12.4.2 source of the leaf": {forgery{leaf: func(l *leafNode) { l.source = fromUpdate }}, "leaf from elsewhere"},
		"7.3 leaf for another place": {forgery{path: func(u *updatePath) {
			if err := u.leaf.sign(c.insider.p, &c.insider.o, c.insider.signer, c.insider.GroupID(), 0); err != nil {
				t.Fatal(err)
			}
		}}, "signature is not valid"},
		"7.3 leaf for another group": {forgery{path: func(u *updatePath) {
			if err := u.leaf.sign(c.insider.p, &c.insider.o, c.insider.signer, []byte("other"), 1); err != nil {
				t.Fatal(err)
			}
		}}, "signature is not valid"},
		"7.3 another's signature key":  {forgery{leaf: func(l *leafNode) { l.verifier = tr.leaves[3].verifier }}, "signature is not valid"},
		"7.3 extension not supported":  {forgery{leaf: func(l *leafNode) { l.extensions = []Extension{{Type: 0xF00D}} }}, "extension that it does not support"},
		"7.3 extension twice":          {forgery{leaf: func(l *leafNode) { l.extensions = []Extension{{Type: 1}, {Type: 1}} }}, "occurs twice"},
		"7.3 credential not supported": {forgery{leaf: func(l *leafNode) { l.capabilities.credentials = []CredentialType{X509Credential} }}, "credential that it does not support"},
		"7.3 others' credentials not supported": {forgery{leaf: func(l *leafNode) {
			l.credential, l.capabilities.credentials = X509(newCertificate(t, "x", c.insider.signer, c.insider.signer)), []CredentialType{X509Credential}
		}}, "another's credential type"},
		"11.1 suite not supported":        {forgery{leaf: func(l *leafNode) { l.capabilities.suites = nil }}, "version and suite"},
		"11.1 version not supported":      {forgery{leaf: func(l *leafNode) { l.capabilities.versions = nil }}, "version and suite"},
		"5.3 certificate of another key":  {forgery{leaf: func(l *leafNode) { l.credential = X509(newCertificate(t, "x", stranger.Signer, stranger.Signer)) }}, "not for the leaf's signature key"},
		"5.3 no certificate":              {forgery{leaf: func(l *leafNode) { l.credential = X509() }}, "without certificates"},
		"12.4.2 leaf key as before":       {forgery{leafKey: func(hpke.PrivateKey) hpke.PrivateKey { return c.insider.now.keys[2] }}, "key occurs twice"},
		"12.4.2 path key of another node": {forgery{path: func(u *updatePath) { u.nodes[0].encryption = tr.leaves[3].encryption }}, "key occurs twice"},
		"12.4.2 path key of an old node":  {forgery{path: func(u *updatePath) { u.nodes[0].encryption = tr.key(tr.root()) }}, "key occurs twice"},
		"12.4.2 one path key twice":       {forgery{path: func(u *updatePath) { u.nodes[0].encryption = u.nodes[1].encryption }}, "key occurs twice"},
		"7.6 too few nodes":               {forgery{path: func(u *updatePath) { u.nodes = u.nodes[:len(u.nodes)-1] }}, "wrong length"},
		"7.6 too many nodes": {forgery{path: func(u *updatePath) {
			key, err := c.insider.p.kem.GenerateKey()
			if err != nil {
				t.Fatal(err)
			}
			u.nodes = append(u.nodes, pathNode{encryption: newPublicKey(key.PublicKey())})
		}}, "wrong length"},
		"7.6 too few ciphertexts": {forgery{path: func(u *updatePath) { u.nodes[1].secrets = nil }}, "number of ciphertexts"},
		"7.9.2 parent hash":       {forgery{leaf: func(l *leafNode) { l.parentHash = make([]byte, 32) }}, "parent hash"},
		"7.5 ciphertext": {forgery{path: func(u *updatePath) {
			s := &u.nodes[1].secrets[0]
			s.text = bytes.Clone(s.text)
			s.text[0] ^= 1
		}}, "HPKE key or ciphertext"},
		"7.5 another path secret": {forgery{secrets: func(all []secret) { all[1] = make(secret, 32) }}, "does not give the node's key"},
		"7.5 short path secret":   {forgery{secrets: func(all []secret) { all[1] = all[1][:31] }}, "length of path secret"},
		"12.4.2 confirmation tag": {forgery{tag: func(b []byte) { b[0] ^= 1 }}, "confirmation tag"},
		"application refuses":     {forgery{leaf: func(l *leafNode) { l.credential = Basic([]byte("bad")) }}, "credential refused"},
	} {
		c.victim.o.Validate, c.victim.o.Same = refuseBad, Credential.Equal
		if !strings.HasPrefix(name, "5.3.1") {
			c.victim.o.Same = func(Credential, Credential) bool { return true }
		}
		c.refuses(name, v.f.forge(t, c.insider), v.why)
	}
}
