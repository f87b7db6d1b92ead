package mls

import (
	"bytes"
	"errors"
	"slices"
	"time"
)

// This file is about groups that come from groups: RFC 9420 sections 11.2
// (reinitialization) and 11.3 (branching).

// SubgroupParams say how a group is made from another.
type SubgroupParams struct {
	GroupID    []byte      // branch only; empty: drawn at random
	Extensions []Extension // branch only: of the new group's context
	Adds       [][]byte    // key packages of the others, MLSMessages
	NoPath     bool
	InlineTree bool
}

// A Subgroup is a new group, and what its other members need to join it.
type Subgroup struct {
	Group   *Group
	Welcome []byte
	Tree    []byte // nil if inside the Welcome
}

// Branch makes a new group of some of this group's members, section 11.3.
func (g *Group) Branch(in SubgroupParams, id Identity, at time.Time) (*Subgroup, error) {
	if err := g.usable(); err != nil {
		return nil, err
	}
	for _, kp := range in.Adds {
		if err := g.mustKnow(kp); err != nil {
			return nil, err
		}
	}
	return g.continued(in, id, g.o, UseBranch, at)
}

// mustKnow: 11.3, the branch's members are members here, judged by
// [Options].Same.
func (g *Group) mustKnow(message []byte) error {
	kp, err := parseKeyPackage(message)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(g.Members(), func(m LeafInfo) bool { return g.o.Same(m.Credential, kp.leaf.credential) }) {
		return errors.New("mls: branch with one who is not a member")
	}
	return nil
}

// Restart makes the new group that this one has been closed for, section 11.2.
// id and o are for the new group's suite.
func (g *Group) Restart(in SubgroupParams, id Identity, o Options, at time.Time) (*Subgroup, error) {
	if err := g.usable(); err != nil {
		return nil, err
	}
	if g.reInit == nil {
		return nil, errors.New("mls: the group has not been closed for another")
	}
	if o.Suite != g.reInit.Suite {
		return nil, errors.New("mls: new group is of another suite than agreed")
	}
	in.GroupID, in.Extensions = g.reInit.GroupID, g.reInit.Extensions
	s, err := g.continued(in, id, o, UseReInit, at)
	if err != nil {
		return nil, err
	}
	if err := sameMembers(g, s.Group.now.tree); err != nil {
		s.Group.Wipe()
		return nil, err
	}
	return s, nil
}

// continued makes the new group, whose first commit proves membership in this
// one.
func (g *Group) continued(in SubgroupParams, id Identity, o Options, use PSKUsage, at time.Time) (*Subgroup, error) {
	key := g.now.secrets.resumption.clone()
	psk := PSKID{Type: ResumptionPSK, Usage: use, GroupID: bytes.Clone(g.GroupID()), Epoch: g.Epoch()}
	outside := o.PSKs
	o.PSKs = func(PSKID) ([]byte, bool) { return key, true } // no other goes in
	n, err := Create(in.GroupID, id, o, in.Extensions, at)
	if err != nil {
		return nil, err
	}
	p, err := n.commit(CommitParams{
		Adds: in.Adds, PSKs: []PSKID{psk}, NoPath: in.NoPath, InlineTree: in.InlineTree,
	}, at, use)
	if err != nil {
		return nil, err
	}
	staged := p.staged
	if err := n.Merge(&Admitted{&staged}); err != nil {
		return nil, err
	}
	key.wipe()
	n.o.PSKs = outside
	return &Subgroup{n, p.Welcome, p.Tree}, nil
}

// JoinBranch joins a branch of this group by a Welcome.
func (g *Group) JoinBranch(welcome, tree []byte, kp *KeyPackageSecrets, o Options, psks PSKs, at time.Time) (*Group, error) {
	j := joining{kp: kp, o: o, psks: psks, at: at, from: g, use: UseBranch}
	return j.join(welcome, tree)
}

// JoinRestart joins the group that this one has been closed for by a Welcome.
func (g *Group) JoinRestart(welcome, tree []byte, kp *KeyPackageSecrets, o Options, psks PSKs, at time.Time) (*Group, error) {
	if g.reInit == nil {
		return nil, errors.New("mls: the group has not been closed for another")
	}
	j := joining{kp: kp, o: o, psks: psks, at: at, from: g, use: UseReInit}
	return j.join(welcome, tree)
}

// checkOrigin: section 12.4.3.1, last steps: what a restarted or branched group
// must have in common with its origin.
func (j *joining) checkOrigin(e *epoch) error {
	if e.ctx.epoch != 1 {
		return errors.New("mls: continued group is not in its first epoch")
	}
	if j.use == UseBranch {
		if e.ctx.suite != j.from.Suite() {
			return errors.New("mls: branch is of another suite")
		}
		return onlyMembers(j.from, e.tree)
	}
	r := j.from.reInit
	if r.version != mls10 || e.ctx.suite != r.Suite || !bytes.Equal(e.ctx.groupID, r.GroupID) ||
		!sameExtensions(e.ctx.extensions, r.Extensions) {
		return errors.New("mls: new group is not the one that was agreed on")
	}
	return sameMembers(j.from, e.tree)
}

// onlyMembers tells whether all of t are members of g, as [Options].Same sees it.
func onlyMembers(g *Group, t *tree) error {
	old := g.Members()
	for _, m := range t.infos(t.members()) {
		if !slices.ContainsFunc(old, func(o LeafInfo) bool { return g.o.Same(o.Credential, m.Credential) }) {
			return errors.New("mls: continued group with one who was not a member")
		}
	}
	return nil
}

// sameMembers tells whether t has the members of g, as [Options].Same sees it.
func sameMembers(g *Group, t *tree) error {
	now := t.infos(t.members())
	for _, m := range g.Members() {
		if !slices.ContainsFunc(now, func(n LeafInfo) bool { return g.o.Same(m.Credential, n.Credential) }) {
			return errors.New("mls: new group without a member of the old one")
		}
	}
	return nil
}
