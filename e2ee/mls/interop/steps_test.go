package main

import (
	pb "incamera/e2ee/mls/interop/harness"
)

// The harness's steps: each is a call, or a few with what must come of them.

func (tr *troupe) proposal(r *pb.ProposalResponse, err error) []byte {
	tr.t.Helper()
	return must[*pb.ProposalResponse](tr.t)(r, err).Proposal
}

func (tr *troupe) add(by string, kp []byte) []byte {
	tr.t.Helper()
	return tr.proposal(tr.actor(by).AddProposal(tr.t.Context(), &pb.AddProposalRequest{StateId: tr.state[by], KeyPackage: kp}))
}

func (tr *troupe) remove(by, name string) []byte {
	tr.t.Helper()
	return tr.proposal(tr.actor(by).RemoveProposal(tr.t.Context(), &pb.RemoveProposalRequest{StateId: tr.state[by], RemovedId: []byte(name)}))
}

func (tr *troupe) update(by string) []byte {
	tr.t.Helper()
	return tr.proposal(tr.actor(by).UpdateProposal(tr.t.Context(), &pb.UpdateProposalRequest{StateId: tr.state[by]}))
}

func (tr *troupe) inject(by string, k *pb.PreSharedKey) []byte {
	tr.t.Helper()
	return tr.proposal(tr.actor(by).ExternalPSKProposal(tr.t.Context(), &pb.ExternalPSKProposalRequest{StateId: tr.state[by], PskId: k.PskId}))
}

func (tr *troupe) resume(by string, epoch uint64) []byte {
	tr.t.Helper()
	return tr.proposal(tr.actor(by).ResumptionPSKProposal(tr.t.Context(), &pb.ResumptionPSKProposalRequest{StateId: tr.state[by], EpochId: epoch}))
}

func (tr *troupe) extend(by string, es ...*pb.Extension) []byte {
	tr.t.Helper()
	return tr.proposal(tr.actor(by).GroupContextExtensionsProposal(tr.t.Context(), &pb.GroupContextExtensionsProposalRequest{
		StateId: tr.state[by], Extensions: es,
	}))
}

// close proposes to go on in a new group.
func (tr *troupe) close(by string, r restart) []byte {
	tr.t.Helper()
	group, suite := "group", tr.suite
	if r.group {
		group = "group++"
	}
	if r.suite {
		suite = tr.otherSuite()
	}
	return tr.proposal(tr.actor(by).ReInitProposal(tr.t.Context(), &pb.ReInitProposalRequest{
		StateId: tr.state[by], CipherSuite: uint32(suite), GroupId: []byte(group), Extensions: r.extensions,
	}))
}

// asks has one who is not in the group propose to be added.
func (tr *troupe) asks(via, name string) []byte {
	tr.t.Helper()
	n := must[*pb.NewMemberAddProposalResponse](tr.t)(tr.actor(name).NewMemberAddProposal(tr.t.Context(), &pb.NewMemberAddProposalRequest{
		GroupInfo: tr.info(via, false).GroupInfo, Identity: []byte(name),
	}))
	tr.offer[name] = n.TransactionId
	return n.Proposal
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

func (tr *troupe) branch(by string, others []string, s step, es ...*pb.Extension) {
	tr.t.Helper()
	ctx := tr.t.Context()
	var kps [][]byte
	for _, m := range others {
		kps = append(kps, tr.keyPackage(m))
	}
	sub := must[*pb.CreateSubgroupResponse](tr.t)(tr.actor(by).CreateBranch(ctx, &pb.CreateBranchRequest{
		StateId: tr.state[by], GroupId: []byte("branch"), Extensions: es, KeyPackages: kps, ExternalTree: s.apart, ForcePath: s.path,
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
}

func (tr *troupe) reinit(p []byte, committer, welcomer string, s step) {
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
	delete(kps, welcomer)
	var others [][]byte
	for _, kp := range kps { // in any order
		others = append(others, kp)
	}
	sub := must[*pb.CreateSubgroupResponse](tr.t)(tr.actor(welcomer).ReInitWelcome(ctx, &pb.ReInitWelcomeRequest{
		ReinitId: ids[welcomer], KeyPackage: others, ForcePath: s.path, ExternalTree: s.apart,
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
