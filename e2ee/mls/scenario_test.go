package mls

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
)

func forSuites(t *testing.T, test func(*testing.T, Suite)) {
	t.Helper()
	for _, s := range Suites() {
		t.Run(fmt.Sprintf("%04x", uint16(s)), func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

// hear has all but the sender keep a proposal.
func (sc *scene) hear(from *person, message []byte) {
	sc.t.Helper()
	for _, p := range sc.people {
		if p != from {
			must[ProposalRef](sc.t)(p.g.HandleProposal(message))
		}
	}
}

func TestProposalsByReference(t *testing.T) {
	forSuites(t, func(t *testing.T, s Suite) {
		sc := newScene(t, s, basic)
		sc.o.Same = func(_, next Credential) bool { return next.Type != 0 }
		sc.people[0].g.o.Same = sc.o.Same
		sc.add(0, 4, CommitParams{})
		joiner := sc.joiner()
		renewed := newIdentity(t, s, basic, "renewed")
		var refs []ProposalRef
		for i, public := range []bool{true, false} {
			p := sc.people[1+i]
			in := ProposalParams{Public: public}
			sent := []*SentProposal{
				must[*SentProposal](t)(p.g.Propose([]Proposal{must[Proposal](t)(Add(joiner.kp.Bytes())), Remove(4)}[i], in, noon)),
			}
			if i == 1 {
				sent = append(sent, must[*SentProposal](t)(p.g.ProposeUpdate(&renewed, in, noon)))
			}
			for _, m := range sent {
				refs = append(refs, m.Ref)
				sc.hear(p, m.Message)
			}
		}
		if _, err := sc.people[0].g.Protect([]byte("too early"), nil); !errors.Is(err, ErrProposalsPending) {
			t.Fatalf("data before the commit: %v", err)
		}
		if got := sc.people[0].g.Proposals(); !slices.Equal(got, refs) {
			t.Fatal("proposals are not in order")
		}
		pending := sc.commit(0, CommitParams{References: refs})
		joiner.g = must[*Group](t)(Join(pending.Welcome, pending.Tree, joiner.kp, sc.o, nil, noon))
		sc.people = append(sc.people, joiner)
		sc.same()
		if m, _ := sc.people[0].g.Member(2); string(m.Credential.Identity) != "renewed" {
			t.Fatal("update was not carried out")
		}
		sc.talk()
		// A committer may take a new identity too.
		next := newIdentity(t, s, certified, "card")
		sc.commit(1, CommitParams{Identity: &next})
		sc.talk()
	})
}

func TestPSKs(t *testing.T) {
	forSuites(t, func(t *testing.T, s Suite) {
		sc := newScene(t, s, basic)
		outside := PSKID{Type: ExternalPSK, ID: []byte("paper")}
		sc.o.PastEpochs = 5
		sc.o.PSKs = func(id PSKID) ([]byte, bool) { return []byte("on paper"), id.Type == ExternalPSK }
		sc.people[0].g.o.PastEpochs, sc.people[0].g.o.PSKs = 5, sc.o.PSKs
		sc.add(0, 2, CommitParams{PSKs: []PSKID{outside}})
		sc.commit(1, CommitParams{})
		old := PSKID{Type: ResumptionPSK, Usage: UseApplication, GroupID: sc.people[0].g.GroupID(), Epoch: 1}
		sc.commit(2, CommitParams{PSKs: []PSKID{old, outside}})
		sc.same()
		sc.commit(2, CommitParams{NoPath: true, Proposals: []Proposal{InjectPSK(old)}})
		sc.same()
		old.Epoch = 0 // made before the others came
		p := must[*Pending](t)(sc.people[0].g.Commit(CommitParams{PSKs: []PSKID{old}}, noon))
		var missing *MissingPSKError
		if _, err := sc.people[1].g.Stage(p.Message, noon); !errors.As(err, &missing) || missing.ID.Epoch != 0 {
			t.Fatalf("missing key: %v", err)
		}
		// One who joins from outside needs the paper.
		sc.joinExternal(true, nil)
	})
}

func TestExternalProposals(t *testing.T) {
	forSuites(t, func(t *testing.T, s Suite) {
		sc := newScene(t, s, basic)
		clerk := newSigner(t, s)
		key := must[[]byte](t)(suites[s].signatureKey(clerk.Public()))
		es := ExternalSendersExtension([]ExternalSender{{key, Basic([]byte("clerk"))}})
		sc.add(0, 3, CommitParams{Proposals: []Proposal{SetExtensions(es)}})
		info := must[[]byte](t)(sc.people[0].g.GroupInfo(true))
		joiner := sc.joiner()
		for _, m := range [][]byte{
			must[[]byte](t)(ProposeExternally(info, Remove(1), 0, clerk, sc.o, noon)),
			must[[]byte](t)(ProposeSelf(info, joiner.kp, sc.o, noon)),
		} {
			sc.hear(nil, m)
		}
		for name, m := range map[string][]byte{
			"wrong key":   must[[]byte](t)(ProposeExternally(info, Remove(1), 0, newSigner(t, s), sc.o, noon)),
			"wrong place": must[[]byte](t)(ProposeExternally(info, Remove(1), 1, clerk, sc.o, noon)),
		} {
			if _, err := sc.people[0].g.HandleProposal(m); err == nil {
				t.Errorf("%s: accepted", name)
			}
		}
		p := sc.commit(0, CommitParams{References: sc.people[0].g.Proposals()})
		joiner.g = must[*Group](t)(Join(p.Welcome, p.Tree, joiner.kp, sc.o, nil, noon))
		sc.people = append(sc.people, joiner)
		sc.same()
		sc.talk()
	})
}

func TestBranch(t *testing.T) {
	forSuites(t, func(t *testing.T, s Suite) {
		sc := newScene(t, s, basic)
		sc.add(0, 3, CommitParams{})
		other := sc.people[2]
		kp := must[*KeyPackageSecrets](t)(NewKeyPackage(other.id, sc.o, noon))
		sub := must[*Subgroup](t)(sc.people[0].g.Branch(SubgroupParams{Adds: [][]byte{kp.Bytes()}}, sc.people[0].id, noon))
		g := must[*Group](t)(other.g.JoinBranch(sub.Welcome, sub.Tree, kp, sc.o, nil, noon))
		if !bytes.Equal(g.Authenticator(), sub.Group.Authenticator()) || g.Epoch() != 1 {
			t.Fatal("branches differ")
		}
		if _, err := Join(sub.Welcome, sub.Tree, kp, sc.o, nil, noon); err == nil {
			t.Fatal("a branch was joined as if it were a group of its own")
		}
		stranger := sc.joiner()
		if _, err := sc.people[0].g.Branch(SubgroupParams{Adds: [][]byte{stranger.kp.Bytes()}}, sc.people[0].id, noon); err == nil {
			t.Fatal("a stranger came into a branch")
		}
		sc.talk() // the origin goes on
	})
}

func TestReInit(t *testing.T) {
	forSuites(t, func(t *testing.T, s Suite) {
		sc := newScene(t, s, basic)
		sc.add(0, 2, CommitParams{})
		to := MLKEM768P256
		if s == to {
			to = P256AES128
		}
		plan := ReInit{GroupID: []byte("new group"), Suite: to}
		sc.commit(1, CommitParams{Proposals: []Proposal{Restart(plan)}})
		sc.same()
		o := sc.o
		o.Suite = to
		var kps []*KeyPackageSecrets
		in := SubgroupParams{InlineTree: true}
		for _, p := range sc.people[:2] {
			if _, err := p.g.Protect(nil, nil); !errors.Is(err, errClosed) {
				t.Fatalf("closed group talks: %v", err)
			}
			id := Identity{p.id.Credential, newSigner(t, to)}
			kps = append(kps, must[*KeyPackageSecrets](t)(NewKeyPackage(id, o, noon)))
			in.Adds = append(in.Adds, kps[len(kps)-1].Bytes())
		}
		maker := sc.people[2]
		id := Identity{maker.id.Credential, newSigner(t, to)}
		sub := must[*Subgroup](t)(maker.g.Restart(in, id, o, noon))
		for i, p := range sc.people[:2] {
			g := must[*Group](t)(p.g.JoinRestart(sub.Welcome, sub.Tree, kps[i], o, nil, noon))
			if !bytes.Equal(g.Authenticator(), sub.Group.Authenticator()) {
				t.Fatal("new groups differ")
			}
		}
		in.Adds = in.Adds[:1]
		if _, err := maker.g.Restart(in, id, o, noon); err == nil {
			t.Fatal("a member was left behind")
		}
	})
}

func TestContextExtensions(t *testing.T) {
	forSuites(t, func(t *testing.T, s Suite) {
		const order ExtensionType = 0xF0C0
		sc := newScene(t, s, basic)
		sc.o.Extensions = []ExtensionType{order}
		p := sc.person()
		sc.people = []*person{p}
		p.g = must[*Group](t)(Create(nil, p.id, sc.o, []Extension{{order, []byte("hash")}}, noon))
		sc.add(0, 2, CommitParams{})
		sc.commit(1, CommitParams{Proposals: []Proposal{SetExtensions(Extension{order, []byte("amended")})}})
		for _, p := range sc.people {
			if got, ok := p.g.ContextExtension(order); !ok || string(got) != "amended" {
				t.Fatalf("extension = %q", got)
			}
		}
		sc.o.Extensions = nil
		j := sc.joiner()
		if _, err := p.g.Commit(CommitParams{Adds: [][]byte{j.kp.Bytes()}}, noon); err == nil {
			t.Fatal("one was added who does not know the group's extension")
		}
	})
}

// TestDiscard: a commit that is not admitted leaves nothing behind, and the
// group goes on.
func TestDiscard(t *testing.T) {
	sc := newScene(t, P256AES128, basic)
	sc.add(0, 2, CommitParams{})
	refused := errors.New("not on the roster")
	p := must[*Pending](t)(sc.people[0].g.Commit(CommitParams{Removes: []LeafIndex{1}}, noon))
	for i, who := range []*person{sc.people[2], sc.people[0]} {
		s := must[*Staged](t)(who.g.Stage(p.Message, noon))
		if a, err := s.Admit(func(*Staged) error { return refused }); !errors.Is(err, refused) || a != nil {
			t.Fatalf("Admit = %v, %v", a, err)
		}
		if _, err := s.Admit(nil); err == nil {
			t.Fatal("admitted without a check")
		}
		keys := s.next.secretsOf(t)
		s.Discard()
		for _, k := range keys {
			if zero(k) != (i == 0) {
				t.Fatalf("member %d: secret overwritten: %v", i, zero(k))
			}
		}
		a := must[*Admitted](t)(s.Admit(agree))
		if err := who.g.Merge(a); err == nil {
			t.Fatal("a discarded commit was merged")
		}
	}
	sc.deliver(p.Message) // the order has taken it after all
	sc.same()
}

// TestStale: what was staged in one epoch cannot be merged in another, nor twice.
func TestStale(t *testing.T) {
	sc := newScene(t, P256AES128, basic)
	sc.add(0, 2, CommitParams{})
	one := must[*Pending](t)(sc.people[0].g.Commit(CommitParams{}, noon))
	two := must[*Pending](t)(sc.people[1].g.Commit(CommitParams{}, noon))
	g := sc.people[2].g
	first := must[*Admitted](t)(must[*Staged](t)(g.Stage(one.Message, noon)).Admit(agree))
	second := must[*Admitted](t)(must[*Staged](t)(g.Stage(two.Message, noon)).Admit(agree))
	if err := g.Merge(first); err != nil {
		t.Fatal(err)
	}
	for _, a := range []*Admitted{first, second, {}, nil} {
		if err := g.Merge(a); err == nil {
			t.Error("merged")
		}
	}
	if _, err := g.Stage(two.Message, noon); !errors.Is(err, errEpoch) {
		t.Errorf("Stage = %v", err)
	}
}
