package main

import (
	"slices"

	"incamera/e2ee/mls"
	pb "incamera/e2ee/mls/interop/harness"
)

func value(kind string, d *pb.ProposalDescription) *pb.ProposalDescription {
	d.ProposalType = []byte(kind)
	return d
}

var emptyRequired = []*pb.Extension{{ExtensionType: 3, ExtensionData: []byte{0, 0, 0}}}

var scripts = map[string]func(*troupe){
	"welcome_join": func(tr *troupe) {
		tr.create("alice")
		tr.commit("alice", step{values: []*pb.ProposalDescription{add(tr.keyPackage("bob"))}, joiners: []string{"bob"}})
		kps := []*pb.ProposalDescription{add(tr.keyPackage("charlie")), add(tr.keyPackage("diana"))}
		tr.commit("bob", step{values: kps, joiners: []string{"charlie", "diana"}, path: true, apart: true})
	},
	"welcome_join_psk": func(tr *troupe) {
		tr.create("alice")
		kp := tr.keyPackage("bob")
		k := tr.psk("paper", "alice", "bob")
		tr.commit("alice", step{
			values:  []*pb.ProposalDescription{add(kp), value("externalPSK", &pb.ProposalDescription{PskId: k.PskId})},
			joiners: []string{"bob"},
		})
	},
	"external_join": func(tr *troupe) {
		tr.create("alice")
		tr.externalJoin("alice", "bob", false, false)
		tr.externalJoin("bob", "charlie", true, false)
		tr.externalJoin("alice", "bob", false, true)
		k := tr.psk("paper", "alice", "bob", "charlie")
		tr.externalJoin("charlie", "diana", false, false, k)
	},
	"commit": func(tr *troupe) {
		ctx := tr.t.Context()
		tr.create("alice")
		tr.externalJoin("alice", "bob", false, false)
		tr.commit("alice", step{})
		add1 := tr.proposal(tr.actor("alice").AddProposal(ctx, &pb.AddProposalRequest{StateId: tr.state["alice"], KeyPackage: tr.keyPackage("charlie")}))
		add2 := tr.proposal(tr.actor("bob").AddProposal(ctx, &pb.AddProposalRequest{StateId: tr.state["bob"], KeyPackage: tr.keyPackage("diana")}))
		tr.commit("alice", step{
			refs: [][]byte{add1, add2}, values: []*pb.ProposalDescription{add(tr.keyPackage("eliza"))},
			joiners: []string{"charlie", "diana", "eliza"},
		})
		up := tr.proposal(tr.actor("bob").UpdateProposal(ctx, &pb.UpdateProposalRequest{StateId: tr.state["bob"]}))
		gone := tr.proposal(tr.actor("alice").RemoveProposal(ctx, &pb.RemoveProposalRequest{StateId: tr.state["alice"], RemovedId: []byte("diana")}))
		tr.commit("charlie", step{
			refs: [][]byte{up, gone}, removed: []string{"diana", "eliza"},
			values: []*pb.ProposalDescription{value("remove", &pb.ProposalDescription{RemovedId: []byte("eliza")})},
		})
		tr.talk()
		es := append(slices.Clone(emptyRequired), &pb.Extension{ExtensionType: 5, ExtensionData: []byte{0}})
		p := tr.proposal(tr.actor("alice").GroupContextExtensionsProposal(ctx, &pb.GroupContextExtensionsProposalRequest{StateId: tr.state["alice"], Extensions: es}))
		tr.commit("bob", step{refs: [][]byte{p}})
		tr.commit("alice", step{values: []*pb.ProposalDescription{value("groupContextExtensions", &pb.ProposalDescription{})}})
	},
	"commit_psk": func(tr *troupe) {
		ctx := tr.t.Context()
		tr.create("alice", "bob")
		one, two := tr.psk("one", "alice", "bob"), tr.psk("two", "alice", "bob")
		p := tr.proposal(tr.actor("bob").ExternalPSKProposal(ctx, &pb.ExternalPSKProposalRequest{StateId: tr.state["bob"], PskId: one.PskId}))
		tr.commit("alice", step{refs: [][]byte{p}, values: []*pb.ProposalDescription{value("externalPSK", &pb.ProposalDescription{PskId: two.PskId})}})
		tr.commit("alice", step{})
		p = tr.proposal(tr.actor("bob").ResumptionPSKProposal(ctx, &pb.ResumptionPSKProposalRequest{StateId: tr.state["bob"], EpochId: 1}))
		tr.commit("alice", step{
			refs: [][]byte{p}, path: true,
			values: []*pb.ProposalDescription{value("resumptionPSK", &pb.ProposalDescription{EpochId: 2})},
		})
	},
	"external_proposals": func(tr *troupe) {
		tr.create("alice")
		joins := tr.actor("bob")
		n := must[*pb.NewMemberAddProposalResponse](tr.t)(joins.NewMemberAddProposal(tr.t.Context(), &pb.NewMemberAddProposalRequest{
			GroupInfo: tr.info("alice", false).GroupInfo, Identity: []byte("bob"),
		}))
		tr.offer["bob"] = n.TransactionId
		tr.commit("alice", step{refs: [][]byte{n.Proposal}, joiners: []string{"bob"}})
		for _, signer := range []string{"ds1", "ds2"} {
			tr.commit("bob", step{refs: [][]byte{tr.addSigner("bob", signer)}})
		}
		k := tr.psk("paper", "alice", "bob")
		tr.commit("alice", step{refs: [][]byte{
			tr.fromOutside("ds1", "alice", add(tr.keyPackage("charlie"))),
			tr.fromOutside("ds2", "bob", value("resumptionPSK", &pb.ProposalDescription{EpochId: 2})),
		}, joiners: nil})
		tr.commit("alice", step{refs: [][]byte{
			tr.fromOutside("ds2", "alice", value("remove", &pb.ProposalDescription{RemovedId: []byte("charlie")})),
			tr.fromOutside("ds1", "alice", value("externalPSK", &pb.ProposalDescription{PskId: k.PskId})),
		}})
		tr.commit("bob", step{refs: [][]byte{
			tr.fromOutside("ds1", "alice", value("groupContextExtensions", &pb.ProposalDescription{Extensions: emptyRequired})),
		}})
	},
	"external_reinit": func(tr *troupe) {
		tr.create("alice", "bob", "charlie")
		tr.commit("alice", step{refs: [][]byte{tr.addSigner("alice", "ds")}})
		to := tr.otherSuite()
		p := tr.fromOutside("ds", "alice", value("reinit", &pb.ProposalDescription{
			GroupId: []byte("group++"), CipherSuite: uint32(to), Extensions: emptyRequired,
		}))
		tr.reinit(p, "alice", "bob", true, false)
	},
	"branch": func(tr *troupe) {
		tr.create("alice", "bob", "charlie", "diana")
		for _, apart := range []bool{false, true} {
			tr.branch("alice", []string{"bob", "charlie"}, apart)
		}
	},
	"reinit": func(tr *troupe) {
		tr.create("alice", "bob", "charlie", "diana")
		to := tr.otherSuite()
		p := tr.proposal(tr.actor("alice").ReInitProposal(tr.t.Context(), &pb.ReInitProposalRequest{
			StateId: tr.state["alice"], CipherSuite: uint32(to), GroupId: []byte("next"), Extensions: emptyRequired,
		}))
		tr.reinit(p, "bob", "charlie", false, true)
	},
	"reinit_extensions": func(tr *troupe) { // same suite, same group ID
		tr.create("alice", "bob")
		p := tr.proposal(tr.actor("bob").ReInitProposal(tr.t.Context(), &pb.ReInitProposalRequest{
			StateId: tr.state["bob"], CipherSuite: uint32(tr.suite), GroupId: []byte("group"),
			Extensions: append(slices.Clone(emptyRequired), &pb.Extension{ExtensionType: 5, ExtensionData: []byte{0}}),
		}))
		tr.reinit(p, "alice", "alice", false, false)
		tr.talk()
		tr.commit("bob", step{path: true})
	},
	"application": func(tr *troupe) {
		tr.create("alice", "bob", "charlie")
		for range 3 {
			tr.talk()
		}
	},
}

