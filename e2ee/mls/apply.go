package mls

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A sourced is a proposal with where it came from.
type sourced struct {
	*Proposal
	from sender
	ref  []byte // nil: by value in the commit
}

// leaf is the place that an update or removal is about.
func (s sourced) leaf() (LeafIndex, bool) {
	switch s.Type {
	case ProposeUpdate:
		return LeafIndex(s.from.index), true
	case ProposeRemove:
		return s.remove, true
	}
	return 0, false
}

func (s sourced) samePSK(other sourced) bool {
	return other.Type == ProposePSK && bytes.Equal(other.psk.append(nil), s.psk.append(nil))
}

// An addition is a member that a commit adds.
type addition struct {
	leaf LeafIndex
	kp   *keyPackage
}

// A change is what a valid list of proposals makes of a group, before the
// committer's path.
type change struct {
	tree         *tree
	extensions   []Extension
	replaced     bool // extensions
	adds         []addition
	updates      []LeafIndex
	removes      []LeafIndex
	psks         []PSKID
	reInit       *ReInit
	externalInit []byte
	needsPath    bool
}

func (c *change) joiners() []LeafIndex {
	out := make([]LeafIndex, len(c.adds))
	for i, a := range c.adds {
		out[i] = a.leaf
	}
	return out
}

// errProposals is what an invalid list of proposals gives, wrapped.
var errProposals = errors.New("mls: proposals are not valid together")

func refuse(why string) error { return fmt.Errorf("%w: %s", errProposals, why) }

// A judge applies lists of proposals to one epoch.
type judge struct {
	*epoch
	o         *Options
	at        time.Time
	committer sender
	usage     PSKUsage // the resumption use that is allowed besides UseApplication; 0: none
}

// apply checks a list of proposals by RFC 9420 section 12.2 and applies it by
// section 12.3. The epoch stays as it is.
func (j *judge) apply(list []sourced) (*change, error) {
	if err := j.checkList(list); err != nil {
		return nil, err
	}
	if err := j.checkEach(list); err != nil {
		return nil, err
	}
	c := j.assemble(list)
	return c, j.checkResult(c)
}

// assemble applies a list that has been checked.
func (j *judge) assemble(list []sourced) *change {
	c := &change{tree: j.tree.clone(), extensions: j.ctx.extensions, needsPath: len(list) == 0}
	// 12.3: extensions, updates, removals, additions, in this order.
	for _, t := range []ProposalType{ProposeExtensions, ProposeUpdate, ProposeRemove} {
		for _, s := range list {
			if s.Type == t {
				c.applyOne(s)
			}
		}
	}
	if len(c.removes) > 0 {
		c.tree.truncate()
	}
	for _, s := range list {
		switch s.Type {
		case ProposeAdd:
			c.adds = append(c.adds, addition{c.tree.add(s.add.leaf), s.add})
		case ProposePSK:
			c.psks = append(c.psks, s.psk)
		case ProposeReInit:
			c.reInit = s.reInit
		case ProposeExternalInit:
			c.externalInit = s.externalInit
		}
		c.needsPath = c.needsPath || s.Type.needsPath()
	}
	return c
}

func (c *change) applyOne(s sourced) {
	switch s.Type {
	case ProposeExtensions:
		c.extensions, c.replaced = s.extensions, true
	case ProposeUpdate:
		l := LeafIndex(s.from.index)
		c.tree.update(l, s.update)
		c.updates = append(c.updates, l)
	case ProposeRemove:
		c.tree.remove(s.remove)
		c.removes = append(c.removes, s.remove)
	}
}

// checkList is what section 12.2 says about the list as a whole.
func (j *judge) checkList(list []sourced) error {
	count := map[ProposalType]int{}
	gone := map[LeafIndex]bool{}
	for i, s := range list {
		count[s.Type]++
		if l, ok := s.leaf(); ok {
			if gone[l] {
				return refuse("two updates or removals of one leaf")
			}
			gone[l] = true
			if j.committer == (sender{fromMember, uint32(l)}) {
				return refuse("the committer updates or removes itself")
			}
		}
		if s.Type == ProposePSK && slices.ContainsFunc(list[:i], s.samePSK) {
			return refuse("the same pre-shared key twice")
		}
	}
	if count[ProposeExtensions] > 1 {
		return refuse("context extensions twice")
	}
	if count[ProposeReInit] > 0 && len(list) > 1 {
		return refuse("a restart together with something else")
	}
	if j.committer.kind == fromNewMemberCommit {
		return checkExternalList(list, count)
	}
	if count[ProposeExternalInit] > 0 {
		return refuse("external init by a member")
	}
	return nil
}

