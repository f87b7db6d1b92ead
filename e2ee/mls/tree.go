package mls

import (
	"errors"
	"slices"
)

// A parentNode is an inner node of the tree, RFC 9420 section 7.1. It is
// replaced, not changed.
type parentNode struct {
	encryption *publicKey
	parentHash []byte
	unmerged   []LeafIndex // ascending
}

func readParent(r *reader) *parentNode {
	n := &parentNode{encryption: &publicKey{raw: r.opaque()}, parentHash: r.opaque()}
	n.unmerged = list(r, func(r *reader) LeafIndex { return LeafIndex(r.u32()) })
	for i := 1; i < len(n.unmerged); i++ { // 7.1: sorted in increasing order
		if n.unmerged[i-1] >= n.unmerged[i] {
			r.fail()
		}
	}
	return n
}

func (n *parentNode) append(b []byte) []byte {
	b = appendOpaque(appendOpaque(b, n.encryption.raw), n.parentHash)
	b = appendVarint(b, 4*len(n.unmerged))
	for _, l := range n.unmerged {
		b = appendU32(b, uint32(l))
	}
	return b
}

// size is no less than the length of the encoding.
func (n *parentNode) size() int {
	return 16 + len(n.encryption.raw) + len(n.parentHash) + 4*len(n.unmerged)
}

// withUnmerged is n with a new leaf below, which was blank and so is not listed.
func (n *parentNode) withUnmerged(l LeafIndex) *parentNode {
	at, _ := slices.BinarySearch(n.unmerged, l)
	next := *n
	next.unmerged = slices.Insert(slices.Clone(n.unmerged), at, l)
	return &next
}

// A hashValue is a hash of any suite, the first nh bytes of it. Trees are cloned
// with every commit, so they hold pointers.
type hashValue [48]byte

// A tree is a ratchet tree, section 4.1.1. The tree of an epoch never changes;
// the next epoch's starts as a clone, which shares all nodes and all hashes
// that still hold.
type tree struct {
	p       *params
	leaves  []*leafNode   // 2^d, nil where blank
	parents []*parentNode // node 2i+1 at i; nil where blank
	hashes  []*hashValue  // by node; nil where not known
}

func newTree(p *params, leaf *leafNode) *tree {
	return &tree{p: p, leaves: []*leafNode{leaf}, hashes: make([]*hashValue, 1)}
}

func (t *tree) clone() *tree {
	return &tree{t.p, slices.Clone(t.leaves), slices.Clone(t.parents), slices.Clone(t.hashes)}
}

func (t *tree) root() nodeIndex { return rootOf(len(t.leaves)) }

// leaf returns the leaf at l, nil if it is blank or outside of the tree.
func (t *tree) leaf(l LeafIndex) *leafNode {
	if uint64(l) >= uint64(len(t.leaves)) {
		return nil
	}
	return t.leaves[l]
}

func (t *tree) parent(x nodeIndex) *parentNode { return t.parents[x/2] }

// key returns the public key of a node, nil if it is blank.
func (t *tree) key(x nodeIndex) *publicKey {
	if x.isLeaf() {
		if l := t.leaves[x.leaf()]; l != nil {
			return l.encryption
		}
		return nil
	}
	if n := t.parent(x); n != nil {
		return n.encryption
	}
	return nil
}

// touched forgets the hashes from x up to the root.
func (t *tree) touched(x nodeIndex) {
	for ; ; x = x.parent() {
		t.hashes[x] = nil
		if x == t.root() {
			return
		}
	}
}

func (t *tree) setLeaf(l LeafIndex, n *leafNode) {
	t.leaves[l] = n
	t.touched(l.node())
}

// setParent leaves the hashes to its caller, who walks a whole path.
func (t *tree) setParent(x nodeIndex, n *parentNode) { t.parents[x/2] = n }

// blankPath blanks the ancestors of l.
func (t *tree) blankPath(l LeafIndex) {
	for x := l.node(); x != t.root(); {
		x = x.parent()
		t.setParent(x, nil)
	}
	t.touched(l.node())
}

