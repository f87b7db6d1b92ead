package mls

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// A forgedWelcome is a Welcome by an insider, signed and sealed as it should
// be, but for what its hooks spoil.
type forgedWelcome struct {
	context func(*groupContext)            // before anything is derived from it
	info    func(*groupInfo)               // before it is signed
	tree    func(*tree)                    // before the insider's path is put into it
	path    func(*tree, []step, *leafNode) // before the insider's leaf is signed
	late    func(*tree)                    // when the path is in it
	other   []byte                         // a tree whose hash is not
	secrets func(*groupSecrets)
	tag     func([]byte)
	signer  *Identity
	psks    []PSKID
}

// make has the insider add kp, and returns Welcome and tree.
func (f forgedWelcome) make(t *testing.T, from *Group, kp *KeyPackageSecrets) (message, tree []byte) {
	t.Helper()
	p, e, o := from.p, from.now, &from.o
	j := &judge{epoch: e, o: o, at: noon, committer: sender{fromMember, uint32(e.own)}}
	c := must[*change](t)(j.apply([]sourced{by(e.own, Proposal{Type: ProposeAdd, add: kp.kp})}))
	leaf, key, err := newLeaf(p, o, Identity{e.tree.leaves[e.own].credential, from.signer})
	if err != nil {
		t.Fatal(err)
	}
	if f.tree != nil {
		f.tree(c.tree)
		clear(c.tree.hashes)
	}
	path := must[*newPath](t)(c.tree.newPath(o, e.own, leaf, key))
	if f.path != nil {
		f.path(c.tree, path.steps, leaf)
	}
	if err := leaf.sign(p, o, from.signer, from.GroupID(), e.own); err != nil {
		t.Fatal(err)
	}
	c.tree.setLeaf(e.own, leaf)
	if f.late != nil {
		f.late(c.tree)
		clear(c.tree.hashes)
	}
	ctx := e.ctx
	ctx.epoch++
	ctx.treeHash = c.tree.hash(c.tree.root())
	ctx.transcript = make([]byte, p.nh())
	if f.context != nil {
		f.context(&ctx)
	}
	joiner := must[secret](t)(random(o.Rand, p.nh()))
	psk := must[secret](t)(p.pskSecret(f.psks, func(PSKID) ([]byte, bool) { return []byte("paper"), true }))
	member := p.member(joiner, psk)
	s := p.schedule(p.epochSecret(member, ctx.bytes()))
	info := &groupInfo{context: ctx, signer: e.own, tag: p.mac(s.confirmation, ctx.transcript)}
	if f.tag != nil {
		f.tag(info.tag)
	}
	if f.info != nil {
		f.info(info)
	}
	info.toBe = info.appendUnsigned(nil)
	signer := from.signer
	if f.signer != nil {
		signer = f.signer.Signer
	}
	info.signature = must[[]byte](t)(p.sign(o.Rand, signer, "GroupInfoTBS", info.toBe))
	ws := p.infoKey(p.welcomeSecret(member))
	w := &welcome{suite: p.id}
	w.info = p.aeadOf(ws.key).Seal(nil, ws.nonce, info.bytes(), nil)
	gs := groupSecrets{joiner: joiner, psks: f.psks, path: path.secretFor(c.adds[0].leaf)}
	if f.secrets != nil {
		f.secrets(&gs)
	}
	sealed := must[sealed](t)(p.seal(kp.kp.init, "Welcome", w.info, gs.bytes()))
	w.secrets = []joinerSecrets{{kp.Ref(), sealed}}
	tree = c.tree.bytes()
	if f.other != nil {
		tree = f.other
	}
	return appendMessage(wireWelcome, w.bytes()), tree
}

