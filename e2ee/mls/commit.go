package mls

import (
	"bytes"
	"crypto"
	"crypto/hpke"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// CommitParams say what a commit is to do. The zero value renews the
// committer's keys and nothing else.
type CommitParams struct {
	Adds       [][]byte      // key packages, MLSMessages
	Removes    []LeafIndex   // members
	PSKs       []PSKID       // pre-shared keys to mix in
	Proposals  []Proposal    // anything else, by value
	References []ProposalRef // proposals received or sent before

	AuthenticatedData []byte // signed with the commit, readable by all who see it
	Public            bool   // sent as a PublicMessage, else as a PrivateMessage
	NoPath            bool   // leave the path out where RFC 9420 section 12.4 allows it
	InlineTree        bool   // put the tree into the Welcome, else it goes apart
	Identity          *Identity
}

// A Pending commit has been made but not yet accepted by the order of the
// group. Send Message; when it comes back as the epoch's commit, [Group.Stage]
// takes it like any other. The Welcome is for the time after that.
type Pending struct {
	Message []byte // MLSMessage
	Welcome []byte // MLSMessage; nil if nobody is added
	Tree    []byte // of the new epoch, for joiners; nil if inside the Welcome or nobody is added

	staged Staged
}

// Wipe forgets the keys of a commit that will not be.
func (p *Pending) Wipe() {
	p.staged.next.wipe()
	p.staged.next = nil
}

// Format tells nothing of the keys.
func (p Pending) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "mls: pending commit") }

// GroupInfo describes the epoch that the commit begins, as [Group.GroupInfo]
// does; for publication once the commit is accepted.
func (p *Pending) GroupInfo(withTree bool) ([]byte, error) {
	if p.staged.next == nil || p.staged.change.reInit != nil {
		return nil, errors.New("mls: commit begins no epoch to join")
	}
	info, err := p.staged.next.groupInfo(p.staged.o, p.staged.signer, withTree, true)
	if err != nil {
		return nil, err
	}
	return appendMessage(wireGroupInfo, info.bytes()), nil
}

// maxPending bounds the commits in flight; the oldest goes first.
const maxPending = 4

// Commit makes a commit for the current epoch, section 12.4.1. The group does
// not move on: that takes Stage, Admit and Merge, as for others' commits.
func (g *Group) Commit(in CommitParams, at time.Time) (*Pending, error) {
	return g.commit(in, at, 0)
}

func (g *Group) commit(in CommitParams, at time.Time, usage PSKUsage) (*Pending, error) {
	if err := g.sendable(); err != nil {
		return nil, err
	}
	list, err := g.gather(&in)
	if err != nil {
		return nil, err
	}
	me := sender{fromMember, uint32(g.now.own)}
	j := &judge{epoch: g.now, o: &g.o, at: at, committer: me, usage: usage}
	c, err := j.apply(list)
	if err != nil {
		return nil, err
	}
	psk, err := g.p.pskSecret(c.psks, g.findPSK)
	if err != nil {
		return nil, err
	}
	m := &making{
		judge: j, change: c, list: list, signer: g.signer, leafSigner: g.signer,
		own: g.now.own, init: g.now.secrets.init.clone(), psk: psk,
		authenticated: in.AuthenticatedData, wire: wirePrivate,
	}
	defer m.wipe()
	if in.Public {
		m.wire = wirePublic
	}
	if !in.NoPath || c.needsPath || in.Identity != nil {
		if m.leaf, m.leafKey, err = g.nextLeaf(&in); err != nil {
			return nil, err
		}
	}
	if in.Identity != nil && m.leaf != nil {
		m.leafSigner = in.Identity.Signer
	}
	if err := m.build(); err != nil {
		return nil, err
	}
	return g.pend(m, &in)
}

