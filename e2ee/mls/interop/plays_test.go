package main

import (
	"fmt"
	"slices"

	"incamera/e2ee/mls"
	pb "incamera/e2ee/mls/interop/harness"
)

// The harness's scripts, each under the name of its configuration and its own:
// who does what in which order is the harness's, how it is said is not.
var scripts = map[string]func(*troupe){
	"welcome_join/no_path_secret":     func(tr *troupe) { tr.welcome(step{}) },
	"welcome_join/with_path_secret":   func(tr *troupe) { tr.welcome(step{path: true}) },
	"welcome_join/with_external_tree": func(tr *troupe) { tr.welcome(step{apart: true}) },
	"welcome_join/with_psk": func(tr *troupe) {
		tr.create("alice")
		p := tr.add("alice", tr.keyPackage("bob"))
		k := tr.psk("alice", "bob")
		tr.commit("alice", step{refs: [][]byte{p, tr.inject("alice", k)}, joiners: []string{"bob"}})
	},

	"external_join/normal": (*troupe).pair,
	"external_join/with_psk": func(tr *troupe) {
		tr.create("alice")
		tr.externalJoin("alice", "bob", outside{psks: []*pb.PreSharedKey{tr.psk("alice")}})
	},
	"external_join/removing_prior": func(tr *troupe) {
		tr.pair()
		tr.externalJoin("alice", "bob", outside{prior: true})
	},
	"external_join/with_external_tree": func(tr *troupe) {
		tr.create("alice")
		tr.externalJoin("alice", "bob", outside{apart: true})
	},
	"external_join/with_more_members": func(tr *troupe) {
		tr.create("alice")
		tr.addAll("alice", step{}, "bob", "charlie", "diana")
		tr.externalJoin("diana", "ellen", outside{})
	},
	"external_join/everything": func(tr *troupe) { // not of the harness
		tr.create("alice", "bob", "charlie")
		k := tr.psk("alice", "bob", "charlie")
		tr.externalJoin("charlie", "bob", outside{apart: true, prior: true, psks: []*pb.PreSharedKey{k}})
		tr.commit("bob", step{path: true})
	},

	"commit/empty": func(tr *troupe) {
		tr.pair()
		tr.commit("alice", step{})
	},
	"commit/add": func(tr *troupe) {
		tr.pair()
		tr.addThree(true, 1)
		tr.addThree(false, 4)
	},
	"commit/remove": func(tr *troupe) {
		tr.pair()
		tr.addAll("alice", step{}, "charlie1", "charlie2", "charlie3")
		tr.commit("alice", step{
			refs:    [][]byte{tr.remove("alice", "charlie1"), tr.remove("bob", "charlie2")},
			values:  []*pb.ProposalDescription{removal("charlie3")},
			removed: []string{"charlie1", "charlie2", "charlie3"},
		})
	},
	"commit/update": func(tr *troupe) {
		tr.pair()
		tr.commit("alice", step{refs: [][]byte{tr.update("bob")}})
	},
	"commit/group_context_extensions": func(tr *troupe) {
		tr.pair()
		tr.commit("alice", step{refs: [][]byte{tr.extend("alice", noDemands, noSenders)}})
		tr.commit("alice", step{refs: [][]byte{tr.extend("bob")}})
		tr.commit("alice", step{values: []*pb.ProposalDescription{extension(noDemands)}})
	},
	"commit/external_psk": func(tr *troupe) {
		tr.pair()
		one, two, three := tr.psk("alice", "bob"), tr.psk("alice", "bob"), tr.psk("alice", "bob")
		for _, path := range []bool{true, false} {
			tr.commit("alice", step{
				refs:   [][]byte{tr.inject("alice", one), tr.inject("bob", two)},
				values: []*pb.ProposalDescription{injection(three)}, path: path,
			})
		}
	},
	"commit/resumption_psk": func(tr *troupe) {
		tr.pair()
		tr.commit("alice", step{})
		tr.commit("alice", step{})
		for epoch := range uint64(2) { // the last is each time the epoch itself
			tr.commit("alice", step{
				refs:   [][]byte{tr.resume("alice", epoch+1), tr.resume("bob", epoch+2)},
				values: []*pb.ProposalDescription{resumption(epoch + 3)}, path: true,
			})
		}
	},
	"commit/all_together_alice_proposes": func(tr *troupe) { tr.together("alice") },
	"commit/all_together_bob_proposes":   func(tr *troupe) { tr.together("bob") },
	"commit/deep":                        (*troupe).deep,

	"application/in_order": func(tr *troupe) {
		tr.create("alice", "bob")
		tr.hearAll("bob", tr.say("alice", "one"), tr.say("alice", "two"), tr.say("alice", "three"))
	},
	"application/out_of_order_within_epoch": func(tr *troupe) {
		tr.create("alice", "bob")
		said := []said{tr.say("alice", "one"), tr.say("alice", "two"), tr.say("alice", "")}
		slices.Reverse(said)
		tr.hearAll("bob", said...)
	},
	"application/out_of_order_across_epochs": func(tr *troupe) {
		tr.create("alice", "bob")
		said := []said{tr.say("alice", "one"), tr.say("alice", "two")}
		tr.commit("alice", step{})
		said = append(said, tr.say("alice", "three"), tr.say("alice", "four"))
		slices.Reverse(said)
		tr.hearAll("bob", said...)
	},

	"external_proposals/joiner_signed_add": func(tr *troupe) {
		tr.create("alice")
		tr.commit("alice", step{refs: [][]byte{tr.asks("alice", "bob")}, joiners: []string{"bob"}})
	},
	"external_proposals/external_add": func(tr *troupe) {
		tr.pair()
		tr.commit("alice", step{refs: [][]byte{tr.addSigner("alice", "ds")}})
		p := tr.fromOutside("ds", "alice", addition(tr.keyPackage("charlie")))
		tr.commit("alice", step{refs: [][]byte{p}, joiners: []string{"charlie"}})
	},
	"external_proposals/external_remove": func(tr *troupe) {
		tr.trio()
		p := tr.fromOutside("ds", "alice", removal("bob"))
		tr.commit("alice", step{refs: [][]byte{p}, removed: []string{"bob"}})
	},
	"external_proposals/external_psk": func(tr *troupe) {
		tr.trio()
		k := tr.psk("alice", "bob", "charlie")
		tr.commit("alice", step{refs: [][]byte{tr.fromOutside("ds", "alice", injection(k))}})
	},
	"external_proposals/resumption_psk": func(tr *troupe) {
		tr.trio()
		tr.commit("alice", step{refs: [][]byte{tr.fromOutside("ds", "alice", resumption(2))}})
	},
	"external_proposals/group_context_extensions": func(tr *troupe) {
		tr.trio()
		tr.commit("alice", step{refs: [][]byte{tr.fromOutside("ds", "alice", extension(noDemands))}})
	},
	"external_proposals/multiple_external": func(tr *troupe) {
		tr.trio()
		one, two := tr.psk("alice", "bob", "charlie"), tr.psk("alice", "bob", "charlie")
		tr.commit("alice", step{refs: [][]byte{tr.addSigner("alice", "ds2")}})
		tr.commit("alice", step{refs: [][]byte{
			tr.fromOutside("ds", "alice", injection(one)), tr.fromOutside("ds2", "alice", injection(two)),
		}})
	},
	"external_proposals/external_reinit": func(tr *troupe) {
		tr.trio()
		p := tr.fromOutside("ds", "alice", &pb.ProposalDescription{
			ProposalType: []byte("reinit"), GroupId: []byte("group++"), CipherSuite: uint32(tr.otherSuite()),
			Extensions: []*pb.Extension{noDemands},
		})
		tr.reinit(p, "alice", "bob", step{path: true})
	},

	"branch/base":            func(tr *troupe) { tr.branchOff(step{}) },
	"branch/with_extensions": func(tr *troupe) { tr.branchOff(step{}, noDemands, noSenders) },
	"branch/external_tree":   func(tr *troupe) { tr.branchOff(step{apart: true}) },
	"branch/force_path":      func(tr *troupe) { tr.branchOff(step{path: true}) },

	"reinit/change_ciphersuite": func(tr *troupe) { tr.restart(restart{suite: true}) },
	"reinit/change_group_id":    func(tr *troupe) { tr.restart(restart{group: true}) },
	"reinit/change_extensions":  func(tr *troupe) { tr.restart(restart{extensions: []*pb.Extension{noDemands, noSenders}}) },
	"reinit/external_tree":      func(tr *troupe) { tr.restart(restart{group: true, step: step{apart: true}}) },
	"reinit/force_path":         func(tr *troupe) { tr.restart(restart{group: true, step: step{path: true}}) },
	"reinit/all_same_actor": func(tr *troupe) {
		tr.create("alice", "bob", "charlie", "diana", "eliza")
		tr.reinit(tr.close("alice", restart{group: true}), "alice", "alice", step{})
	},
}