// TestWelcomeRules breaks each rule of RFC 9420 section 12.4.3.1, and with it of
// 7.3 and 7.9.2 for trees.
func TestWelcomeRules(t *testing.T) {
	c := newCourt(t)
	p := c.insider.p
	paper := PSKID{Type: ExternalPSK, ID: []byte("paper"), nonce: make([]byte, p.nh())}
	stranger := c.joiner()
	foreign := newIdentity(t, P256AES128, basic, "foreign")
	resumption := func(use PSKUsage) []PSKID {
		return []PSKID{{Type: ResumptionPSK, Usage: use, GroupID: []byte("old"), Epoch: 3, nonce: make([]byte, p.nh())}}
	}
	// resign has the member at l sign its leaf after a change.
	resign := func(tr *tree, l LeafIndex, change func(*leafNode)) {
		n := *tr.leaves[l]
		next := &leafNode{
			encryption: n.encryption, verifier: n.verifier, credential: n.credential, capabilities: n.capabilities,
			source: n.source, notBefore: n.notBefore, notAfter: n.notAfter, parentHash: n.parentHash, extensions: n.extensions,
		}
		change(next)
		if err := next.sign(p, &c.insider.o, c.people[l].id.Signer, c.insider.GroupID(), l); err != nil {
			t.Fatal(err)
		}
		tr.leaves[l] = next
	}
	unmerge := func(tr *tree, x nodeIndex, ls ...LeafIndex) {
		n := *tr.parent(x)
		n.unmerged = ls
		tr.setParent(x, &n)
	}
	for name, v := range map[string]struct {
		w   forgedWelcome
		why string
	}{
		"nothing":                          {forgedWelcome{}, ""},
		"suite of the group":               {forgedWelcome{context: func(c *groupContext) { c.suite = X25519AES128 }}, "another suite"},
		"tree hash":                        {forgedWelcome{other: c.insider.Tree()}, "not valid: hash"},
		"tree that cannot be read":         {forgedWelcome{other: []byte{1, 9}}, "malformed ratchet tree"},
		"12.4.3.3 tree ends blank":         {forgedWelcome{other: []byte{1, 0}}, "malformed ratchet tree"},
		"signature of group info":          {forgedWelcome{signer: &foreign}, "signature is not valid"},
		"signer is blank":                  {forgedWelcome{info: func(g *groupInfo) { g.signer = 7 }}, "blank leaf"},
		"signer is outside":                {forgedWelcome{info: func(g *groupInfo) { g.signer = 1 << 30 }}, "blank leaf"},
		"confirmation tag":                 {forgedWelcome{tag: func(b []byte) { b[0] ^= 1 }}, "confirmation tag"},
		"13.4 context extension not known": {forgedWelcome{context: func(c *groupContext) { c.extensions = []Extension{{Type: 0xF00D}} }}, "does not support context extension"},
		"11.1 required capability": {forgedWelcome{context: func(c *groupContext) {
			c.extensions = []Extension{RequiredCapabilities{Extensions: []ExtensionType{0xF00D}}.Extension()}
		}}, "required extension"},
		"13.4 context extension twice":        {forgedWelcome{context: func(c *groupContext) { c.extensions = []Extension{{Type: 1}, {Type: 1}} }}, "occurs twice"},
		"13.4 group info extension twice":     {forgedWelcome{info: func(g *groupInfo) { g.extensions = []Extension{{Type: 0xF00D}, {Type: 0xF00D}} }}, "occurs twice"},
		"13.4 group info extension not known": {forgedWelcome{info: func(g *groupInfo) { g.extensions = []Extension{{Type: 0xF00D}} }}, ""},
		"5.3.1 external sender refused": {forgedWelcome{context: func(c *groupContext) {
			c.extensions = []Extension{ExternalSendersExtension([]ExternalSender{{[]byte("key"), Basic([]byte("bad"))}})}
		}}, "credential refused"},
		"path secret of another node": {forgedWelcome{secrets: func(s *groupSecrets) { s.path = make(secret, 32) }}, "does not give the node's key"},
		"path secret of wrong length": {forgedWelcome{secrets: func(s *groupSecrets) { s.path = secret{} }}, "length of path secret"},
		"path secret of a blank node": {forgedWelcome{late: func(tr *tree) { tr.setParent(7, nil) }}, "path secret for a blank node"},
		"PSK that is not there":       {forgedWelcome{psks: []PSKID{{Type: ExternalPSK, ID: []byte("none"), nonce: make([]byte, 32)}}}, "no pre-shared key"},
		"PSK with a short nonce":      {forgedWelcome{psks: []PSKID{{Type: ExternalPSK, ID: []byte("paper")}}}, "nonce of wrong length"},
		"PSK that is there":           {forgedWelcome{psks: []PSKID{paper}}, ""},
		"PSK of another epoch":        {forgedWelcome{psks: resumption(UseApplication)}, "no resumption key of epoch 3"},
		"PSK of a restart":            {forgedWelcome{psks: resumption(UseReInit)}, "restart or branch"},
		"PSK of a branch":             {forgedWelcome{psks: resumption(UseBranch)}, "restart or branch"},
		"own leaf is not there":       {forgedWelcome{tree: func(tr *tree) { tr.setLeaf(5, stranger.kp.kp.leaf) }}, "leaf is not in the tree"},
		"7.9.2 parent hash":           {forgedWelcome{late: func(tr *tree) { n := *tr.parent(5); n.parentHash = make([]byte, 32); tr.setParent(5, &n) }}, "parent hash of node"},
		"7.9.2 parent key": {forgedWelcome{late: func(tr *tree) {
			n := *tr.parent(1)
			n.encryption = newPublicKey(c.insider.now.keys[2].PublicKey())
			tr.setParent(1, &n)
		}}, "parent hash of node 1"},
		"7.9.2 a leaf under a parent":   {forgedWelcome{tree: func(tr *tree) { tr.leaves[0] = tr.leaves[4] }}, "key occurs twice"},
		"unmerged leaf is blank":        {forgedWelcome{late: func(tr *tree) { unmerge(tr, 7, 6) }}, "no member below"},
		"unmerged leaf is elsewhere":    {forgedWelcome{late: func(tr *tree) { unmerge(tr, 1, 4) }}, "no member below"},
		"unmerged leaf is merged below": {forgedWelcome{late: func(tr *tree) { unmerge(tr, 7, 0) }}, "merged below"},
		"unmerged leaves too many":      {forgedWelcome{late: func(tr *tree) { unmerge(tr, 7, 4) }}, "parent hash of node 7"},
		"7.9.2 committer not merged":    {forgedWelcome{late: func(tr *tree) { unmerge(tr, 1, 1); unmerge(tr, 3, 1); unmerge(tr, 7, 1) }}, "parent hash of node 1"},
		"7.9.2 a member left out": {forgedWelcome{path: func(tr *tree, steps []step, l *leafNode) {
			l.parentHash = tr.mergePath(1, steps[1:], []*publicKey{tr.key(steps[1].node), tr.key(steps[2].node)})
		}, late: func(tr *tree) { unmerge(tr, 3, 1); unmerge(tr, 7, 1) }, secrets: func(s *groupSecrets) { s.path = nil }}, "parent hash of node 3"},
		"one key in two parents": {forgedWelcome{path: func(tr *tree, steps []step, l *leafNode) {
			keys := []*publicKey{tr.key(steps[0].node), tr.key(5), tr.key(steps[2].node)}
			l.parentHash = tr.mergePath(1, steps, keys)
		}, secrets: func(s *groupSecrets) { s.path = nil }}, "key occurs twice"},
		"7.3 leaf signature": {forgedWelcome{tree: func(tr *tree) {
			resign(tr, 4, func(l *leafNode) {})
			n := *tr.leaves[4]
			n.signature = bytes.Clone(n.signature)
			n.signature[9] ^= 1
			n.raw = appendOpaque(slices.Clone(n.toBe), n.signature)
			tr.leaves[4] = &n
		}}, "leaf 4: mls: signature"},
		"7.3 leaf extension not supported":   {forgedWelcome{tree: func(tr *tree) { resign(tr, 4, func(l *leafNode) { l.extensions = []Extension{{Type: 0xF00D}} }) }}, "leaf 4: mls: leaf has an extension"},
		"7.3 credential not supported":       {forgedWelcome{tree: func(tr *tree) { resign(tr, 4, func(l *leafNode) { l.capabilities.credentials = nil }) }}, "credential type"},
		"11.1 suite not supported":           {forgedWelcome{tree: func(tr *tree) { resign(tr, 4, func(l *leafNode) { l.capabilities.suites = nil }) }}, "leaf 4: mls: leaf does not support"},
		"7.3 encryption key of another leaf": {forgedWelcome{tree: func(tr *tree) { resign(tr, 4, func(l *leafNode) { l.encryption = tr.leaves[0].encryption }) }}, "key occurs twice"},
		"7.3 encryption key of a parent":     {forgedWelcome{tree: func(tr *tree) { resign(tr, 4, func(l *leafNode) { l.encryption = tr.parent(5).encryption }) }}, "key occurs twice"},
		"7.3 encryption key of no curve":     {forgedWelcome{tree: func(tr *tree) { resign(tr, 4, func(l *leafNode) { l.encryption = &publicKey{raw: []byte("key")} }) }}, "HPKE key"},
		"7.3 application refuses":            {forgedWelcome{tree: func(tr *tree) { resign(tr, 4, func(l *leafNode) { l.credential = Basic([]byte("bad")) }) }}, "credential refused"},
		"5.3 certificate of another key": {forgedWelcome{tree: func(tr *tree) {
			resign(tr, 4, func(l *leafNode) { l.credential = X509(newCertificate(t, "x", foreign.Signer, foreign.Signer)) })
		}}, "not for the leaf's"},
	} {
		o := c.o
		o.Validate = refuseBad
		o.PSKs = func(id PSKID) ([]byte, bool) { return []byte("paper"), string(id.ID) == "paper" }
		kp := c.joiner().kp
		w, tree := v.w.make(t, c.insider, kp)
		_, err := Join(w, tree, kp, o, nil, noon)
		if (err == nil) != (v.why == "") || err != nil && !strings.Contains(err.Error(), v.why) {
			t.Errorf("%s: %v, want %q", name, err, v.why)
		}
	}
}

