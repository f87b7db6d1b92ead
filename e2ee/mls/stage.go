package mls

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// A Staged commit is correct in every respect that MLS knows of, but nobody has
// agreed to it yet.
type Staged struct {
	base          *epoch // where it starts from
	next          *epoch // what it leads to; nil if it removes this member
	change        *change
	committer     LeafIndex
	from          sender
	authenticated []byte
	signer        crypto.Signer // of the own leaf in next
	renewed       bool          // signer is not the group's so far
	pending       bool          // one of the member's own, whose keys are the Pending's
	o             *Options
}

// Stage checks a commit for the current epoch, RFC 9420 section 12.4.2, and
// works out where it leads. The group stays as it is. Bytes that [Group.Commit]
// has made are known again.
func (g *Group) Stage(message []byte, at time.Time) (*Staged, error) {
	if err := g.usable(); err != nil {
		return nil, err
	}
	if g.reInit != nil {
		return nil, errClosed
	}
	for _, p := range g.pending {
		if bytes.Equal(p.Message, message) {
			s := p.staged
			return &s, nil
		}
	}
	m, err := parseMessage(message)
	if err != nil {
		return nil, err
	}
	var s *Staged
	err = g.open(m, false, func(v *verified) error {
		if v.content.kind != contentCommit {
			return errors.New("mls: message is not a commit")
		}
		if v.content.sender == (sender{fromMember, uint32(g.now.own)}) {
			return errors.New("mls: own commit whose keys are gone")
		}
		s, err = g.process(v, at)
		return err
	})
	return s, err
}

// process works a verified commit out, section 12.4.2.
func (g *Group) process(v *verified, at time.Time) (*Staged, error) {
	f := &v.content
	list, err := g.resolve(f.commit, f.sender)
	if err != nil {
		return nil, err
	}
	j := &judge{epoch: g.now, o: &g.o, at: at, committer: f.sender}
	c, err := j.apply(list)
	if err != nil {
		return nil, err
	}
	// 12.4: without a path only what needs none.
	if f.commit.path == nil && c.needsPath {
		return nil, refuse("commit without the path that it needs")
	}
	s := &Staged{
		base: g.now, change: c, from: f.sender, committer: LeafIndex(f.sender.index),
		authenticated: f.authenticated, signer: g.signer, o: &g.o,
	}
	if f.sender.kind == fromNewMemberCommit {
		s.committer = c.tree.free()
	}
	return s, g.advance(s, v, j)
}

// resolve finds the proposals that a commit names.
func (g *Group) resolve(c *commit, from sender) ([]sourced, error) {
	list := make([]sourced, len(c.proposals))
	for i, p := range c.proposals {
		if p.proposal != nil {
			list[i] = sourced{Proposal: p.proposal, from: from}
			continue
		}
		s, ok := g.find(ProposalRef(p.ref))
		if !ok {
			return nil, errUnknownProposal
		}
		list[i] = s
	}
	return list, nil
}

// advance merges the path and runs the key schedule.
func (g *Group) advance(s *Staged, v *verified, j *judge) error {
	c, u := s.change, v.content.commit.path
	ctx := g.now.ctx
	ctx.epoch++
	ctx.extensions = c.extensions
	var steps []step
	if u != nil {
		if err := j.checkPath(c, u, s.committer); err != nil {
			return err
		}
		var err error
		if steps, err = c.tree.applyPath(s.committer, u, c.joiners()); err != nil {
			return err
		}
		if err := c.tree.checkCredentialTypes(); err != nil {
			return err
		}
	}
	ctx.treeHash = c.tree.hash(c.tree.root())
	if slices.Contains(c.removes, g.now.own) {
		return nil // nothing more can be opened: s.next stays nil
	}
	keys := g.ownKeys(s)
	commitSecret := make(secret, g.p.nh())
	if u != nil {
		var err error
		keys, commitSecret, err = c.tree.openPath(g.now.own, keys, u, steps, c.joiners(), ctx.bytes())
		if err != nil {
			return err
		}
	}
	defer commitSecret.wipe()
	return g.enter(s, v, ctx, keys, commitSecret)
}

// ownKeys are this member's keys in the new tree before the path: those still
// in it, and that of its own update if the commit carries it out.
func (g *Group) ownKeys(s *Staged) privateKeys {
	t, own := s.change.tree, g.now.own
	fresh := privateKeys{}
	if up, ok := g.updates[string(t.leaves[own].encryption.raw)]; ok {
		fresh[own.node()] = up.key
		s.signer, s.renewed = up.signer, up.renewed
	}
	return t.keep(g.now.keys, fresh)
}

// enter derives the new epoch's secrets and compares the confirmation tag.
func (g *Group) enter(s *Staged, v *verified, ctx groupContext, keys privateKeys, commitSecret secret) error {
	c := s.change
	init, err := g.initSecret(c)
	if err != nil {
		return err
	}
	defer init.wipe()
	psk, err := g.p.pskSecret(c.psks, g.findPSK)
	if err != nil {
		return err
	}
	ctx.transcript = g.p.confirmedHash(g.now.interim, v.transcriptInput())
	joiner := g.p.joiner(init, commitSecret, ctx.bytes())
	member := g.p.member(joiner, psk)
	defer wipe(psk, joiner, member)
	next := g.p.newEpoch(ctx, c.tree, g.now.own, keys, member)
	if !next.confirmationOK(v.tag) {
		next.wipe()
		return errors.New("mls: confirmation tag of commit is wrong")
	}
	s.next = next
	return nil
}