var (
	noDemands = &pb.Extension{ExtensionType: uint32(mls.ExtRequiredCapabilities), ExtensionData: []byte{0, 0, 0}}
	noSenders = &pb.Extension{ExtensionType: uint32(mls.ExtExternalSenders), ExtensionData: []byte{0}}
)

// Proposals by value.

func addition(kp []byte) *pb.ProposalDescription {
	return &pb.ProposalDescription{ProposalType: []byte("add"), KeyPackage: kp}
}

func removal(name string) *pb.ProposalDescription {
	return &pb.ProposalDescription{ProposalType: []byte("remove"), RemovedId: []byte(name)}
}

func injection(k *pb.PreSharedKey) *pb.ProposalDescription {
	return &pb.ProposalDescription{ProposalType: []byte("externalPSK"), PskId: k.PskId}
}

func resumption(epoch uint64) *pb.ProposalDescription {
	return &pb.ProposalDescription{ProposalType: []byte("resumptionPSK"), EpochId: epoch}
}

func extension(es ...*pb.Extension) *pb.ProposalDescription {
	return &pb.ProposalDescription{ProposalType: []byte("groupContextExtensions"), Extensions: es}
}

// Beginnings and parts that scripts share.

func (tr *troupe) welcome(s step) {
	tr.t.Helper()
	tr.create("alice")
	tr.addAll("alice", s, "bob")
}

