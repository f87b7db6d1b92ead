package mls

import (
	"crypto"
	"errors"
	"fmt"
	"io"
	"time"
)

// An epoch is a group between two commits, as one member sees it. Nothing in
// it changes but the message keys, which are used up.
type epoch struct {
	p        *params
	ctx      groupContext
	raw      []byte // ctx, encoded
	tree     *tree
	own      LeafIndex
	keys     privateKeys
	secrets  epochSecrets
	messages *secretTree
	tag      []byte // confirmation tag of the commit that began it
	interim  []byte // interim transcript hash
}

// newEpoch runs the key schedule on from the member secret, RFC 9420 section 8.
func (p *params) newEpoch(ctx groupContext, t *tree, own LeafIndex, keys privateKeys, member secret) *epoch {
	raw := ctx.bytes()
	s := p.epochSecret(member, raw)
	defer s.wipe()
	return p.openEpoch(ctx, raw, t, own, keys, s)
}

func (p *params) openEpoch(ctx groupContext, raw []byte, t *tree, own LeafIndex, keys privateKeys, s secret) *epoch {
	e := &epoch{p: p, ctx: ctx, raw: raw, tree: t, own: own, keys: keys, secrets: p.schedule(s)}
	e.messages = newSecretTree(p, e.secrets.encryption, len(t.leaves))
	e.secrets.encryption = nil // the secret tree's now
	e.tag = p.mac(e.secrets.confirmation, ctx.transcript)
	e.interim = p.interimHash(ctx.transcript, e.tag)
	return e
}

func (e *epoch) wipe() {
	if e == nil {
		return
	}
	e.secrets.wipe()
	e.messages.wipe()
	clear(e.keys)
}

// A LeafInfo is a member as the tree has it. Its contents are the tree's own and
// must not be changed.
type LeafInfo struct {
	Index        LeafIndex
	Credential   Credential
	SignatureKey []byte
}

func (t *tree) info(l LeafIndex) LeafInfo {
	n := t.leaves[l]
	return LeafInfo{l, n.credential, n.verifier.raw}
}

func (t *tree) infos(ls []LeafIndex) []LeafInfo {
	out := make([]LeafInfo, len(ls))
	for i, l := range ls {
		out[i] = t.info(l)
	}
	return out
}

// A Group is one member's place in an MLS group. One goroutine owns it: its
// methods must not run at the same time.
//
//	bytes ─Stage─► Staged ─Admit─► Admitted ─Merge─► the next epoch
//	  │
//	  └─HandleProposal─► kept until the epoch ends
type Group struct {
	p        *params
	o        Options
	signer   crypto.Signer
	now      *epoch
	received []received              // proposals of this epoch
	updates  map[string]updateSecret // own updates proposed in this epoch, by encryption key
	pending  []*Pending
	past     []resumption // older epochs' resumption keys, oldest first
	reInit   *ReInit      // the group has been closed in favour of this
	left     bool         // a merged commit has removed this member, or Wipe
}

type resumption struct {
	epoch uint64
	key   secret
}

// Create makes a group with one member, RFC 9420 section 11. An empty groupID
// is drawn at random.
func Create(groupID []byte, id Identity, o Options, extensions []Extension, at time.Time) (*Group, error) {
	p, err := o.fill()
	if err != nil {
		return nil, err
	}
	if err := o.checkContext(p, extensions, at); err != nil {
		return nil, err
	}
	leaf, key, err := offeredLeaf(p, &o, id, at)
	if err != nil {
		return nil, err
	}
	if err := leaf.check(p, &o, at); err != nil {
		return nil, err
	}
	t := newTree(p, leaf)
	if err := t.checkLeaves([]LeafIndex{0}, extensions); err != nil {
		return nil, err
	}
	if len(groupID) == 0 {
		if groupID, err = random(o.Rand, p.nh()); err != nil {
			return nil, err
		}
	}
	s, err := random(o.Rand, p.nh())
	if err != nil {
		return nil, err
	}
	defer s.wipe()
	ctx := groupContext{
		suite: p.id, groupID: append([]byte(nil), groupID...),
		treeHash: t.hash(t.root()), extensions: cloneExtensions(extensions),
	}
	e := p.openEpoch(ctx, ctx.bytes(), t, 0, privateKeys{0: key}, s)
	return newGroup(p, o, id.Signer, e), nil
}

func newGroup(p *params, o Options, signer crypto.Signer, e *epoch) *Group {
	return &Group{p: p, o: o, signer: signer, now: e, updates: map[string]updateSecret{}}
}

// Epoch counts the commits since the group was made.
func (g *Group) Epoch() uint64 { return g.now.ctx.epoch }

// GroupID names the group.
func (g *Group) GroupID() []byte { return g.now.ctx.groupID }

// Suite is the group's cipher suite.
func (g *Group) Suite() Suite { return g.p.id }