// extend doubles the tree, section 7.7.
func (t *tree) extend() {
	n := len(t.leaves)
	t.leaves = append(t.leaves, make([]*leafNode, n)...)
	t.parents = append(t.parents, make([]*parentNode, n)...)
	t.hashes = append(t.hashes, make([]*hashValue, 2*n)...)
}

// truncate halves the tree while its right half is blank, section 7.7.
func (t *tree) truncate() {
	last := len(t.leaves) - 1
	for last > 0 && t.leaves[last] == nil {
		last--
	}
	n := len(t.leaves)
	for n > 1 && last < n/2 {
		n /= 2
	}
	t.leaves, t.parents, t.hashes = t.leaves[:n:n], t.parents[:n-1:n-1], t.hashes[:2*n-1:2*n-1]
}

// free returns the leftmost blank leaf, and makes one if there is none.
func (t *tree) free() LeafIndex {
	l := slices.Index(t.leaves, nil)
	if l < 0 {
		l = len(t.leaves)
		t.extend()
	}
	return LeafIndex(l)
}

// add puts a new leaf where section 12.1.1 wants it.
func (t *tree) add(n *leafNode) LeafIndex {
	l := t.free()
	for x := l.node(); x != t.root(); {
		x = x.parent()
		if p := t.parent(x); p != nil {
			t.setParent(x, p.withUnmerged(l))
		}
	}
	t.setLeaf(l, n)
	return l
}

// update replaces a leaf, section 12.1.2.
func (t *tree) update(l LeafIndex, n *leafNode) {
	t.leaves[l] = n
	t.blankPath(l)
}

// remove blanks a leaf, section 12.1.3. The caller truncates when all removals
// are done.
func (t *tree) remove(l LeafIndex) { t.update(l, nil) }

// resolve appends the resolution of x to dst: the non-blank nodes that cover
// the members under x, section 4.1.1.
func (t *tree) resolve(dst []nodeIndex, x nodeIndex) []nodeIndex {
	if x.isLeaf() {
		if t.leaves[x.leaf()] != nil {
			dst = append(dst, x)
		}
		return dst
	}
	if n := t.parent(x); n != nil {
		dst = append(dst, x)
		for _, l := range n.unmerged {
			dst = append(dst, l.node())
		}
		return dst
	}
	return t.resolve(t.resolve(dst, x.left()), x.right())
}

// A step is a node of a filtered direct path, and those under its other child.
type step struct {
	node  nodeIndex
	other nodeIndex   // the child that is not on the path
	under []nodeIndex // resolution of other, never empty
}

// filteredPath is the path from l to the root without the nodes that would
// have nobody to tell, section 4.1.2.
func (t *tree) filteredPath(l LeafIndex) []step {
	var path []step
	for x := l.node(); x != t.root(); x = x.parent() {
		other := x.sibling()
		if under := t.resolve(nil, other); len(under) > 0 {
			path = append(path, step{x.parent(), other, under})
		}
	}
	return path
}

// hash is the tree hash of x, section 7.8.
func (t *tree) hash(x nodeIndex) []byte {
	if t.hashes[x] == nil {
		v := new(hashValue)
		copy(v[:], t.hashWithout(x, nil))
		t.hashes[x] = v
	}
	return t.hashes[x][:t.p.nh()]
}

// hashWithout is the tree hash of x in the tree without some leaves: the
// original tree hash of section 7.9.
func (t *tree) hashWithout(x nodeIndex, gone []LeafIndex) []byte {
	from, to := x.span()
	lo, _ := slices.BinarySearch(gone, from)
	hi, _ := slices.BinarySearch(gone, to)
	if gone = gone[lo:hi]; len(gone) == 0 && t.hashes[x] != nil {
		return t.hash(x)
	}
	if x.isLeaf() {
		return t.hashLeaf(x.leaf(), len(gone) > 0)
	}
	var left, right []byte
	if len(gone) == 0 {
		left, right = t.hash(x.left()), t.hash(x.right())
	} else {
		left, right = t.hashWithout(x.left(), gone), t.hashWithout(x.right(), gone)
	}
	return t.hashParent(t.parent(x), gone, left, right)
}