// initSecret is what the key schedule starts from: what the old epoch has left,
// or what a joiner from outside has sent (section 8.3).
func (g *Group) initSecret(c *change) (secret, error) {
	if c.externalInit != nil {
		return g.p.openExternal(g.now.secrets.external, c.externalInit)
	}
	return g.now.secrets.init.clone(), nil
}

// Committer is the leaf of who made the commit, in the new epoch.
func (s *Staged) Committer() LeafIndex { return s.committer }

// CommitterInfo is who made the commit, as the new epoch has it. If its
// credential is another than before, that it may succeed the old one is for the
// check in Admit to say (RFC 9420 section 5.3.1).
func (s *Staged) CommitterInfo() LeafInfo { return s.change.tree.info(s.committer) }

// External tells whether the committer joins by this commit.
func (s *Staged) External() bool { return s.from.kind == fromNewMemberCommit }

// Epoch is the epoch that the commit begins.
func (s *Staged) Epoch() uint64 { return s.base.ctx.epoch + 1 }

// Adds are the members that the commit adds; one who joins by an external
// commit is not among them.
func (s *Staged) Adds() []LeafInfo { return s.change.tree.infos(s.change.joiners()) }

// Removes are the leaves that the commit removes.
func (s *Staged) Removes() []LeafIndex { return slices.Clone(s.change.removes) }

// Removed are the members that the commit removes, as the old epoch has them.
func (s *Staged) Removed() []LeafInfo { return s.base.tree.infos(s.change.removes) }

// Updates are the members, other than the committer, whose leaves the commit
// renews. For their credentials the same holds as for the committer's.
func (s *Staged) Updates() []LeafInfo { return s.change.tree.infos(s.change.updates) }

// RemovesSelf tells whether the commit removes this member.
func (s *Staged) RemovesSelf() bool { return slices.Contains(s.change.removes, s.base.own) }

// AuthenticatedData is what the committer has signed along with the commit.
func (s *Staged) AuthenticatedData() []byte { return bytes.Clone(s.authenticated) }

// Extensions are the group's context extensions in the new epoch, and whether
// the commit sets them.
func (s *Staged) Extensions() (es []Extension, set bool) {
	return cloneExtensions(s.change.extensions), s.change.replaced
}

// PSKs are the pre-shared keys that the commit mixes in.
func (s *Staged) PSKs() []PSKID { return slices.Clone(s.change.psks) }

// Restarts returns the parameters of the new group if the commit closes this
// one, or nil.
func (s *Staged) Restarts() *ReInit { return s.change.reInit }

// Members are all members in the new epoch.
func (s *Staged) Members() []LeafInfo { return s.change.tree.infos(s.change.tree.members()) }

// Discard overwrites the keys of a commit that will not be merged. Those of the
// member's own commits are left to [Pending.Wipe].
func (s *Staged) Discard() {
	if !s.pending {
		s.next.wipe()
	}
	s.next = nil
}

// Format tells nothing of the keys.
func (s Staged) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "mls: staged commit") }

// Admit agrees to s if check does. This is where the application's rules are:
// who may be added, and by whom.
func (s *Staged) Admit(check func(*Staged) error) (*Admitted, error) {
	if check == nil {
		return nil, errors.New("mls: a commit cannot be admitted without a check")
	}
	if err := check(s); err != nil {
		return nil, err
	}
	return &Admitted{s}, nil
}

// An Admitted commit may be merged. Only [Staged.Admit] makes one.
type Admitted struct{ staged *Staged }

// Format tells nothing of the keys.
func (a Admitted) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "mls: admitted commit") }

// Merge moves the group to the epoch that the commit begins and overwrites the
// keys of the old one. If the commit removes this member, nothing is left.
func (g *Group) Merge(a *Admitted) error {
	if a == nil || a.staged == nil {
		return errors.New("mls: nothing admitted")
	}
	s := a.staged
	if err := g.usable(); err != nil {
		return err
	}
	if s.base != g.now {
		return errEpoch
	}
	if s.RemovesSelf() {
		g.Wipe()
		return nil
	}
	if s.next == nil {
		return errors.New("mls: commit has been wiped")
	}
	g.remember()
	for _, p := range g.pending {
		if p.staged.next == s.next {
			p.staged.next = nil // the group's from here on
		}
	}
	g.forgetEpoch()
	g.now, g.signer, g.reInit = s.next, s.signer, s.change.reInit
	a.staged = nil
	return nil
}

// remember keeps the resumption key of the epoch that ends.
func (g *Group) remember() {
	if g.o.PastEpochs <= 0 {
		return
	}
	g.past = append(g.past, resumption{g.now.ctx.epoch, g.now.secrets.resumption.clone()})
	for len(g.past) > g.o.PastEpochs {
		g.past[0].key.wipe()
		g.past = g.past[1:]
	}
}
