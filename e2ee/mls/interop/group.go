package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"incamera/e2ee/mls"
	pb "incamera/e2ee/mls/interop/harness"
)

// with runs f on a state, one call at a time.
func (s *server) with(n uint32, f func(*state) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := find(s.states, "state", n)
	if err != nil {
		return err
	}
	return f(st)
}

func (s *server) GroupInfo(_ context.Context, r *pb.GroupInfoRequest) (*pb.GroupInfoResponse, error) {
	out := &pb.GroupInfoResponse{}
	return out, s.with(r.StateId, func(st *state) (err error) {
		out.GroupInfo, err = st.g.GroupInfo(!r.ExternalTree)
		if r.ExternalTree {
			out.RatchetTree = st.g.Tree()
		}
		return err
	})
}

func (s *server) StateAuth(_ context.Context, r *pb.StateAuthRequest) (*pb.StateAuthResponse, error) {
	out := &pb.StateAuthResponse{}
	return out, s.with(r.StateId, func(st *state) error {
		out.StateAuthSecret = st.g.Authenticator()
		return nil
	})
}

func (s *server) Export(_ context.Context, r *pb.ExportRequest) (*pb.ExportResponse, error) {
	out := &pb.ExportResponse{}
	return out, s.with(r.StateId, func(st *state) (err error) {
		out.ExportedSecret, err = st.g.Exporter(r.Label, r.Context, int(r.KeyLength))
		return err
	})
}

func (s *server) Protect(_ context.Context, r *pb.ProtectRequest) (*pb.ProtectResponse, error) {
	out := &pb.ProtectResponse{}
	return out, s.with(r.StateId, func(st *state) (err error) {
		out.Ciphertext, err = st.g.Protect(r.Plaintext, r.AuthenticatedData)
		return err
	})
}

func (s *server) Unprotect(_ context.Context, r *pb.UnprotectRequest) (*pb.UnprotectResponse, error) {
	out := &pb.UnprotectResponse{}
	return out, s.with(r.StateId, func(st *state) error {
		d, err := st.unprotect(r.Ciphertext)
		if err == nil {
			out.Plaintext, out.AuthenticatedData = d.Data, d.AuthenticatedData
		}
		return err
	})
}

// unprotect opens a message of this epoch or one of the last. The harness wants
// late messages opened, which a group does not do: their keys end with their
// epoch.
func (st *state) unprotect(message []byte) (*mls.ApplicationData, error) {
	d, err := st.g.Unprotect(message)
	for _, g := range st.earlier {
		if err == nil {
			break
		}
		if late, missed := g.Unprotect(message); missed == nil {
			d, err = late, nil
		}
	}
	return d, err
}

// keep puts a copy of the group aside before it moves on.
func (st *state) keep() error {
	stored, err := st.g.Marshal()
	if err != nil {
		return err
	}
	g, err := mls.Unmarshal(stored, st.id, st.o)
	if err != nil {
		return err
	}
	st.earlier = append([]*mls.Group{g}, st.earlier[:min(len(st.earlier), 3)]...)
	return nil
}

// propose sends a proposal, and remembers that it is one's own.
func (s *server) propose(n uint32, make func(*state) (mls.Proposal, error)) (*pb.ProposalResponse, error) {
	out := &pb.ProposalResponse{}
	return out, s.with(n, func(st *state) error {
		p, err := make(st)
		if err != nil {
			return err
		}
		sent, err := st.g.Propose(p, mls.ProposalParams{Public: st.public}, time.Now())
		return st.sent(out, sent, err)
	})
}

func (st *state) sent(out *pb.ProposalResponse, sent *mls.SentProposal, err error) error {
	if err == nil {
		out.Proposal = sent.Message
		st.seen[string(sent.Message)] = sent.Ref
	}
	return err
}

// described makes the proposal that the harness describes.
func (s *server) described(n uint32, d *pb.ProposalDescription) (*pb.ProposalResponse, error) {
	return s.propose(n, func(st *state) (mls.Proposal, error) { return st.describe(d) })
}

func (s *server) AddProposal(_ context.Context, r *pb.AddProposalRequest) (*pb.ProposalResponse, error) {
	return s.described(r.StateId, &pb.ProposalDescription{ProposalType: []byte("add"), KeyPackage: r.KeyPackage})
}

func (s *server) RemoveProposal(_ context.Context, r *pb.RemoveProposalRequest) (*pb.ProposalResponse, error) {
	return s.described(r.StateId, &pb.ProposalDescription{ProposalType: []byte("remove"), RemovedId: r.RemovedId})
}

func (s *server) ExternalPSKProposal(_ context.Context, r *pb.ExternalPSKProposalRequest) (*pb.ProposalResponse, error) {
	return s.described(r.StateId, &pb.ProposalDescription{ProposalType: []byte("externalPSK"), PskId: r.PskId})
}

func (s *server) ResumptionPSKProposal(_ context.Context, r *pb.ResumptionPSKProposalRequest) (*pb.ProposalResponse, error) {
	return s.described(r.StateId, &pb.ProposalDescription{ProposalType: []byte("resumptionPSK"), EpochId: r.EpochId})
}

func (s *server) GroupContextExtensionsProposal(_ context.Context, r *pb.GroupContextExtensionsProposalRequest) (*pb.ProposalResponse, error) {
	return s.described(r.StateId, &pb.ProposalDescription{ProposalType: []byte("groupContextExtensions"), Extensions: r.Extensions})
}

func (s *server) ReInitProposal(_ context.Context, r *pb.ReInitProposalRequest) (*pb.ProposalResponse, error) {
	return s.described(r.StateId, &pb.ProposalDescription{
		ProposalType: []byte("reinit"), GroupId: r.GroupId, CipherSuite: r.CipherSuite, Extensions: r.Extensions,
	})
}