func (t *tree) hashLeaf(l LeafIndex, gone bool) []byte {
	head := appendU32([]byte{1}, uint32(l))
	n := t.leaves[l]
	if gone || n == nil {
		return t.p.digest(append(head, 0))
	}
	return t.p.digest(append(head, 1), n.raw)
}

func (t *tree) hashParent(n *parentNode, gone []LeafIndex, left, right []byte) []byte {
	room := 128
	if n != nil {
		room += n.size()
	}
	b := append(make([]byte, 0, room), 2)
	b = appendBool(b, n != nil)
	if n != nil {
		if len(gone) > 0 {
			stay := *n
			stay.unmerged = slices.DeleteFunc(slices.Clone(n.unmerged), func(l LeafIndex) bool {
				return slices.Contains(gone, l)
			})
			n = &stay
		}
		b = n.append(b)
	}
	return t.p.digest(appendOpaque(appendOpaque(b, left), right))
}

// parentHashOf is the parent hash of node x, seen from the child whose sibling
// is other, section 7.9.
func (t *tree) parentHashOf(x, other nodeIndex) []byte {
	n := t.parent(x)
	b := appendOpaque(make([]byte, 0, n.size()+64), n.encryption.raw)
	b = appendOpaque(b, n.parentHash)
	sibling := t.hash(other)
	if len(n.unmerged) > 0 {
		sibling = t.hashWithout(other, n.unmerged)
	}
	return t.p.digest(appendOpaque(b, sibling))
}

// append encodes the tree as a ratchet_tree, section 12.4.3.3.
func (t *tree) append(b []byte) []byte {
	last := 2 * (len(t.leaves) - 1)
	for last > 0 && t.key(nodeIndex(last)) == nil {
		last--
	}
	return appendVector(b, func(b []byte) []byte {
		for x := range nodeIndex(last + 1) {
			b = appendBool(b, t.key(x) != nil)
			switch {
			case t.key(x) == nil:
			case x.isLeaf():
				b = append(append(b, 1), t.leaves[x.leaf()].raw...)
			default:
				b = t.parent(x).append(append(b, 2))
			}
		}
		return b
	})
}

// size estimates the length of the encoding, to allocate once.
func (t *tree) size() int {
	n := 16
	for x := range nodeIndex(2*len(t.leaves) - 1) {
		n += 2
		if k := t.key(x); k != nil && x.isLeaf() {
			n += len(t.leaves[x.leaf()].raw)
		} else if k != nil {
			n += t.parent(x).size()
		}
	}
	return n
}

func (t *tree) bytes() []byte { return t.append(make([]byte, 0, t.size())) }

// readTree decodes a ratchet_tree. What it returns is a tree in shape alone:
// [tree.verify] has still to say whether it is a good one.
func readTree(p *params) func(r *reader) *tree {
	return func(r *reader) *tree {
		body := r.vector()
		t := &tree{p: p}
		for x := nodeIndex(0); body.more(); x++ {
			t.readNode(body, x)
		}
		r.finish(body)
		if n := len(t.leaves) + len(t.parents); r.bad || n == 0 || t.key(nodeIndex(n-1)) == nil {
			r.fail() // 12.4.3.3: the last node is not blank
			return t
		}
		t.fillUp()
		return t
	}
}

func (t *tree) readNode(r *reader, x nodeIndex) {
	var leaf *leafNode
	var parent *parentNode
	if r.present() {
		if kind := r.u8(); (kind == 1) != x.isLeaf() || kind < 1 || kind > 2 {
			r.fail()
			return
		}
		if x.isLeaf() {
			leaf = readLeaf(r)
		} else {
			parent = readParent(r)
		}
	}
	if x.isLeaf() {
		t.leaves = append(t.leaves, leaf)
	} else {
		t.parents = append(t.parents, parent)
	}
}

// fillUp adds the blanks that the encoding leaves out.
func (t *tree) fillUp() {
	n := 1
	for 2*n-1 < len(t.leaves)+len(t.parents) {
		n *= 2
	}
	t.leaves = append(t.leaves, make([]*leafNode, n-len(t.leaves))...)
	t.parents = append(t.parents, make([]*parentNode, n-1-len(t.parents))...)
	t.hashes = make([]*hashValue, 2*n-1)
}

var errTree = errors.New("mls: ratchet tree is not valid")
