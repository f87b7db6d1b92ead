package mls

import (
	"fmt"
	"testing"
)

// TestLife has groups of all suites and both credentials grow, renew and shrink.
func TestLife(t *testing.T) {
	for _, s := range Suites() {
		for _, k := range []kind{basic, certified} {
			t.Run(fmt.Sprintf("%04x/%v", uint16(s), k), func(t *testing.T) {
				t.Parallel()
				live(newScene(t, s, k))
			})
		}
	}
}

func live(sc *scene) {
	sc.t.Helper()
	sc.add(0, 1, CommitParams{InlineTree: true})
	sc.add(1, 3, CommitParams{Public: true})
	sc.add(0, 2, CommitParams{NoPath: true})
	sc.talk()
	for i := range sc.people {
		sc.commit(i, CommitParams{Public: i%2 == 0, AuthenticatedData: []byte("head")})
		sc.same()
	}
	sc.commit(2, CommitParams{Removes: []LeafIndex{1, 4}})
	sc.same()
	sc.add(1, 1, CommitParams{Removes: []LeafIndex{0}})
	sc.talk()
	sc.commit(0, CommitParams{Removes: []LeafIndex{sc.people[3].g.OwnLeaf()}})
	sc.talk()
}

// TestExternalJoin is the live test of section 8.3 that no static vector makes.
func TestExternalJoin(t *testing.T) {
	for _, s := range Suites() {
		t.Run(fmt.Sprintf("%04x", uint16(s)), func(t *testing.T) {
			t.Parallel()
			sc := newScene(t, s, basic)
			sc.add(0, 2, CommitParams{})
			for _, inline := range []bool{true, false} {
				sc.joinExternal(inline, nil)
				sc.talk()
			}
			// A member who lost its state replaces its old leaf.
			lost := sc.people[1].g.OwnLeaf()
			sc.people = append(sc.people[:1], sc.people[2:]...)
			sc.joinExternal(true, &lost)
			sc.talk()
			sc.commit(2, CommitParams{})
			sc.same()
		})
	}
}

// joinExternal brings one in from outside: who lost the leaf at resync, or a new
// person.
func (sc *scene) joinExternal(inline bool, resync *LeafIndex) {
	sc.t.Helper()
	p := sc.person()
	if resync != nil {
		m, _ := sc.people[0].g.Member(*resync)
		p.id.Credential = m.Credential
	}
	var tree []byte
	if !inline {
		tree = sc.people[0].g.Tree()
	}
	info := must[[]byte](sc.t)(sc.people[0].g.GroupInfo(inline))
	g, commit, err := JoinExternal(info, tree, p.id, sc.o, ExternalParams{Resync: resync}, noon)
	if err != nil {
		sc.t.Fatal(err)
	}
	p.g = g
	sc.deliver(commit)
	sc.people = append(sc.people, p)
	sc.same()
}
