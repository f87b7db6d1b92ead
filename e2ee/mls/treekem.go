package mls

import (
	"bytes"
	"crypto/hpke"
	"errors"
	"fmt"
	"slices"
)

// A pathNode is a node of an update path: its new key, and the path secret for
// each node of the other side's resolution.
type pathNode struct {
	encryption *publicKey
	secrets    []sealed
}

// An updatePath renews a member's leaf and the nodes above it, RFC 9420
// section 7.6.
type updatePath struct {
	leaf  *leafNode
	nodes []pathNode
}

func readUpdatePath(r *reader) *updatePath {
	return &updatePath{readLeaf(r), list(r, func(r *reader) pathNode {
		return pathNode{&publicKey{raw: r.opaque()}, list(r, readSealed)}
	})}
}

func (u *updatePath) append(b []byte) []byte {
	b = append(b, u.leaf.raw...)
	return appendVector(b, func(b []byte) []byte {
		for _, n := range u.nodes {
			b = appendOpaque(b, n.encryption.raw)
			b = appendVector(b, func(b []byte) []byte {
				for _, s := range n.secrets {
					b = s.append(b)
				}
				return b
			})
		}
		return b
	})
}

// keys are the path's public keys, the leaf's first.
func (u *updatePath) keys() []*publicKey {
	out := []*publicKey{u.leaf.encryption}
	for _, n := range u.nodes {
		out = append(out, n.encryption)
	}
	return out
}

// privateKeys are a member's keys: of its leaf, and of those nodes above it
// whose secret it was told.
type privateKeys map[nodeIndex]hpke.PrivateKey

// A newPath is an update path in the making. The secrets live until the path is
// sealed and the joiners have been told theirs.
type newPath struct {
	steps        []step
	secrets      []secret // path secret by step
	commitSecret secret
	keys         privateKeys
	leaf         *leafNode
}

func (n *newPath) wipe() { wipe(n.secrets...) }

// nodeKey derives the key pair of a node from its path secret, section 7.4.
func (p *params) nodeKey(pathSecret secret) (hpke.PrivateKey, error) {
	s := p.derive(pathSecret, "node")
	defer s.wipe()
	return p.keyPair(s)
}

// newPath draws fresh keys for leaf and everything above it, and puts them into
// the tree: section 7.5, "update their direct path", 1 to 3. The leaf has still
// to be signed.
func (t *tree) newPath(o *Options, at LeafIndex, leaf *leafNode, leafKey hpke.PrivateKey) (*newPath, error) {
	next, err := random(o.Rand, t.p.nh())
	if err != nil {
		return nil, err
	}
	n := &newPath{steps: t.filteredPath(at), keys: privateKeys{at.node(): leafKey}, leaf: leaf}
	keys := make([]*publicKey, 0, len(n.steps))
	for _, s := range n.steps {
		key, err := t.p.nodeKey(next)
		if err != nil {
			return nil, err
		}
		n.keys[s.node] = key
		keys = append(keys, newPublicKey(key.PublicKey()))
		n.secrets = append(n.secrets, next)
		next = t.p.derive(next, "path")
	}
	n.commitSecret = next
	leaf.source = fromCommit
	leaf.parentHash = t.mergePath(at, n.steps, keys)
	return n, nil
}

// mergePath puts new keys on the filtered path of at and blanks the rest of its
// path; it returns the parent hash for the leaf. Section 7.5, "merges
// UpdatePath into the tree".
func (t *tree) mergePath(at LeafIndex, steps []step, keys []*publicKey) (parentHash []byte) {
	t.blankPath(at)
	for i := len(steps) - 1; i >= 0; i-- {
		t.setParent(steps[i].node, &parentNode{encryption: keys[i], parentHash: parentHash})
		parentHash = t.parentHashOf(steps[i].node, steps[i].other)
	}
	return parentHash
}

// sealTo encrypts the path secrets to those under the other sides, except to
// joiners, who are told by their Welcome. Section 7.6.
func (n *newPath) sealTo(p *params, t *tree, context []byte, joiners []LeafIndex) (*updatePath, error) {
	type job struct {
		to    *publicKey
		plain secret
		into  *sealed
	}
	u := &updatePath{leaf: n.leaf, nodes: make([]pathNode, len(n.steps))}
	var jobs []job
	for i, s := range n.steps {
		under := withoutJoiners(s.under, joiners)
		u.nodes[i] = pathNode{t.parent(s.node).encryption, make([]sealed, len(under))}
		for k, x := range under {
			jobs = append(jobs, job{t.key(x), n.secrets[i], &u.nodes[i].secrets[k]})
		}
	}
	err := parallel(len(jobs), func(i int) (err error) {
		*jobs[i].into, err = p.seal(jobs[i].to, "UpdatePathNode", context, jobs[i].plain)
		return err
	})
	return u, err
}

