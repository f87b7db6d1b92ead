package mls

import (
	"bytes"
	"fmt"
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