// TestWelcomeForOthers: a Welcome opens for the key package that it is for, of
// the suite that it is for, while its keys are there.
func TestWelcomeForOthers(t *testing.T) {
	c := newCourt(t)
	one, two := c.joiner(), c.joiner()
	w, tree := forgedWelcome{}.make(t, c.insider, one.kp)
	refuse := func(what string, w []byte, kp *KeyPackageSecrets, o Options, why string) {
		t.Helper()
		if _, err := Join(w, tree, kp, o, nil, noon); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %q", what, err, why)
		}
	}
	refuse("another's", w, two.kp, c.o, "not for this key package")
	o := c.o
	o.Suite = P384AES256
	refuse("another suite", w, one.kp, o, "another suite")
	refuse("not a welcome", one.kp.Bytes(), one.kp, c.o, "not a welcome")
	m := must[*message](t)(parseMessage(w))
	m.welcome.info[9] ^= 1
	refuse("group info", m.bytes(), one.kp, c.o, "HPKE key or ciphertext")
	must[*Group](t)(Join(w, tree, one.kp, c.o, nil, noon))
	paper := PSKID{Type: ExternalPSK, ID: []byte("paper"), nonce: make([]byte, c.insider.p.nh())}
	three := c.joiner()
	sealed, with := forgedWelcome{psks: []PSKID{paper}}.make(t, c.insider, three.kp)
	must[*Group](t)(Join(sealed, with, three.kp, c.o, func(id PSKID) ([]byte, bool) { return []byte("paper"), string(id.ID) == "paper" }, noon))
	one.kp.Wipe()
	refuse("wiped", w, one.kp, c.o, "wiped")
}

