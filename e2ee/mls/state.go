package mls

import (
	"bytes"
	"crypto/hpke"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// This file stores a group for a restart. What is stored is all of its keys: it
// must be sealed by whoever keeps it, and there must be one copy alone, since a
// group that goes back in time uses message keys twice.

// stateVersion is the first byte of a stored group.
const stateVersion = 1

// Marshal encodes the group with all of its keys, but without its signer.
func (g *Group) Marshal() ([]byte, error) {
	if err := g.usable(); err != nil {
		return nil, err
	}
	b, err := g.now.marshal([]byte{stateVersion})
	if err != nil {
		return nil, err
	}
	b = appendVector(b, func(b []byte) []byte {
		for _, r := range g.past {
			b = appendOpaque(appendU64(b, r.epoch), r.key)
		}
		return b
	})
	b = appendVector(b, func(b []byte) []byte {
		for _, r := range g.received {
			b = r.p.append(r.from.append(appendOpaque(b, r.ref)))
		}
		return b
	})
	b = appendBool(b, g.reInit != nil)
	if g.reInit != nil {
		r := Proposal{Type: ProposeReInit, reInit: g.reInit}
		b = r.append(b)
	}
	if b, err = g.marshalUpdates(b); err != nil {
		return nil, err
	}
	return g.marshalPending(b)
}

// marshalUpdates stores own updates in flight. One with a new identity cannot
// be stored, since its signer cannot.
func (g *Group) marshalUpdates(b []byte) ([]byte, error) {
	var failed error
	b = appendVector(b, func(b []byte) []byte {
		for _, pub := range slices.Sorted(maps.Keys(g.updates)) {
			up := g.updates[pub]
			key, err := up.key.Bytes()
			if up.renewed {
				err = errNewSigner
			}
			if err != nil {
				failed = err
			}
			b = appendOpaque(b, key)
		}
		return b
	})
	return b, failed
}

var errNewSigner = errors.New("mls: a change of identity is in flight and cannot be stored")

func (g *Group) marshalPending(b []byte) ([]byte, error) {
	var failed error
	b = appendVector(b, func(b []byte) []byte {
		for _, p := range g.pending {
			if p.staged.next == nil {
				continue
			}
			if p.staged.renewed {
				failed = errNewSigner
			}
			var err error
			b = appendOpaque(appendOpaque(appendOpaque(b, p.Message), p.Welcome), p.Tree)
			b = appendOpaque(b, p.staged.authenticated)
			b = p.staged.change.marshal(b)
			if b, err = p.staged.next.marshal(b); err != nil {
				failed = err
			}
		}
		return b
	})
	return b, failed
}

// marshal stores of a change what Staged tells and Merge needs; the tree is the
// next epoch's.
func (c *change) marshal(b []byte) []byte {
	b = appendBool(b, c.replaced)
	leaves := func(b []byte, ls []LeafIndex) []byte {
		b = appendVarint(b, 4*len(ls))
		for _, l := range ls {
			b = appendU32(b, uint32(l))
		}
		return b
	}
	b = leaves(leaves(leaves(b, c.joiners()), c.updates), c.removes)
	b = appendVector(b, func(b []byte) []byte {
		for _, id := range c.psks {
			b = id.append(b)
		}
		return b
	})
	b = appendBool(b, c.reInit != nil)
	if c.reInit != nil {
		r := Proposal{Type: ProposeReInit, reInit: c.reInit}
		b = r.append(b)
	}
	return b
}

func readLeaves(r *reader) []LeafIndex {
	return list(r, func(r *reader) LeafIndex { return LeafIndex(r.u32()) })
}

func readChange(r *reader) *change {
	c := &change{replaced: r.present()}
	for _, l := range readLeaves(r) {
		c.adds = append(c.adds, addition{leaf: l})
	}
	c.updates, c.removes = readLeaves(r), readLeaves(r)
	c.psks = list(r, readPSKID)
	c.reInit = readReInit(r)
	return c
}

func readReInit(r *reader) *ReInit {
	if !r.present() {
		return nil
	}
	p := readProposal(r)
	if p.Type != ProposeReInit {
		r.fail()
	}
	return p.reInit
}

func (e *epoch) marshal(b []byte) ([]byte, error) {
	b = appendOpaque(b, e.raw)
	b = appendOpaque(appendU32(b, uint32(e.own)), e.tag)
	b = e.tree.append(b)
	var failed error
	b = appendVector(b, func(b []byte) []byte {
		for _, x := range slices.Sorted(maps.Keys(e.keys)) {
			key, err := e.keys[x].Bytes()
			if err != nil {
				failed = err
			}
			b = appendOpaque(appendU32(b, uint32(x)), key)
		}
		return b
	})
	for _, s := range e.secrets.all() {
		b = appendOpaque(b, *s)
	}
	return e.messages.marshal(b), failed
}

func readEpoch(p *params) func(r *reader) *epoch {
	return func(r *reader) *epoch {
		e := &epoch{p: p, raw: r.opaque(), own: LeafIndex(r.u32()), tag: r.opaque()}
		ctx, err := decode("group context", e.raw, readContext)
		if err != nil || ctx.suite != p.id {
			r.fail()
			return e
		}
		e.ctx, e.tree = ctx, readTree(p)(r)
		e.keys = privateKeys{}
		body := r.vector()
		for body.more() {
			x := nodeIndex(body.u32())
			e.keys[x] = readPrivateKey(p, body)
		}
		r.finish(body)
		for _, s := range e.secrets.all() {
			*s = secret(r.opaque()).clone()
		}
		if e.messages = readSecretTree(p, r); r.bad || e.tree.leaf(e.own) == nil {
			r.fail()
			return e
		}
		e.messages.size = len(e.tree.leaves)
		e.interim = p.interimHash(e.ctx.transcript, e.tag)
		return e
	}
}

func readPrivateKey(p *params, r *reader) hpke.PrivateKey {
	key, err := p.parsePrivate(r.opaque())
	if err != nil {
		r.fail()
	}
	return key
}

func (s *secretTree) marshal(b []byte) []byte {
	b = appendVector(b, func(b []byte) []byte {
		for _, x := range slices.Sorted(maps.Keys(s.nodes)) {
			b = appendOpaque(appendU32(b, uint32(x)), s.nodes[x])
		}
		return b
	})
	return appendVector(b, func(b []byte) []byte {
		for _, l := range slices.Sorted(maps.Keys(s.ratchets)) {
			b = appendU32(b, uint32(l))
			for _, r := range s.ratchets[l] {
				b = r.marshal(b)
			}
		}
		return b
	})
}

func (r *ratchet) marshal(b []byte) []byte {
	b = appendU32(appendOpaque(b, r.next), r.at)
	return appendVector(b, func(b []byte) []byte {
		for _, g := range slices.Sorted(maps.Keys(r.skipped)) {
			b = appendOpaque(appendOpaque(appendU32(b, g), r.skipped[g].key), r.skipped[g].nonce)
		}
		return b
	})
}

func readSecretTree(p *params, r *reader) *secretTree {
	s := &secretTree{p: p, nodes: map[nodeIndex]secret{}, ratchets: map[LeafIndex]*[2]*ratchet{}}
	nodes := r.vector()
	for nodes.more() {
		x := nodeIndex(nodes.u32())
		s.nodes[x] = secret(nodes.opaque()).clone()
	}
	r.finish(nodes)
	body := r.vector()
	for body.more() {
		l := LeafIndex(body.u32())
		s.ratchets[l] = &[2]*ratchet{readRatchet(body), readRatchet(body)}
	}
	r.finish(body)
	return s
}

func readRatchet(r *reader) *ratchet {
	out := &ratchet{next: secret(r.opaque()).clone(), at: r.u32()}
	body := r.vector()
	for body.more() {
		if out.skipped == nil {
			out.skipped = map[uint32]messageKey{}
		}
		g := body.u32()
		out.skipped[g] = messageKey{secret(body.opaque()).clone(), secret(body.opaque()).clone()}
	}
	r.finish(body)
	return out
}

// Unmarshal restores what [Group.Marshal] has stored. id's signer must be the
// one of the member's leaf.
func Unmarshal(state []byte, id Identity, o Options) (*Group, error) {
	p, err := o.fill()
	if err != nil {
		return nil, err
	}
	key, err := id.signatureKey(p)
	if err != nil {
		return nil, err
	}
	g := newGroup(p, o, id.Signer, nil)
	if _, err := decode("stored group", bytes.Clone(state), g.read); err != nil {
		return nil, err
	}
	if !bytes.Equal(g.now.tree.leaf(g.now.own).verifier.raw, key) {
		return nil, errors.New("mls: stored group is of another identity")
	}
	// What has been put in another order, or twice, was not stored by Marshal.
	if again, err := g.Marshal(); err != nil || !bytes.Equal(again, state) {
		return nil, fmt.Errorf("mls: %w stored group", errMalformed)
	}
	return g, nil
}

func (g *Group) read(r *reader) bool {
	if r.u8() != stateVersion {
		r.fail()
		return false
	}
	g.now = readEpoch(g.p)(r)
	g.past = list(r, func(r *reader) resumption { return resumption{r.u64(), secret(r.opaque()).clone()} })
	g.received = list(r, func(r *reader) received {
		ref, from := ProposalRef(r.opaque()), readSender(r)
		p := readProposal(r)
		return received{ref, from, &p}
	})
	g.reInit = readReInit(r)
	for _, key := range list(r, func(r *reader) hpke.PrivateKey { return readPrivateKey(g.p, r) }) {
		if key != nil {
			g.updates[string(key.PublicKey().Bytes())] = updateSecret{key: key, signer: g.signer}
		}
	}
	g.pending = list(r, g.readPending)
	return !r.bad
}

func (g *Group) readPending(r *reader) *Pending {
	p := &Pending{Message: r.opaque(), Welcome: r.opaque(), Tree: r.opaque()}
	if len(p.Welcome) == 0 {
		p.Welcome = nil
	}
	if len(p.Tree) == 0 {
		p.Tree = nil
	}
	authenticated := bytes.Clone(r.opaque())
	c, next := readChange(r), readEpoch(g.p)(r)
	if r.bad {
		return p
	}
	c.tree, c.extensions = next.tree, next.ctx.extensions
	for _, l := range slices.Concat(c.joiners(), c.updates) {
		if next.tree.leaf(l) == nil {
			r.fail()
		}
	}
	for _, l := range c.removes {
		if g.now.tree.leaf(l) == nil {
			r.fail()
		}
	}
	p.staged = Staged{
		base: g.now, next: next, change: c, committer: g.now.own, from: sender{fromMember, uint32(g.now.own)},
		authenticated: authenticated, signer: g.signer, o: &g.o, pending: true,
	}
	return p
}