// checkExternalList: what an external commit may hold, sections 12.2 and
// 12.4.3.2.
func checkExternalList(list []sourced, count map[ProposalType]int) error {
	if count[ProposeExternalInit] != 1 {
		return refuse("external commit without exactly one external init")
	}
	if count[ProposeRemove] > 1 {
		return refuse("external commit removes more than one")
	}
	if count[ProposeExternalInit]+count[ProposeRemove]+count[ProposePSK] != len(list) {
		return refuse("external commit with a proposal that is not for it")
	}
	if slices.ContainsFunc(list, func(s sourced) bool { return s.ref != nil }) {
		return refuse("external commit with a proposal by reference")
	}
	return nil
}

// checkEach is what section 12.1 says about each proposal by itself.
func (j *judge) checkEach(list []sourced) error {
	return parallel(len(list), func(i int) error { return j.checkOne(list[i]) })
}

func (j *judge) checkOne(s sourced) error {
	switch s.Type {
	case ProposeAdd: // 12.1.1
		return s.add.verify(j.p, j.o, j.at)
	case ProposeUpdate: // 12.1.2
		return j.checkUpdate(s)
	case ProposeRemove: // 12.1.3: the leaf is not blank
		if j.tree.leaf(s.remove) == nil {
			return refuse("removal of a blank leaf")
		}
	case ProposePSK: // 12.1.4
		return j.checkPSK(s.psk)
	case ProposeReInit: // 12.1.5: not to an older version
		if s.reInit.version < mls10 {
			return refuse("restart with an older version")
		}
		return uniqueTypes(s.reInit.Extensions)
	case ProposeExtensions: // 12.1.7
		return j.o.checkContext(j.p, s.extensions, j.at)
	}
	return nil
}

// checkUpdate: sections 12.1.2 and 7.3.
func (j *judge) checkUpdate(s sourced) error {
	at := LeafIndex(s.from.index)
	old := j.tree.leaf(at) // not blank: it has signed the proposal
	if s.update.source != fromUpdate {
		return refuse("update with a leaf from elsewhere")
	}
	if bytes.Equal(s.update.encryption.raw, old.encryption.raw) {
		return refuse("update without a new key")
	}
	if err := s.update.check(j.p, j.o, j.at); err != nil {
		return err
	}
	if err := j.o.checkSuccessor(old, s.update); err != nil {
		return err
	}
	return s.update.verify(j.p, j.ctx.groupID, at)
}

// checkPSK: section 12.1.4.
func (j *judge) checkPSK(id PSKID) error {
	if len(id.nonce) != j.p.nh() {
		return refuse("pre-shared key with a nonce of wrong length")
	}
	if id.Type == ResumptionPSK && id.Usage != UseApplication && id.Usage != j.usage {
		return refuse("resumption key of a restart or branch")
	}
	return nil
}

// checkResult: section 12.2, the tree after the proposals is valid. Which means
// section 7.3 for the leaves that changed, and for all members if the context's
// extensions did (12.1.7).
func (j *judge) checkResult(c *change) error {
	changed := append(slices.Clone(c.updates), c.joiners()...)
	if err := c.tree.checkFresh(changed); err != nil {
		return err
	}
	if c.replaced {
		changed = c.tree.members()
	}
	return c.tree.checkLeaves(changed, c.extensions)
}

// checkPath checks the committer's new leaf and the path's keys before they are
// merged: sections 7.3, 7.5 and 12.4.2.
func (j *judge) checkPath(c *change, u *updatePath, at LeafIndex) error {
	if u.leaf.source != fromCommit { // 12.4.2
		return fmt.Errorf("%w: leaf from elsewhere", errPath)
	}
	if err := u.leaf.check(j.p, j.o, j.at); err != nil {
		return err
	}
	if err := u.leaf.verify(j.p, j.ctx.groupID, at); err != nil {
		return err
	}
	// 12.2: one who replaces its old leaf from outside brings a new key, as in an
	// update.
	for _, l := range c.removes {
		if bytes.Equal(j.tree.leaf(l).encryption.raw, u.leaf.encryption.raw) {
			return errKeyTwice
		}
	}
	if err := j.checkSuccession(c, u.leaf); err != nil {
		return err
	}
	req, err := requiredOf(c.extensions)
	if err != nil {
		return err
	}
	if err := u.leaf.capabilities.meets(req, c.extensions); err != nil {
		return err
	}
	return c.tree.checkPathKeys(u, at)
}

// checkSuccession: sections 5.3.1 and 12.2, the committer's new leaf is of whom
// its old one was of: the leaf that it has, or the one that it removes when it
// comes from outside.
func (j *judge) checkSuccession(c *change, next *leafNode) error {
	if j.committer.kind == fromMember {
		return j.o.checkSuccessor(j.tree.leaf(LeafIndex(j.committer.index)), next)
	}
	for _, l := range c.removes {
		if err := j.o.checkSuccessor(j.tree.leaf(l), next); err != nil {
			return err
		}
	}
	return nil
}

// checkSuccessor: section 5.3.1, a new credential is of whom the old one was.
func (o *Options) checkSuccessor(old, next *leafNode) error {
	if !o.Same(old.credential, next.credential) {
		return errors.New("mls: credential of someone else than the leaf's so far")
	}
	return nil
}