// TestHybridWelcomeRules: the hybrid keys of others' leaves are parsed when they
// are needed, but have the right length (7.3).
func TestHybridWelcomeRules(t *testing.T) {
	c := newCourtOf(t, MLKEM768P256)
	for name, v := range map[string]struct {
		size int
		why  string
	}{"right": {c.insider.p.heavy, ""}, "too short": {c.insider.p.heavy - 1, "HPKE key"}} {
		kp := c.joiner().kp
		w, tree := forgedWelcome{tree: func(tr *tree) {
			n := *tr.leaves[4]
			n.encryption = &publicKey{raw: bytes.Repeat([]byte{4}, v.size)}
			if err := n.sign(c.insider.p, &c.insider.o, c.people[4].id.Signer, c.insider.GroupID(), 4); err != nil {
				t.Fatal(err)
			}
			tr.leaves[4] = &n
		}}.make(t, c.insider, kp)
		_, err := Join(w, tree, kp, c.o, nil, noon)
		if (err == nil) != (v.why == "") || err != nil && !strings.Contains(err.Error(), v.why) {
			t.Errorf("%s: %v, want %q", name, err, v.why)
		}
	}
}

// TestExternalJoinRules: section 12.4.3.2, what one needs to come in from
// outside.
func TestExternalJoinRules(t *testing.T) {
	c := newCourt(t)
	id := newIdentity(t, P256AES128, basic, "joiner")
	join := func(info, tree []byte, o Options) error {
		_, _, err := JoinExternal(info, tree, id, o, ExternalParams{}, noon)
		return err
	}
	good := must[[]byte](t)(c.insider.GroupInfo(true))
	apart := must[[]byte](t)(c.insider.GroupInfo(false))
	closed := must[*groupInfo](t)(c.insider.now.groupInfo(&c.insider.o, c.insider.signer, true, false))
	forged := must[*groupInfo](t)(c.insider.now.groupInfo(&c.insider.o, newSigner(t, P256AES128), true, true))
	other, unknown, refusing := c.o, c.o, c.o
	other.Suite = P384AES256
	refusing.Validate = func(Credential, []byte, time.Time) error { return errSignature }
	unknown.Extensions = []ExtensionType{0xF00D}
	odd := newScene(t, P256AES128, basic)
	odd.people[0].g = must[*Group](t)(Create(nil, odd.people[0].id, unknown, []Extension{{Type: 0xF00D}}, noon))
	refusals(t, map[string]struct {
		err error
		why string
	}{
		"not a group info":         {join(c.joiner().kp.Bytes(), nil, c.o), "not a group info"},
		"nothing":                  {join(nil, nil, c.o), "malformed"},
		"another suite":            {join(good, nil, other), "another suite"},
		"no external key":          {join(appendMessage(wireGroupInfo, closed.bytes()), nil, c.o), "no external key"},
		"no tree":                  {join(apart, nil, c.o), "no ratchet tree"},
		"another tree":             {join(apart, c.joiner().kp.Bytes(), c.o), "malformed ratchet tree"},
		"12.4.3 signature":         {join(appendMessage(wireGroupInfo, forged.bytes()), nil, c.o), "signature is not valid"},
		"7.3 a member is refused":  {join(good, nil, refusing), "credential refused"},
		"13.4 extension not known": {join(must[[]byte](t)(odd.people[0].g.GroupInfo(true)), nil, c.o), "does not support context extension"},
		"PSK that is not there": {func() error {
			_, _, err := JoinExternal(good, nil, id, c.o, ExternalParams{PSKs: []PSKID{{Type: ExternalPSK}}}, noon)
			return err
		}(), "no pre-shared key"},
	})
	if err := join(apart, c.insider.Tree(), c.o); err != nil {
		t.Error(err)
	}
}
