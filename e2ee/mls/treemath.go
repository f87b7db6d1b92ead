package mls

import "math/bits"

// A LeafIndex numbers the members' places in the tree from the left.
type LeafIndex uint32

// A nodeIndex numbers all nodes of the tree from the left, RFC 9420 appendix C:
// leaves are even, parents odd. Trees are full: 2^d leaves, 2^(d+1)-1 nodes.
type nodeIndex uint32

func (l LeafIndex) node() nodeIndex { return nodeIndex(2 * l) }

func (x nodeIndex) isLeaf() bool    { return x&1 == 0 }
func (x nodeIndex) leaf() LeafIndex { return LeafIndex(x / 2) }

// level is 0 for leaves and counts up to the root.
func (x nodeIndex) level() int { return bits.TrailingZeros32(^uint32(x)) }

func (x nodeIndex) left() nodeIndex  { return x ^ 1<<(x.level()-1) }
func (x nodeIndex) right() nodeIndex { return x ^ 3<<(x.level()-1) }

// parent is meant for any node but the root.
func (x nodeIndex) parent() nodeIndex {
	k := x.level()
	return x&^(1<<(k+1)) | 1<<k
}

// sibling is meant for any node but the root.
func (x nodeIndex) sibling() nodeIndex {
	p := x.parent()
	if x < p {
		return p.right()
	}
	return p.left()
}

// covers tells whether leaf l lies in the subtree of x.
func (x nodeIndex) covers(l LeafIndex) bool {
	return uint32(l.node())>>(x.level()+1) == uint32(x)>>(x.level()+1)
}

// span returns the first leaf of the subtree of x and the one after its last.
func (x nodeIndex) span() (from, to LeafIndex) {
	k := x.level()
	from = LeafIndex(uint32(x) >> (k + 1) << k)
	return from, from + 1<<k
}

// rootOf is the root of a full tree of n leaves.
func rootOf(n int) nodeIndex { return nodeIndex(n - 1) }

// common is the lowest node that covers both leaves.
func common(a, b LeafIndex) nodeIndex {
	x := a.node()
	for !x.covers(b) {
		x = x.parent()
	}
	return x
}