func (s *server) UpdateProposal(_ context.Context, r *pb.UpdateProposalRequest) (*pb.ProposalResponse, error) {
	out := &pb.ProposalResponse{}
	return out, s.with(r.StateId, func(st *state) error {
		sent, err := st.g.ProposeUpdate(nil, mls.ProposalParams{Public: st.public}, time.Now())
		return st.sent(out, sent, err)
	})
}

func extensions(es []*pb.Extension) []mls.Extension {
	var out []mls.Extension
	for _, e := range es {
		out = append(out, mls.Extension{Type: mls.ExtensionType(e.ExtensionType), Data: e.ExtensionData})
	}
	return out
}

func (st *state) describe(d *pb.ProposalDescription) (mls.Proposal, error) {
	return describe(d, st.g.GroupID(), func() (mls.LeafIndex, error) { return among(st.g.Members(), d.RemovedId) })
}

// describe makes a proposal of its description.
func describe(d *pb.ProposalDescription, group []byte, removed func() (mls.LeafIndex, error)) (mls.Proposal, error) {
	switch string(d.ProposalType) {
	case "add":
		return mls.Add(d.KeyPackage)
	case "remove":
		l, err := removed()
		return mls.Remove(l), err
	case "externalPSK":
		return mls.InjectPSK(mls.PSKID{Type: mls.ExternalPSK, ID: d.PskId}), nil
	case "resumptionPSK":
		return mls.InjectPSK(mls.PSKID{
			Type: mls.ResumptionPSK, Usage: mls.UseApplication, GroupID: group, Epoch: d.EpochId,
		}), nil
	case "groupContextExtensions":
		return mls.SetExtensions(extensions(d.Extensions)...), nil
	case "reinit":
		return mls.Restart(mls.ReInit{
			GroupID: d.GroupId, Suite: mls.Suite(d.CipherSuite), Extensions: extensions(d.Extensions),
		}), nil
	}
	return mls.Proposal{}, errors.New("proposal of unknown kind")
}

// refs handles proposals that have not been seen, and names them all.
func (st *state) refs(messages [][]byte) ([]mls.ProposalRef, error) {
	var out []mls.ProposalRef
	for _, m := range messages {
		ref, ok := st.seen[string(m)]
		if !ok {
			var err error
			if ref, err = st.g.HandleProposal(m); err != nil {
				return nil, err
			}
			st.seen[string(m)] = ref
		}
		out = append(out, ref)
	}
	return out, nil
}

func (s *server) Commit(_ context.Context, r *pb.CommitRequest) (*pb.CommitResponse, error) {
	out := &pb.CommitResponse{}
	return out, s.with(r.StateId, func(st *state) error {
		in := mls.CommitParams{Public: st.public, NoPath: !r.ForcePath, InlineTree: !r.ExternalTree}
		var err error
		if in.References, err = st.refs(r.ByReference); err != nil {
			return err
		}
		for _, d := range r.ByValue {
			p, err := st.describe(d)
			if err != nil {
				return err
			}
			in.Proposals = append(in.Proposals, p)
		}
		if st.pending, err = st.g.Commit(in, time.Now()); err != nil {
			return err
		}
		out.Commit, out.Welcome, out.RatchetTree = st.pending.Message, st.pending.Welcome, st.pending.Tree
		return nil
	})
}

// take has the group take a commit.
func (st *state) take(message []byte) error {
	staged, err := st.g.Stage(message, time.Now())
	if err != nil {
		return err
	}
	admitted, err := staged.Admit(func(*mls.Staged) error { return nil })
	if err != nil {
		return err
	}
	if err := st.keep(); err != nil {
		return err
	}
	st.pending = nil
	clear(st.seen)
	return st.g.Merge(admitted)
}

func (st *state) takePending() error {
	if st.pending == nil {
		return errors.New("no commit is pending")
	}
	return st.take(st.pending.Message)
}

func (st *state) takeOthers(proposals [][]byte, commit []byte) error {
	if _, err := st.refs(proposals); err != nil {
		return err
	}
	return st.take(commit)
}

func (s *server) HandleCommit(_ context.Context, r *pb.HandleCommitRequest) (*pb.HandleCommitResponse, error) {
	out := &pb.HandleCommitResponse{StateId: r.StateId}
	return out, s.with(r.StateId, func(st *state) error {
		err := st.takeOthers(r.Proposal, r.Commit)
		out.EpochAuthenticator = st.g.Authenticator()
		return err
	})
}

func (s *server) HandlePendingCommit(_ context.Context, r *pb.HandlePendingCommitRequest) (*pb.HandleCommitResponse, error) {
	out := &pb.HandleCommitResponse{StateId: r.StateId}
	return out, s.with(r.StateId, func(st *state) error {
		err := st.takePending()
		out.EpochAuthenticator = st.g.Authenticator()
		return err
	})
}

func (s *server) AddExternalSigner(_ context.Context, r *pb.AddExternalSignerRequest) (*pb.ProposalResponse, error) {
	return s.propose(r.StateId, func(st *state) (mls.Proposal, error) {
		added, err := mls.ParseExternalSender(r.ExternalSender)
		if err != nil {
			return mls.Proposal{}, err
		}
		es := st.g.Extensions()
		senders, err := mls.ExternalSenders(es)
		if err != nil {
			return mls.Proposal{}, err
		}
		es = slices.DeleteFunc(es, func(e mls.Extension) bool { return e.Type == mls.ExtExternalSenders })
		return mls.SetExtensions(append(es, mls.ExternalSendersExtension(append(senders, added)))...), nil
	})
}