func (tr *troupe) otherSuite() mls.Suite {
	at := slices.Index(tr.suites, tr.suite)
	return tr.suites[(at+1)%len(tr.suites)]
}

func (tr *troupe) addSigner(by, name string) []byte {
	tr.t.Helper()
	s := must[*pb.CreateExternalSignerResponse](tr.t)(tr.actor(name).CreateExternalSigner(tr.t.Context(), &pb.CreateExternalSignerRequest{
		CipherSuite: uint32(tr.suite), Identity: []byte(name),
	}))
	tr.signer[name] = s.SignerId
	return tr.proposal(tr.actor(by).AddExternalSigner(tr.t.Context(), &pb.AddExternalSignerRequest{
		StateId: tr.state[by], ExternalSender: s.ExternalSender,
	}))
}

func (tr *troupe) fromOutside(signer, via string, d *pb.ProposalDescription) []byte {
	tr.t.Helper()
	info := tr.info(via, true)
	return tr.proposal(tr.actor(signer).ExternalSignerProposal(tr.t.Context(), &pb.ExternalSignerProposalRequest{
		SignerId: tr.signer[signer], GroupInfo: info.GroupInfo, RatchetTree: info.RatchetTree, Description: d,
	}))
}

func (tr *troupe) branch(by string, others []string, apart bool) {
	tr.t.Helper()
	ctx := tr.t.Context()
	var kps [][]byte
	for _, m := range others {
		kps = append(kps, tr.keyPackage(m))
	}
	sub := must[*pb.CreateSubgroupResponse](tr.t)(tr.actor(by).CreateBranch(ctx, &pb.CreateBranchRequest{
		StateId: tr.state[by], GroupId: []byte("branch"), Extensions: emptyRequired, KeyPackages: kps, ExternalTree: apart, ForcePath: apart,
	}))
	tr.state[by] = sub.StateId
	for _, m := range others {
		r := must[*pb.HandleBranchResponse](tr.t)(tr.actor(m).HandleBranch(ctx, &pb.HandleBranchRequest{
			StateId: tr.state[m], TransactionId: tr.offer[m], Welcome: sub.Welcome, RatchetTree: sub.RatchetTree,
		}))
		tr.agree(m, r.EpochAuthenticator, sub.EpochAuthenticator)
		tr.state[m] = r.StateId
	}
	tr.members = append([]string{by}, others...)
	tr.talk()
}

