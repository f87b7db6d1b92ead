package mls

import (
	"errors"
)

// ratchetKind chooses between a member's two ratchets, RFC 9420 section 9.1.
type ratchetKind int

const (
	handshake ratchetKind = iota
	application
)

var ratchetLabels = [2]string{"handshake", "application"}

// How far a ratchet may be wound on by one message, and how many keys of
// messages that have not come are kept; sections 9.2 and 16.
const (
	maxForward = 1024
	maxSkipped = 128
)

// A messageKey seals one message.
type messageKey struct {
	key   secret
	nonce secret
}

func (k messageKey) wipe() { wipe(k.key, k.nonce) }

// A ratchet gives one member's keys in order. What is behind it is gone, but
// for the keys of skipped generations.
type ratchet struct {
	next    secret
	at      uint32 // generation that next gives
	skipped map[uint32]messageKey
}

func (p *params) step(r *ratchet) messageKey {
	k := messageKey{
		key:   p.deriveTree(r.next, "key", r.at, p.nk),
		nonce: p.deriveTree(r.next, "nonce", r.at, nonceSize),
	}
	next := p.deriveTree(r.next, "secret", r.at, p.nh())
	r.next.wipe()
	r.next = next
	r.at++
	return k
}

var (
	errGeneration = errors.New("mls: message key is gone or too far ahead")
	errExhausted  = errors.New("mls: message keys of this epoch are used up")
)

// seek returns the key of a generation and leaves the ratchet behind it.
func (p *params) seek(r *ratchet, generation uint32) (messageKey, error) {
	if generation < r.at {
		k, ok := r.skipped[generation]
		if !ok {
			return messageKey{}, errGeneration
		}
		delete(r.skipped, generation)
		return k, nil
	}
	if generation-r.at > maxForward || generation == 1<<32-1 {
		return messageKey{}, errGeneration
	}
	for r.at < generation {
		if r.skipped == nil {
			r.skipped = map[uint32]messageKey{}
		}
		at := r.at
		r.skipped[at] = p.step(r)
		r.forget()
	}
	return p.step(r), nil
}

// forget drops the oldest skipped keys beyond maxSkipped.
func (r *ratchet) forget() {
	for len(r.skipped) > maxSkipped {
		oldest := r.at
		for g := range r.skipped {
			oldest = min(oldest, g)
		}
		r.skipped[oldest].wipe()
		delete(r.skipped, oldest)
	}
}

func (r *ratchet) clone() *ratchet {
	c := &ratchet{next: r.next.clone(), at: r.at, skipped: make(map[uint32]messageKey, len(r.skipped))}
	for g, k := range r.skipped {
		c.skipped[g] = messageKey{k.key.clone(), k.nonce.clone()}
	}
	return c
}

func (r *ratchet) wipe() {
	r.next.wipe()
	for _, k := range r.skipped {
		k.wipe()
	}
}

// A secretTree holds the message keys of an epoch, section 9. A node's secret is
// replaced by its children's as soon as one of these is needed.
type secretTree struct {
	p        *params
	size     int // leaves
	nodes    map[nodeIndex]secret
	ratchets map[LeafIndex]*[2]*ratchet
}

// newSecretTree takes over the encryption secret.
func newSecretTree(p *params, encryption secret, leaves int) *secretTree {
	return &secretTree{
		p: p, size: leaves,
		nodes:    map[nodeIndex]secret{rootOf(leaves): encryption},
		ratchets: map[LeafIndex]*[2]*ratchet{},
	}
}

// of returns a member's ratchets; the caller has checked that l is a member.
func (s *secretTree) of(l LeafIndex) (*[2]*ratchet, error) {
	if r := s.ratchets[l]; r != nil {
		return r, nil
	}
	leaf, err := s.descend(l)
	if err != nil {
		return nil, err
	}
	r := &[2]*ratchet{}
	for kind, label := range ratchetLabels {
		r[kind] = &ratchet{next: s.p.expand(leaf, label, nil, s.p.nh())}
	}
	leaf.wipe()
	delete(s.nodes, l.node())
	s.ratchets[l] = r
	return r, nil
}

// descend derives the secret of leaf l from the nearest one above it.
func (s *secretTree) descend(l LeafIndex) (secret, error) {
	var below []nodeIndex
	x := l.node()
	for ; s.nodes[x] == nil; x = x.parent() {
		if x == rootOf(s.size) {
			return nil, errGeneration
		}
		below = append(below, x)
	}
	for i := len(below) - 1; i >= 0; i-- {
		above := s.nodes[x]
		s.nodes[x.left()] = s.p.expand(above, "tree", []byte("left"), s.p.nh())
		s.nodes[x.right()] = s.p.expand(above, "tree", []byte("right"), s.p.nh())
		above.wipe()
		delete(s.nodes, x)
		x = below[i]
	}
	return s.nodes[x], nil
}

// next returns the key for the next message of the member itself.
func (s *secretTree) next(l LeafIndex, kind ratchetKind) (uint32, messageKey, error) {
	r, err := s.of(l)
	if err != nil {
		return 0, messageKey{}, err
	}
	if r[kind].at == 1<<32-1 {
		return 0, messageKey{}, errExhausted
	}
	generation := r[kind].at
	return generation, s.p.step(r[kind]), nil
}

// try calls use with the key of a generation. Only if use agrees is the key
// forgotten and the ratchet moved on: a forged message costs no key.
func (s *secretTree) try(l LeafIndex, kind ratchetKind, generation uint32, consume bool, use func(messageKey) error) error {
	r, err := s.of(l)
	if err != nil {
		return err
	}
	trial := r[kind].clone()
	key, err := s.p.seek(trial, generation)
	if err != nil {
		trial.wipe()
		return err
	}
	defer key.wipe()
	if err := use(key); err != nil || !consume {
		trial.wipe()
		return err
	}
	r[kind].wipe()
	r[kind] = trial
	return nil
}

func (s *secretTree) wipe() {
	for _, n := range s.nodes {
		n.wipe()
	}
	for _, r := range s.ratchets {
		r[handshake].wipe()
		r[application].wipe()
	}
}