// OwnLeaf is the place of this member.
func (g *Group) OwnLeaf() LeafIndex { return g.now.own }

// Members are all members, by leaf.
func (g *Group) Members() []LeafInfo { return g.now.tree.infos(g.now.tree.members()) }

// Member returns the member at a leaf.
func (g *Group) Member(l LeafIndex) (LeafInfo, bool) {
	if g.now.tree.leaf(l) == nil {
		return LeafInfo{}, false
	}
	return g.now.tree.info(l), true
}

// Extensions are the group's context extensions.
func (g *Group) Extensions() []Extension { return cloneExtensions(g.now.ctx.extensions) }

// ContextExtension returns the data of one of the group's context extensions.
func (g *Group) ContextExtension(t ExtensionType) ([]byte, bool) {
	return findExtension(g.now.ctx.extensions, t)
}

// Exporter derives a secret of this epoch for the application, section 8.5.
func (g *Group) Exporter(label string, context []byte, length int) ([]byte, error) {
	if err := g.usable(); err != nil {
		return nil, err
	}
	if length < 0 || length > 255*g.p.nh() {
		return nil, errors.New("mls: exporter cannot give that many bytes")
	}
	return g.p.export(g.now.secrets.exporter, label, context, length), nil
}

// Authenticator is equal on two members if and only if both see the same group
// in the same epoch, section 8.7.
func (g *Group) Authenticator() []byte { return g.now.secrets.authenticator.clone() }

// Tree encodes the ratchet tree, for one who joins without finding it in the
// Welcome or group info.
func (g *Group) Tree() []byte { return g.now.tree.bytes() }

// Restarted returns the parameters of the group that this one has been closed
// for, or nil.
func (g *Group) Restarted() *ReInit { return g.reInit }

// Left tells whether this member is no longer in the group.
func (g *Group) Left() bool { return g.left }

var (
	errLeft   = errors.New("mls: no longer a member of this group")
	errClosed = errors.New("mls: the group has been closed for a new one")
)

func (g *Group) usable() error {
	if g.left {
		return errLeft
	}
	return nil
}

// sendable: after a restart nothing more is sent, section 12.4.2.
func (g *Group) sendable() error {
	if g.reInit != nil {
		return errClosed
	}
	return g.usable()
}

// Wipe forgets all keys. The group cannot be used any more.
func (g *Group) Wipe() {
	g.forgetEpoch()
	for _, r := range g.past {
		r.key.wipe()
	}
	g.past, g.left = nil, true
}

// forgetEpoch overwrites all that belongs to the current epoch alone.
func (g *Group) forgetEpoch() {
	g.now.wipe()
	g.Discard()
	g.received = nil
	clear(g.updates)
}

// Format tells what group this is, and nothing of its keys.
func (g Group) Format(f fmt.State, _ rune) {
	if g.now == nil {
		_, _ = io.WriteString(f, "mls: group")
		return
	}
	_, _ = fmt.Fprintf(f, "mls: group %x epoch %d", g.now.ctx.groupID, g.now.ctx.epoch)
}

// confirmationOK compares a commit's or group info's tag with the one that the
// new epoch gives.
func (e *epoch) confirmationOK(tag []byte) bool {
	return e.p.checkMAC(e.secrets.confirmation, e.ctx.transcript, tag)
}

// GroupInfo describes the current epoch to those outside: it is what an external
// join starts from (section 12.4.3.2). It is an MLSMessage. If withTree is not
// set, the tree has to be handed over apart.
func (g *Group) GroupInfo(withTree bool) ([]byte, error) {
	if err := g.sendable(); err != nil {
		return nil, err
	}
	info, err := g.now.groupInfo(&g.o, g.signer, withTree, true)
	if err != nil {
		return nil, err
	}
	return appendMessage(wireGroupInfo, info.bytes()), nil
}

func (e *epoch) groupInfo(o *Options, signer crypto.Signer, withTree, external bool) (*groupInfo, error) {
	info := &groupInfo{context: e.ctx, tag: e.tag, signer: e.own}
	can, err := o.greased()
	if err != nil {
		return nil, err
	}
	info.extensions = o.unknown(can) // 13.5
	if withTree {
		info.extensions = append(info.extensions, Extension{ExtRatchetTree, e.tree.bytes()})
	}
	if external {
		key, err := e.p.keyPair(e.secrets.external)
		if err != nil {
			return nil, err
		}
		info.extensions = append(info.extensions, Extension{ExtExternalPub, appendOpaque(nil, key.PublicKey().Bytes())})
	}
	info.toBe = info.appendUnsigned(make([]byte, 0, 1024))
	if info.signature, err = e.p.sign(o.Rand, signer, "GroupInfoTBS", info.toBe); err != nil {
		return nil, fmt.Errorf("mls: cannot sign group info: %w", err)
	}
	return info, nil
}
