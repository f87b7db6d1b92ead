package main

import (
	"bytes"
	"context"
	"time"

	"incamera/e2ee/mls"
	pb "incamera/e2ee/mls/interop/harness"
)

// This file is for groups that come from groups, and for those outside.

func (s *server) ReInitCommit(ctx context.Context, r *pb.CommitRequest) (*pb.CommitResponse, error) {
	return s.Commit(ctx, r)
}

// closed takes the commit that closes a group and makes a key package for the
// next.
func (s *server) closed(n uint32, take func(*state) error) (*pb.HandleReInitCommitResponse, error) {
	out := &pb.HandleReInitCommitResponse{}
	return out, s.with(n, func(st *state) error {
		if err := take(st); err != nil {
			return err
		}
		next := st.g.Restarted()
		o, err := newOffer(uint32(next.Suite), st.id.Credential.Identity)
		if err != nil {
			return err
		}
		out.ReinitId, out.KeyPackage, out.EpochAuthenticator = s.number(), o.kp.Bytes(), st.g.Authenticator()
		s.reinits[out.ReinitId] = &reinit{o, st}
		return nil
	})
}

func (s *server) HandlePendingReInitCommit(_ context.Context, r *pb.HandlePendingCommitRequest) (*pb.HandleReInitCommitResponse, error) {
	return s.closed(r.StateId, (*state).takePending)
}

func (s *server) HandleReInitCommit(_ context.Context, r *pb.HandleCommitRequest) (*pb.HandleReInitCommitResponse, error) {
	return s.closed(r.StateId, func(st *state) error { return st.takeOthers(r.Proposal, r.Commit) })
}

func (s *server) subgroup(c *client, sub *mls.Subgroup, public bool) *pb.CreateSubgroupResponse {
	return &pb.CreateSubgroupResponse{
		StateId: s.enter(c, sub.Group, public), Welcome: sub.Welcome, RatchetTree: sub.Tree,
		EpochAuthenticator: sub.Group.Authenticator(),
	}
}

func (s *server) ReInitWelcome(_ context.Context, r *pb.ReInitWelcomeRequest) (*pb.CreateSubgroupResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	re, err := find(s.reinits, "reinit", r.ReinitId)
	if err != nil {
		return nil, err
	}
	in := mls.SubgroupParams{Adds: r.KeyPackage, NoPath: !r.ForcePath, InlineTree: !r.ExternalTree}
	sub, err := re.old.g.Restart(in, re.id, re.o, time.Now())
	if err != nil {
		return nil, err
	}
	return s.subgroup(re.client, sub, re.old.public), nil
}

func (s *server) HandleReInitWelcome(_ context.Context, r *pb.HandleReInitWelcomeRequest) (*pb.JoinGroupResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	re, err := find(s.reinits, "reinit", r.ReinitId)
	if err != nil {
		return nil, err
	}
	g, err := re.old.g.JoinRestart(r.Welcome, apart(r.RatchetTree), re.kp, re.o, nil, time.Now())
	if err != nil {
		return nil, err
	}
	return &pb.JoinGroupResponse{StateId: s.enter(re.client, g, re.old.public), EpochAuthenticator: g.Authenticator()}, nil
}

func (s *server) CreateBranch(_ context.Context, r *pb.CreateBranchRequest) (*pb.CreateSubgroupResponse, error) {
	var out *pb.CreateSubgroupResponse
	err := s.with(r.StateId, func(st *state) error {
		sub, err := st.g.Branch(mls.SubgroupParams{
			GroupID: r.GroupId, Extensions: extensions(r.Extensions), Adds: r.KeyPackages,
			NoPath: !r.ForcePath, InlineTree: !r.ExternalTree,
		}, st.id, time.Now())
		if err != nil {
			return err
		}
		out = s.subgroup(st.client, sub, st.public)
		return nil
	})
	return out, err
}

func (s *server) HandleBranch(_ context.Context, r *pb.HandleBranchRequest) (*pb.HandleBranchResponse, error) {
	out := &pb.HandleBranchResponse{}
	return out, s.with(r.StateId, func(st *state) error {
		o, err := find(s.offers, "transaction", r.TransactionId)
		if err != nil {
			return err
		}
		g, err := st.g.JoinBranch(r.Welcome, apart(r.RatchetTree), o.kp, o.o, nil, time.Now())
		if err != nil {
			return err
		}
		out.StateId, out.EpochAuthenticator = s.enter(o.client, g, st.public), g.Authenticator()
		return nil
	})
}

func (s *server) NewMemberAddProposal(_ context.Context, r *pb.NewMemberAddProposalRequest) (*pb.NewMemberAddProposalResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := mls.ReadGroupInfo(r.GroupInfo)
	if err != nil {
		return nil, err
	}
	o, err := newOffer(uint32(info.Suite), r.Identity)
	if err != nil {
		return nil, err
	}
	out := &pb.NewMemberAddProposalResponse{TransactionId: s.number()}
	s.offers[out.TransactionId] = o
	if out.Proposal, err = mls.ProposeSelf(r.GroupInfo, o.kp, o.o, time.Now()); err != nil {
		return nil, err
	}
	out.InitPriv, out.EncryptionPriv, out.SignaturePriv, err = o.privates()
	return out, err
}

func (s *server) CreateExternalSigner(_ context.Context, r *pb.CreateExternalSignerRequest) (*pb.CreateExternalSignerResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := newClient(r.CipherSuite, r.Identity)
	if err != nil {
		return nil, err
	}
	sender, err := c.id.ExternalSender(c.o.Suite)
	if err != nil {
		return nil, err
	}
	out := &pb.CreateExternalSignerResponse{SignerId: s.number(), ExternalSender: sender.Bytes()}
	s.signers[out.SignerId] = c.id
	return out, nil
}

func (s *server) ExternalSignerProposal(_ context.Context, r *pb.ExternalSignerProposalRequest) (*pb.ProposalResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, err := find(s.signers, "signer", r.SignerId)
	if err != nil {
		return nil, err
	}
	info, err := mls.ReadGroupInfo(r.GroupInfo)
	if err != nil {
		return nil, err
	}
	p, err := describe(r.Description, info.GroupID, func() (mls.LeafIndex, error) {
		return inTree(info.Suite, r.GroupInfo, r.RatchetTree, r.Description.RemovedId)
	})
	if err != nil {
		return nil, err
	}
	c, err := newClient(uint32(info.Suite), nil)
	if err != nil {
		return nil, err
	}
	m, err := mls.ProposeExternally(r.GroupInfo, p, place(info, id, r.SignerIndex), id.Signer, c.o, time.Now())
	return &pb.ProposalResponse{Proposal: m}, err
}

// place is where the group lists a signer. The harness names a place, but leaves
// it at 0 however many signers there are.
func place(info mls.GroupInfoSummary, id mls.Identity, told uint32) uint32 {
	own, err := id.ExternalSender(info.Suite)
	if err != nil {
		return told
	}
	senders, err := mls.ExternalSenders(info.Extensions)
	if err != nil {
		return told
	}
	for i, s := range senders {
		if bytes.Equal(s.SignatureKey, own.SignatureKey) {
			return uint32(i)
		}
	}
	return told
}
