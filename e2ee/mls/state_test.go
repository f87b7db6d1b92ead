package mls

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestRestart stores and restores a group in the middle of everything and has
// it go on.
func TestRestart(t *testing.T) {
	for _, s := range Suites() {
		t.Run(fmt.Sprintf("%04x", uint16(s)), func(t *testing.T) {
			t.Parallel()
			sc := newScene(t, s, certified)
			sc.o.PastEpochs = 2
			sc.people[0].g.o.PastEpochs = 2
			sc.add(0, 3, CommitParams{})
			sc.commit(2, CommitParams{})
			one := sc.people[1]
			late := must[[]byte](t)(sc.people[2].g.Protect([]byte("late"), nil))
			for range 3 {
				m := must[[]byte](t)(sc.people[2].g.Protect([]byte("soon"), nil))
				must[*ApplicationData](t)(one.g.Unprotect(m))
			}
			up := must[*SentProposal](t)(one.g.ProposeUpdate(nil, ProposalParams{}, noon))
			must[ProposalRef](t)(sc.people[0].g.HandleProposal(up.Message))
			pending := must[*Pending](t)(one.g.Commit(CommitParams{
				Removes: []LeafIndex{3}, AuthenticatedData: []byte("head"),
			}, noon))

			sc.restart(one)
			if d := must[*ApplicationData](t)(one.g.Unprotect(late)); string(d.Data) != "late" {
				t.Fatal("late message")
			}
			st := must[*Staged](t)(one.g.Stage(pending.Message, noon))
			if len(st.Removes()) != 1 || !bytes.Equal(st.AuthenticatedData(), []byte("head")) {
				t.Fatal("pending commit")
			}
			// Another's commit wins, with the update of before the restart.
			for _, p := range sc.people[2:] {
				must[ProposalRef](t)(p.g.HandleProposal(up.Message))
			}
			sc.commit(0, CommitParams{References: []ProposalRef{up.Ref}})
			sc.same()
			sc.restart(one)
			sc.commit(1, CommitParams{Removes: []LeafIndex{3}})
			sc.talk()
		})
	}
}

func (sc *scene) restart(p *person) {
	sc.t.Helper()
	state := must[[]byte](sc.t)(p.g.Marshal())
	g := must[*Group](sc.t)(Unmarshal(state, p.id, p.g.o))
	if !bytes.Equal(state, must[[]byte](sc.t)(g.Marshal())) {
		sc.t.Fatal("state does not come back equal")
	}
	p.g = g
}

// TestStateRefusals: what Marshal has not stored is not restored, and panics
// nowhere.
func TestStateRefusals(t *testing.T) {
	c := newCourt(t)
	who := c.people[3]
	for range 2 {
		must[*SentProposal](t)(who.g.ProposeUpdate(nil, ProposalParams{}, noon))
	}
	must[*Pending](t)(who.g.Commit(CommitParams{Removes: []LeafIndex{4}, Adds: [][]byte{c.joiner().kp.Bytes()}}, noon))
	state := must[[]byte](t)(who.g.Marshal())
	restore := func(b []byte) error { return second(Unmarshal(b, who.id, c.o)) }
	if err := restore(state); err != nil {
		t.Fatal(err)
	}
	stored := func(spoil func(g *Group)) []byte {
		g := must[*Group](t)(Unmarshal(state, who.id, c.o))
		spoil(g)
		return must[[]byte](t)(g.Marshal())
	}
	var keys [][]byte
	for _, up := range who.g.updates {
		keys = append(keys, must[[]byte](t)(up.key.Bytes()))
	}
	exchange := strings.NewReplacer(string(keys[0]), string(keys[1]), string(keys[1]), string(keys[0]))
	other, ed := c.o, c.o
	other.Suite, ed.Suite = P384AES256, X25519AES128
	refusals(t, map[string]struct {
		err error
		why string
	}{
		"another's":          {second(Unmarshal(state, c.people[2].id, c.o)), "another identity"},
		"another suite":      {second(Unmarshal(state, newIdentity(t, P384AES256, basic, "x"), other)), "malformed"},
		"another curve":      {second(Unmarshal(state, who.id, ed)), "not of the suite"},
		"another version":    {restore(append([]byte{stateVersion + 1}, state[1:]...)), "malformed"},
		"another order":      {restore([]byte(exchange.Replace(string(state)))), "malformed"},
		"own leaf is blank":  {restore(stored(func(g *Group) { g.now.own = 6 })), "malformed"},
		"joiner is blank":    {restore(stored(func(g *Group) { g.pending[0].staged.change.updates = []LeafIndex{6} })), "malformed"},
		"nobody was removed": {restore(stored(func(g *Group) { g.pending[0].staged.change.removes = []LeafIndex{6} })), "malformed"},
		"more than a state":  {restore(append(bytes.Clone(state), 0)), "malformed"},
	})
	for n := 0; n < len(state); n += 13 {
		if err := restore(state[:n]); err == nil {
			t.Fatalf("%d of %d bytes are enough", n, len(state))
		}
	}
}