func withoutJoiners(under []nodeIndex, joiners []LeafIndex) []nodeIndex {
	if len(joiners) == 0 {
		return under
	}
	return slices.DeleteFunc(slices.Clone(under), func(x nodeIndex) bool {
		return x.isLeaf() && slices.Contains(joiners, x.leaf())
	})
}

// secretFor is the path secret of the lowest node that covers a joiner.
func (n *newPath) secretFor(joiner LeafIndex) secret {
	for i, s := range n.steps {
		if s.node.covers(joiner) {
			return n.secrets[i]
		}
	}
	return nil
}

var errPath = errors.New("mls: update path is not valid")

// applyPath merges another member's update path into the tree and returns the
// steps. Section 12.4.2; leaf and key checks are the caller's.
func (t *tree) applyPath(at LeafIndex, u *updatePath, joiners []LeafIndex) ([]step, error) {
	steps := t.filteredPath(at)
	// 7.6: as many nodes as the filtered path has, as many ciphertexts as the
	// resolutions without the joiners.
	if len(steps) != len(u.nodes) {
		return nil, fmt.Errorf("%w: wrong length", errPath)
	}
	keys := make([]*publicKey, len(steps))
	for i, s := range steps {
		if len(u.nodes[i].secrets) != len(withoutJoiners(s.under, joiners)) {
			return nil, fmt.Errorf("%w: wrong number of ciphertexts", errPath)
		}
		keys[i] = u.nodes[i].encryption
	}
	parentHash := t.mergePath(at, steps, keys)
	// 7.9.2: the leaf's parent hash is what these nodes give.
	if !bytes.Equal(parentHash, u.leaf.parentHash) {
		return nil, fmt.Errorf("%w: parent hash", errPath)
	}
	t.setLeaf(at, u.leaf)
	return steps, nil
}

// openPath decrypts the path secret meant for the member at own and derives all
// above it. keys are the member's from before; what it returns are those after.
// Section 7.5, "decrypts the path secrets".
func (t *tree) openPath(own LeafIndex, keys privateKeys, u *updatePath, steps []step, joiners []LeafIndex, context []byte) (privateKeys, secret, error) {
	i := slices.IndexFunc(steps, func(s step) bool { return s.node.covers(own) })
	if i < 0 || !steps[i].other.covers(own) {
		return nil, nil, fmt.Errorf("%w: not meant for this member", errPath)
	}
	under := withoutJoiners(steps[i].under, joiners)
	k := slices.IndexFunc(under, func(x nodeIndex) bool { return keys[x] != nil })
	if k < 0 {
		return nil, nil, fmt.Errorf("%w: no key to open it", errPath)
	}
	s, err := t.p.unseal(keys[under[k]], "UpdatePathNode", context, u.nodes[i].secrets[k])
	if err != nil {
		return nil, nil, err
	}
	if len(s) != t.p.nh() {
		return nil, nil, fmt.Errorf("%w: length of path secret", errPath)
	}
	nodes := make([]nodeIndex, 0, len(steps)-i)
	for _, st := range steps[i:] {
		nodes = append(nodes, st.node)
	}
	fresh, commitSecret, err := t.climb(s, nodes)
	if err != nil {
		return nil, nil, err
	}
	return t.keep(keys, fresh), commitSecret, nil
}

// climb derives the keys of nodes, from the lowest up, out of the lowest one's
// path secret, and compares them with the tree's. It consumes s.
func (t *tree) climb(s secret, nodes []nodeIndex) (privateKeys, secret, error) {
	keys := make(privateKeys, len(nodes))
	for _, x := range nodes {
		key, err := t.p.nodeKey(s)
		if err != nil {
			return nil, nil, err
		}
		if pub := t.key(x); pub == nil || !bytes.Equal(key.PublicKey().Bytes(), pub.raw) {
			return nil, nil, fmt.Errorf("%w: path secret does not give the node's key", errPath)
		}
		keys[x] = key
		next := t.p.derive(s, "path")
		s.wipe()
		s = next
	}
	return keys, s, nil
}

// keep returns those of the old keys that still are the tree's, and the fresh.
func (t *tree) keep(old, fresh privateKeys) privateKeys {
	out := make(privateKeys, len(old)+len(fresh))
	for x, key := range old {
		if uint64(x) >= uint64(len(t.hashes)) {
			continue
		}
		if pub := t.key(x); pub != nil && bytes.Equal(pub.raw, key.PublicKey().Bytes()) {
			out[x] = key
		}
	}
	for x, key := range fresh {
		out[x] = key
	}
	return out
}