// pend frames what was made and keeps it until the order has spoken.
func (g *Group) pend(m *making, in *CommitParams) (*Pending, error) {
	p := &Pending{staged: Staged{
		base: g.now, next: m.next, change: m.change, committer: g.now.own, from: m.committer,
		authenticated: bytes.Clone(in.AuthenticatedData), o: &g.o, signer: m.leafSigner,
		renewed: in.Identity != nil, pending: true,
	}}
	var err error
	if p.Message, err = g.frame(&m.content); err != nil {
		return nil, err
	}
	if len(m.change.adds) > 0 {
		if p.Welcome, err = m.welcome(in.InlineTree); err != nil {
			return nil, err
		}
		if !in.InlineTree {
			p.Tree = m.next.tree.bytes()
		}
	}
	if len(g.pending) == maxPending {
		g.pending[0].Wipe()
		g.pending = g.pending[1:]
	}
	g.pending = append(g.pending, p)
	return p, nil
}

// Discard forgets the commits of this member that are in flight.
func (g *Group) Discard() {
	for _, p := range g.pending {
		p.Wipe()
	}
	g.pending = nil
}

// gather lists the proposals in the order in which the commit will name them.
func (g *Group) gather(in *CommitParams) ([]sourced, error) {
	me := sender{fromMember, uint32(g.now.own)}
	var list []sourced
	for _, ref := range in.References {
		r, ok := g.find(ref)
		if !ok {
			return nil, errUnknownProposal
		}
		list = append(list, r)
	}
	value := func(p Proposal) { list = append(list, sourced{Proposal: &p, from: me}) }
	for _, kp := range in.Adds {
		p, err := Add(kp)
		if err != nil {
			return nil, err
		}
		value(p)
	}
	for _, l := range in.Removes {
		value(Remove(l))
	}
	for _, id := range in.PSKs {
		value(InjectPSK(id))
	}
	for _, p := range in.Proposals {
		value(p)
	}
	for i := range list {
		if err := g.complete(list[i].Proposal); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// complete checks a proposal of our own and gives it its nonce.
func (g *Group) complete(p *Proposal) (err error) {
	if err := p.check(); err != nil {
		return err
	}
	if p.Type == ProposePSK && p.psk.nonce == nil {
		p.psk, err = p.psk.with(g.p, g.o.Rand)
	}
	return err
}

// nextLeaf is the member's own leaf with a new key, and a new identity if the
// commit brings one.
func (g *Group) nextLeaf(in *CommitParams) (*leafNode, hpke.PrivateKey, error) {
	id := Identity{g.now.tree.leaves[g.now.own].credential, g.signer}
	if in.Identity != nil {
		id = *in.Identity
	}
	return newLeaf(g.p, &g.o, id)
}

// A making is a commit in the making, by a member or a joiner.
type making struct {
	*judge
	*change
	list          []sourced
	signer        crypto.Signer // of the message: the key of the old leaf
	leafSigner    crypto.Signer // of the new leaf
	own           LeafIndex
	leaf          *leafNode // nil: no path
	leafKey       hpke.PrivateKey
	init          secret // the old epoch's, or an external commit's
	psk           secret
	authenticated []byte
	wire          wireFormat

	path    *newPath
	joiner  secret
	member  secret
	content parsed
	next    *epoch
}

func (m *making) wipe() {
	wipe(m.init, m.psk, m.joiner, m.member)
	if m.path != nil {
		m.path.wipe()
		m.path.commitSecret.wipe()
	}
}

// build makes the commit and the epoch that it begins, section 12.4.1.
func (m *making) build() error {
	ctx := m.ctx
	ctx.epoch++
	ctx.extensions = m.change.extensions
	c := &commit{proposals: make([]proposalOrRef, len(m.list))}
	for i, s := range m.list {
		if s.ref != nil {
			c.proposals[i].ref = s.ref
		} else {
			c.proposals[i].proposal = s.Proposal
		}
	}
	t := m.change.tree
	keys := t.keep(m.keys, nil)
	commitSecret := make(secret, m.p.nh())
	if m.leaf != nil {
		if err := m.buildPath(c, &ctx); err != nil {
			return err
		}
		keys = t.keep(m.keys, m.path.keys)
		commitSecret = m.path.commitSecret
	}
	ctx.treeHash = t.hash(t.root())
	if err := m.signCommit(c); err != nil {
		return err
	}
	ctx.transcript = m.p.confirmedHash(m.interim, m.content.transcriptInput())
	m.joiner = m.p.joiner(m.init, commitSecret, ctx.bytes())
	m.member = m.p.member(m.joiner, m.psk)
	m.next = m.p.newEpoch(ctx, t, m.own, keys, m.member)
	m.content.tag = m.next.tag
	return nil
}

// buildPath renews the committer's path and seals it to the others.
func (m *making) buildPath(c *commit, ctx *groupContext) error {
	t := m.change.tree
	path, err := t.newPath(m.o, m.own, m.leaf, m.leafKey)
	if err != nil {
		return err
	}
	m.path = path
	if err := m.leaf.sign(m.p, m.o, m.leafSigner, ctx.groupID, m.own); err != nil {
		return err
	}
	t.setLeaf(m.own, m.leaf)
	if err := m.leaf.check(m.p, m.o, m.at); err != nil {
		return err
	}
	if err := m.checkSuccession(m.change, m.leaf); err != nil {
		return err
	}
	if err := t.checkLeaves([]LeafIndex{m.own}, ctx.extensions); err != nil {
		return err
	}
	if err := t.checkFresh([]LeafIndex{m.own}); err != nil {
		return err
	}
	ctx.treeHash = t.hash(t.root())
	c.path, err = path.sealTo(m.p, t, ctx.bytes(), m.change.joiners())
	return err
}

func (m *making) signCommit(c *commit) error {
	m.content = parsed{wire: m.wire, content: framed{
		groupID: m.ctx.groupID, epoch: m.ctx.epoch, sender: m.committer,
		authenticated: m.authenticated, kind: contentCommit, commit: c,
	}}
	return m.content.sign(m.p, m.o.Rand, m.signer, m.raw)
}

// sign signs content with the context of its epoch, section 6.1.
func (a *parsed) sign(p *params, rand io.Reader, key crypto.Signer, context []byte) (err error) {
	a.raw = a.content.append(make([]byte, 0, 1024))
	if a.signature, err = p.sign(rand, key, "FramedContentTBS", a.toBeSigned(context)); err != nil {
		return fmt.Errorf("mls: cannot sign: %w", err)
	}
	return nil
}

// welcome lets those in whom the commit adds.
func (m *making) welcome(withTree bool) ([]byte, error) {
	info, err := m.next.groupInfo(m.o, m.leafSigner, withTree, false)
	if err != nil {
		return nil, err
	}
	w, err := m.p.sealWelcome(info, m.member, m.joiner, m.change.psks, m.change.adds, m.path)
	if err != nil {
		return nil, err
	}
	return appendMessage(wireWelcome, w.bytes()), nil
}

// frame makes a message of signed content with the keys of the current epoch.
func (g *Group) frame(a *parsed) ([]byte, error) {
	if a.wire == wirePublic {
		m := &publicMessage{parsed: *a}
		m.membership = g.p.mac(g.now.secrets.membership, m.membershipInput(g.now.raw))
		return appendMessage(wirePublic, m.bytes()), nil
	}
	m, err := g.p.sealPrivate(g.o.Rand, g.o.PadTo, g.now.messages, g.now.secrets.senderData, a)
	if err != nil {
		return nil, err
	}
	return appendMessage(wirePrivate, m.bytes()), nil
}

// findPSK looks among the group's own resumption keys, then asks outside.
func (g *Group) findPSK(id PSKID) ([]byte, bool) {
	if id.Type == ResumptionPSK && bytes.Equal(id.GroupID, g.now.ctx.groupID) {
		if id.Epoch == g.now.ctx.epoch {
			return g.now.secrets.resumption, true
		}
		i := slices.IndexFunc(g.past, func(r resumption) bool { return r.epoch == id.Epoch })
		if i >= 0 {
			return g.past[i].key, true
		}
	}
	if g.o.PSKs != nil {
		return g.o.PSKs(id)
	}
	return nil, false
}
