package mls

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// verify says whether a tree that came from elsewhere is good for a group,
// RFC 9420 section 12.4.3.1. The caller has compared its hash. Lifetimes are not
// looked at, which section 7.3 leaves free: one who was added in time and has
// not committed since stays a member.
func (t *tree) verify(o *Options, groupID []byte, extensions []Extension, at time.Time) error {
	if err := t.checkUnmerged(); err != nil {
		return err
	}
	if err := t.checkParentHashes(); err != nil {
		return err
	}
	members := t.members()
	if err := t.checkLeaves(members, extensions); err != nil {
		return err
	}
	if err := t.checkFresh(members); err != nil {
		return err
	}
	if err := t.checkParentKeys(); err != nil {
		return err
	}
	return parallel(len(members), func(i int) error {
		l := t.leaves[members[i]]
		if err := l.checkJoined(t.p, o, at); err != nil {
			return fmt.Errorf("mls: leaf %d: %w", members[i], err)
		}
		if err := l.verify(t.p, groupID, members[i]); err != nil {
			return fmt.Errorf("mls: leaf %d: %w", members[i], err)
		}
		return nil
	})
}

// parallel runs f for 0..n-1 on all processors and returns the first error that
// it hears of.
func parallel(n int, f func(int) error) error {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		for i := range n {
			if err := f(i); err != nil {
				return err
			}
		}
		return nil
	}
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && failed.Load() == nil; i = int(next.Add(1)) - 1 {
				if err := f(i); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// members are the leaves that are not blank.
func (t *tree) members() []LeafIndex {
	out := make([]LeafIndex, 0, len(t.leaves))
	for i, l := range t.leaves {
		if l != nil {
			out = append(out, LeafIndex(i))
		}
	}
	return out
}

// checkUnmerged: section 12.4.3.1, each unmerged leaf is a member below the
// node, and every non-blank node between knows it as unmerged too.
func (t *tree) checkUnmerged() error {
	for i, n := range t.parents {
		if n == nil {
			continue
		}
		at := nodeIndex(2*i + 1)
		for _, l := range n.unmerged {
			if !at.covers(l) || t.leaf(l) == nil {
				return fmt.Errorf("%w: unmerged leaf is no member below", errTree)
			}
			for x := l.node().parent(); x != at; x = x.parent() {
				if between := t.parent(x); between != nil && !slices.Contains(between.unmerged, l) {
					return fmt.Errorf("%w: unmerged leaf is merged below", errTree)
				}
			}
		}
	}
	return nil
}

// checkParentHashes: section 7.9.2, top down: for each non-blank parent there is
// exactly one node below with a parent hash for it. Since that holds for the
// node below as well, each chain ends in a leaf, which is signed.
func (t *tree) checkParentHashes() error {
	var under []nodeIndex
	for i, n := range t.parents {
		if n == nil {
			continue
		}
		x := nodeIndex(2*i + 1)
		found := 0
		for _, c := range [2]nodeIndex{x.left(), x.right()} {
			under = t.resolve(under[:0], c)
			found += t.countLinks(x, c, under)
		}
		if found != 1 {
			return fmt.Errorf("%w: parent hash of node %d", errTree, x)
		}
	}
	return nil
}

// countLinks counts the nodes in the resolution of c, a child of x, whose
// parent hash is valid with respect to x.
func (t *tree) countLinks(x, c nodeIndex, under []nodeIndex) int {
	from, to := c.span()
	unmerged := t.parent(x).unmerged
	lo, _ := slices.BinarySearch(unmerged, from)
	hi, _ := slices.BinarySearch(unmerged, to)
	unmerged = unmerged[lo:hi]
	if len(under) != len(unmerged)+1 {
		return 0 // the resolution without the link cannot be the unmerged leaves
	}
	want := t.parentHashOf(x, c.sibling())
	found := 0
	for _, d := range under {
		if bytes.Equal(t.linkOf(d), want) && onlyUnmerged(under, d, unmerged) {
			found++
		}
	}
	return found
}

// linkOf is the parent hash that node d carries, nil if it carries none.
func (t *tree) linkOf(d nodeIndex) []byte {
	if !d.isLeaf() {
		return t.parent(d).parentHash
	}
	if l := t.leaves[d.leaf()]; l.source == fromCommit {
		return l.parentHash
	}
	return nil
}

// onlyUnmerged tells whether under without d is the leaves unmerged.
func onlyUnmerged(under []nodeIndex, d nodeIndex, unmerged []LeafIndex) bool {
	for _, u := range under {
		if u == d {
			continue
		}
		if !u.isLeaf() {
			return false
		}
		if _, ok := slices.BinarySearch(unmerged, u.leaf()); !ok {
			return false
		}
	}
	return true
}

// checkLeaves is what section 7.3 demands of leaves as members of a group with
// these context extensions. The group's credential types are checked over all
// members, the rest for those that changed.
func (t *tree) checkLeaves(changed []LeafIndex, extensions []Extension) error {
	req, err := requiredOf(extensions)
	if err != nil {
		return err
	}
	for _, i := range changed {
		if err := t.leaves[i].capabilities.meets(req, extensions); err != nil {
			return err
		}
	}
	return t.checkCredentialTypes()
}

// checkCredentialTypes: section 7.3, each member supports the credential types
// of all.
func (t *tree) checkCredentialTypes() error {
	var used []CredentialType
	for _, l := range t.leaves {
		if l != nil && !slices.Contains(used, l.credential.Type) {
			used = append(used, l.credential.Type)
		}
	}
	for _, l := range t.leaves {
		if l == nil {
			continue
		}
		for _, c := range used {
			if !slices.Contains(l.capabilities.credentials, c) {
				return errors.New("mls: a member does not support another's credential type")
			}
		}
	}
	return nil
}

// A keySet finds equal keys. Nearly all keys that it is asked for are not in
// it, which a few bits of their last bytes tell.
type keySet struct {
	bits [4]uint64
	keys map[uint64][][]byte // by their last eight bytes
}

func tail(key []byte) uint64 {
	if len(key) < 8 {
		return uint64(len(key))
	}
	return binary.BigEndian.Uint64(key[len(key)-8:])
}

func (s *keySet) has(key []byte) bool {
	t := tail(key)
	if s.bits[t>>6&3]>>(t&63)&1 == 0 {
		return false
	}
	for _, k := range s.keys[t] {
		if bytes.Equal(k, key) {
			return true
		}
	}
	return false
}

// add tells whether key was new.
func (s *keySet) add(key []byte) bool {
	if s.has(key) {
		return false
	}
	if s.keys == nil {
		s.keys = map[uint64][][]byte{}
	}
	t := tail(key)
	s.bits[t>>6&3] |= 1 << (t & 63)
	s.keys[t] = append(s.keys[t], key)
	return true
}

var errKeyTwice = errors.New("mls: a public key occurs twice in the tree")

// checkFresh: section 7.3, signature and encryption keys of the changed leaves
// are unique among all members, and no parent has such an encryption key.
func (t *tree) checkFresh(changed []LeafIndex) error {
	if len(changed) == 0 {
		return nil
	}
	var sig, enc keySet
	isNew := make(map[LeafIndex]bool, len(changed))
	for _, i := range changed {
		isNew[i] = true
		if !enc.add(t.leaves[i].encryption.raw) || !sig.add(t.leaves[i].verifier.raw) {
			return errKeyTwice
		}
	}
	return t.checkAbsent(&enc, &sig, func(i LeafIndex) bool { return isNew[i] })
}

// checkPathKeys: 12.4.2, none of the path's keys is in the new tree, the
// committer's old leaf and path included; 7.3, nobody else has the signature
// key of its leaf.
func (t *tree) checkPathKeys(u *updatePath, at LeafIndex) error {
	var sig, enc keySet
	sig.add(u.leaf.verifier.raw)
	for _, k := range u.keys() {
		if !enc.add(k.raw) {
			return errKeyTwice
		}
	}
	if old := t.leaf(at); old != nil && enc.has(old.encryption.raw) {
		return errKeyTwice
	}
	return t.checkAbsent(&enc, &sig, func(i LeafIndex) bool { return i == at })
}

// checkAbsent looks for the keys in all nodes but some leaves.
func (t *tree) checkAbsent(enc, sig *keySet, except func(LeafIndex) bool) error {
	for i, l := range t.leaves {
		if l != nil && (enc.has(l.encryption.raw) || sig.has(l.verifier.raw)) && !except(LeafIndex(i)) {
			return errKeyTwice
		}
	}
	for _, n := range t.parents {
		if n != nil && enc.has(n.encryption.raw) {
			return errKeyTwice
		}
	}
	return nil
}

// checkParentKeys: section 12.4.3.1, no two parents share a key.
func (t *tree) checkParentKeys() error {
	var seen keySet
	for _, n := range t.parents {
		if n != nil && !seen.add(n.encryption.raw) {
			return errKeyTwice
		}
	}
	return nil
}