func (tr *troupe) pair() {
	tr.t.Helper()
	tr.create("alice")
	tr.externalJoin("alice", "bob", outside{})
}

// trio is three members, all but the first from outside, and a signer outside.
func (tr *troupe) trio() {
	tr.t.Helper()
	tr.pair()
	tr.externalJoin("alice", "charlie", outside{})
	tr.commit("alice", step{refs: [][]byte{tr.addSigner("alice", "ds")}})
}

// addAll adds by proposals of the committer.
func (tr *troupe) addAll(by string, s step, names ...string) {
	tr.t.Helper()
	var kps [][]byte
	for _, n := range names {
		kps = append(kps, tr.keyPackage(n))
	}
	for _, kp := range kps {
		s.refs = append(s.refs, tr.add(by, kp))
	}
	s.joiners = names
	tr.commit(by, s)
}

// addThree adds by a proposal of one's own, one of another's, and by value.
func (tr *troupe) addThree(path bool, from int) {
	tr.t.Helper()
	var names []string
	var kps [][]byte
	for i := range 3 {
		names = append(names, fmt.Sprintf("charlie%d", from+i))
		kps = append(kps, tr.keyPackage(names[i]))
	}
	tr.commit("alice", step{
		refs:   [][]byte{tr.add("alice", kps[0]), tr.add("bob", kps[1])},
		values: []*pb.ProposalDescription{addition(kps[2])}, joiners: names, path: path,
	})
}

// together has proposals of all kinds committed at once.
func (tr *troupe) together(by string) {
	tr.t.Helper()
	tr.pair()
	tr.addAll("alice", step{}, "charlie1", "charlie2")
	one, two := tr.psk("alice", "bob"), tr.psk("alice", "bob")
	refs := [][]byte{
		tr.add(by, tr.keyPackage("charlie3")), tr.remove(by, "charlie1"),
		tr.extend(by, noDemands, noSenders), tr.inject(by, one), tr.resume(by, 1),
	}
	if by != "alice" {
		refs = append(refs, tr.update(by))
	}
	tr.commit("alice", step{
		refs: refs, removed: []string{"charlie1", "charlie2"},
		values: []*pb.ProposalDescription{
			addition(tr.keyPackage("charlie4")), removal("charlie2"), injection(two), resumption(2),
		},
	})
}

// deep has a group grow and shrink for some epochs, with members updating.
func (tr *troupe) deep() {
	tr.t.Helper()
	tr.create("0", "1", "2", "3", "4", "5")
	for round := range 8 {
		by := tr.members[round*5%len(tr.members)]
		gone := tr.members[(round*7+3)%len(tr.members)]
		s := step{path: round%3 == 0, apart: round%2 == 0}
		for i, m := range tr.members {
			if m != by && m != gone && i%3 == round%3 {
				s.refs = append(s.refs, tr.update(m))
			}
		}
		if by != gone {
			s.values, s.removed = append(s.values, removal(gone)), []string{gone}
		}
		for i := range 1 + round%2 {
			s.joiners = append(s.joiners, fmt.Sprintf("%d.%d", round, i))
			s.values = append(s.values, addition(tr.keyPackage(s.joiners[i])))
		}
		tr.commit(by, s)
	}
}

func (tr *troupe) branchOff(s step, es ...*pb.Extension) {
	tr.t.Helper()
	others := []string{"bob", "charlie", "diana", "eliza"}
	tr.create("alice", others...)
	tr.branch("alice", others, s, es...)
}

// A restart is what is to change with a new group.
type restart struct {
	step
	suite, group bool
	extensions   []*pb.Extension
}

func (tr *troupe) restart(r restart) {
	tr.t.Helper()
	tr.create("alice", "bob", "charlie", "diana", "eliza")
	tr.reinit(tr.close("alice", r), "bob", "charlie", r.step)
	tr.talk()
	tr.commit("bob", step{path: true})
}

func (tr *troupe) otherSuite() mls.Suite {
	at := slices.Index(tr.suites, tr.suite)
	return tr.suites[(at+1)%len(tr.suites)]
}
