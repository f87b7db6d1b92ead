package mls

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLongLife has groups go through a long random life and checks, after each
// commit, that all members see the same and that the tree keeps its invariants.
func TestLongLife(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 9420))
			sc := newScene(t, X25519AES128, basic)
			for range 40 {
				sc.live(r)
				sc.same()
				sc.invariants(r)
			}
			sc.talk()
		})
	}
}

// live does one random thing.
func (sc *scene) live(r *rand.Rand) {
	sc.t.Helper()
	n := len(sc.people)
	by := r.IntN(n)
	in := CommitParams{Public: r.IntN(2) == 0, InlineTree: r.IntN(2) == 0, NoPath: r.IntN(3) == 0}
	for _, at := range r.Perm(n)[:r.IntN(min(n, 3)+1)] {
		if at == by {
			continue
		}
		if r.IntN(2) == 0 && n > 2 {
			in.Removes = append(in.Removes, sc.people[at].g.OwnLeaf())
			continue
		}
		sent := must[*SentProposal](sc.t)(sc.people[at].g.ProposeUpdate(nil, ProposalParams{Public: r.IntN(2) == 0}, noon))
		sc.hear(sc.people[at], sent.Message)
		in.References = append(in.References, sent.Ref)
	}
	switch r.IntN(4) {
	case 0:
		sc.commit(by, in)
	case 1:
		if len(in.References)+len(in.Removes) == 0 {
			sc.joinExternal(r.IntN(2) == 0, nil)
			return
		}
		sc.commit(by, in)
	default:
		if n > 20 {
			sc.commit(by, in)
			return
		}
		sc.add(by, 1+r.IntN(4), in)
	}
}

// invariants: RFC 9420 section 4.2, a member has the private key of a node if
// and only if it is below and not unmerged there; and the tree is as good as one
// that a joiner would accept.
func (sc *scene) invariants(r *rand.Rand) {
	sc.t.Helper()
	for _, p := range sc.people {
		e := p.g.now
		for x := range nodeIndex(len(e.tree.hashes)) {
			pub, key := e.tree.key(x), e.keys[x]
			should := pub != nil && x.covers(e.own)
			if should && !x.isLeaf() && slices.Contains(e.tree.parent(x).unmerged, e.own) {
				should = false
			}
			if (key != nil) != should {
				sc.t.Fatalf("leaf %d: key of node %d: %v, want %v", e.own, x, key != nil, should)
			}
			if key != nil && !bytes.Equal(key.PublicKey().Bytes(), pub.raw) {
				sc.t.Fatalf("leaf %d: wrong key of node %d", e.own, x)
			}
		}
	}
	g := sc.people[r.IntN(len(sc.people))].g
	again := must[*tree](sc.t)(decode("tree", g.Tree(), readTree(g.p)))
	if !bytes.Equal(again.hash(again.root()), g.now.ctx.treeHash) {
		sc.t.Fatal("tree hash")
	}
	if err := again.verify(&g.o, g.GroupID(), g.now.ctx.extensions, noon); err != nil {
		sc.t.Fatal(err)
	}
}