func (tr *troupe) reinit(p []byte, committer, welcomer string, path, apart bool) {
	tr.t.Helper()
	ctx := tr.t.Context()
	c := must[*pb.CommitResponse](tr.t)(tr.actor(committer).ReInitCommit(ctx, &pb.CommitRequest{StateId: tr.state[committer], ByReference: [][]byte{p}}))
	own := must[*pb.HandleReInitCommitResponse](tr.t)(tr.actor(committer).HandlePendingReInitCommit(ctx, &pb.HandlePendingCommitRequest{StateId: tr.state[committer]}))
	ids := map[string]uint32{committer: own.ReinitId}
	kps := map[string][]byte{committer: own.KeyPackage}
	for _, m := range tr.members {
		if m == committer {
			continue
		}
		r := must[*pb.HandleReInitCommitResponse](tr.t)(tr.actor(m).HandleReInitCommit(ctx, &pb.HandleCommitRequest{
			StateId: tr.state[m], Proposal: [][]byte{p}, Commit: c.Commit,
		}))
		tr.agree(m, r.EpochAuthenticator, own.EpochAuthenticator)
		ids[m], kps[m] = r.ReinitId, r.KeyPackage
	}
	var others [][]byte
	for m, kp := range kps {
		if m != welcomer {
			others = append(others, kp)
		}
	}
	sub := must[*pb.CreateSubgroupResponse](tr.t)(tr.actor(welcomer).ReInitWelcome(ctx, &pb.ReInitWelcomeRequest{
		ReinitId: ids[welcomer], KeyPackage: others, ForcePath: path, ExternalTree: apart,
	}))
	tr.state[welcomer] = sub.StateId
	for _, m := range tr.members {
		if m == welcomer {
			continue
		}
		r := must[*pb.JoinGroupResponse](tr.t)(tr.actor(m).HandleReInitWelcome(ctx, &pb.HandleReInitWelcomeRequest{
			ReinitId: ids[m], Welcome: sub.Welcome, RatchetTree: sub.RatchetTree,
		}))
		tr.agree(m, r.EpochAuthenticator, sub.EpochAuthenticator)
		tr.state[m] = r.StateId
	}
}
