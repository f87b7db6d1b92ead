package mls

import (
	"crypto"
	"crypto/hpke"
	"testing"
)

// A forgery is a commit by an insider who keeps to the protocol but for what
// its hooks spoil. Whatever they do is signed, tagged and sealed as it should
// be.
type forgery struct {
	list   []sourced
	signer crypto.Signer // of the message, if not the insider's
	at     *LeafIndex    // place of the new leaf, if not the insider's

	leafSigner crypto.Signer // of the new leaf, if not the insider's
	noPath     bool
	blind      bool                                  // the list cannot be applied: leave the tree as it is
	leaf       func(*leafNode)                       // before it is signed
	leafKey    func(hpke.PrivateKey) hpke.PrivateKey // instead of a fresh key pair
	tree       func(*tree)                           // after the path is in it
	secrets    func([]secret)                        // path secrets, before they are sealed
	path       func(*updatePath)                     // before the commit is signed
	commit     func(*commit)                         // before it is signed
	framed     func(*framed)                         // before it is signed
	tag        func([]byte)                          // confirmation tag
	message    func(*publicMessage)                  // when all is done
}

// forge makes the PublicMessage. from is a member.
func (f forgery) forge(t testing.TB, from *Group) []byte {
	t.Helper()
	p, e, o := from.p, from.now, &from.o
	me := sender{fromMember, uint32(e.own)}
	j := &judge{epoch: e, o: o, at: noon, committer: me}
	c := &change{tree: e.tree.clone(), extensions: e.ctx.extensions}
	if !f.blind {
		c = j.assemble(f.list)
	}
	ctx := e.ctx
	ctx.epoch++
	ctx.extensions = c.extensions
	cm := &commit{}
	for _, s := range f.list {
		if s.ref != nil {
			cm.proposals = append(cm.proposals, proposalOrRef{ref: s.ref})
		} else {
			cm.proposals = append(cm.proposals, proposalOrRef{proposal: s.Proposal})
		}
	}
	commitSecret := make(secret, p.nh())
	if !f.noPath {
		commitSecret = f.forgePath(t, from, c, cm, &ctx)
	}
	if f.commit != nil {
		f.commit(cm)
	}
	m := &publicMessage{parsed: parsed{wire: wirePublic, content: framed{
		groupID: e.ctx.groupID, epoch: e.ctx.epoch, sender: me, kind: contentCommit, commit: cm,
	}}}
	if f.framed != nil {
		f.framed(&m.content)
	}
	signer := from.signer
	if f.signer != nil {
		signer = f.signer
	}
	if err := m.sign(p, o.Rand, signer, e.raw); err != nil {
		t.Fatal(err)
	}
	ctx.treeHash = c.tree.hash(c.tree.root())
	ctx.transcript = p.confirmedHash(e.interim, m.transcriptInput())
	psk := must[secret](t)(p.pskSecret(c.psks, from.findPSK))
	joiner := p.joiner(e.secrets.init, commitSecret, ctx.bytes())
	s := p.schedule(p.epochSecret(p.member(joiner, psk), ctx.bytes()))
	m.tag = p.mac(s.confirmation, ctx.transcript)
	if f.tag != nil {
		f.tag(m.tag)
	}
	m.membership = p.mac(e.secrets.membership, m.membershipInput(e.raw))
	if f.message != nil {
		f.message(m)
	}
	return appendMessage(wirePublic, m.bytes())
}

func (f forgery) forgePath(t testing.TB, from *Group, c *change, cm *commit, ctx *groupContext) secret {
	t.Helper()
	p, o, own := from.p, &from.o, from.now.own
	if f.at != nil {
		own = *f.at
	}
	id := Identity{from.now.tree.leaves[from.now.own].credential, from.signer}
	leaf, key, err := newLeaf(p, o, id)
	if err != nil {
		t.Fatal(err)
	}
	if f.leafKey != nil {
		key = f.leafKey(key)
		leaf.encryption = newPublicKey(key.PublicKey())
	}
	path := must[*newPath](t)(c.tree.newPath(o, own, leaf, key))
	if f.leaf != nil {
		f.leaf(leaf)
	}
	leafSigner := from.signer
	if f.leafSigner != nil {
		leafSigner = f.leafSigner
	}
	if err := leaf.sign(p, o, leafSigner, ctx.groupID, own); err != nil {
		t.Fatal(err)
	}
	c.tree.setLeaf(own, leaf)
	if f.tree != nil {
		f.tree(c.tree)
	}
	ctx.treeHash = c.tree.hash(c.tree.root())
	if f.secrets != nil {
		f.secrets(path.secrets)
	}
	cm.path = must[*updatePath](t)(path.sealTo(p, c.tree, ctx.bytes(), c.joiners()))
	if f.path != nil {
		f.path(cm.path)
	}
	return path.commitSecret
}

// by is a proposal by value from the member at l.
func by(l LeafIndex, p Proposal) sourced {
	return sourced{Proposal: &p, from: sender{fromMember, uint32(l)}}
}

// A broken key package: made in order but for what spoil does, and signed.
type spoiledPackage struct {
	leaf    func(*leafNode)
	pack    func(*keyPackage)
	after   func(*keyPackage) // when it is signed
	leafSig bool              // spoil the leaf's signature
}

func (s spoiledPackage) make(t testing.TB, id Identity, o Options) Proposal {
	t.Helper()
	p := must[*params](t)(o.fill())
	good := must[*KeyPackageSecrets](t)(NewKeyPackage(id, o, noon))
	kp := good.kp
	if s.leaf != nil {
		s.leaf(kp.leaf)
	}
	if err := kp.leaf.sign(p, &o, id.Signer, []byte("group"), 0); err != nil {
		t.Fatal(err)
	}
	if s.leafSig {
		kp.leaf.raw[len(kp.leaf.raw)-1] ^= 1
		kp.leaf.signature = kp.leaf.raw[len(kp.leaf.raw)-len(kp.leaf.signature):]
	}
	if s.pack != nil {
		s.pack(kp)
	}
	kp.toBe = kp.appendUnsigned(nil)
	kp.signature = must[[]byte](t)(p.sign(o.Rand, id.Signer, "KeyPackageTBS", kp.toBe))
	if s.after != nil {
		s.after(kp)
	}
	kp.raw = appendOpaque(append([]byte(nil), kp.toBe...), kp.signature)
	return Proposal{Type: ProposeAdd, add: kp}
}
