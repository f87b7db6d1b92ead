package mls

import (
	"bytes"
	"crypto"
	"crypto/hpke"
	"errors"
	"time"
)

// This file is about proposals that are sent by themselves, RFC 9420
// section 12.1.

// A ProposalRef names a proposal that was sent, section 5.2.
type ProposalRef string

// received is a proposal of this epoch whose message has been verified.
type received struct {
	ref  ProposalRef
	from sender
	p    *Proposal
}

// An updateSecret is what an own proposed update will need.
type updateSecret struct {
	key     hpke.PrivateKey
	signer  crypto.Signer
	renewed bool // signer is not the group's so far
}

var errUnknownProposal = errors.New("mls: commit names a proposal that has not been seen")

// maxReceived bounds the proposals that are kept in one epoch.
const maxReceived = 4096

func (g *Group) find(ref ProposalRef) (sourced, bool) {
	for _, r := range g.received {
		if r.ref == ref {
			return sourced{r.p, r.from, []byte(ref)}, true
		}
	}
	return sourced{}, false
}

// Proposals names the proposals received and sent in this epoch, in order.
func (g *Group) Proposals() []ProposalRef {
	out := make([]ProposalRef, len(g.received))
	for i, r := range g.received {
		out[i] = r.ref
	}
	return out
}

// A SentProposal is a proposal on its own.
type SentProposal struct {
	Message []byte // MLSMessage
	Ref     ProposalRef
}

// ProposalParams say how a proposal is sent.
type ProposalParams struct {
	AuthenticatedData []byte
	Public            bool
}

// Propose sends a proposal that is a good one by itself (sections 7.3 and 12.1);
// the group keeps it for a commit by reference.
func (g *Group) Propose(p Proposal, in ProposalParams, at time.Time) (*SentProposal, error) {
	if err := g.sendable(); err != nil {
		return nil, err
	}
	if err := g.complete(&p); err != nil {
		return nil, err
	}
	me := sender{fromMember, uint32(g.now.own)}
	j := judge{epoch: g.now, o: &g.o, at: at, committer: me}
	if err := j.checkOne(sourced{Proposal: &p, from: me}); err != nil {
		return nil, err
	}
	return g.propose(p, in)
}

func (g *Group) propose(p Proposal, in ProposalParams) (*SentProposal, error) {
	a := parsed{wire: wirePrivate, content: framed{
		groupID: g.now.ctx.groupID, epoch: g.now.ctx.epoch, sender: sender{fromMember, uint32(g.now.own)},
		authenticated: in.AuthenticatedData, kind: contentProposal, proposal: &p,
	}}
	if in.Public {
		a.wire = wirePublic
	}
	if err := a.sign(g.p, g.o.Rand, g.signer, g.now.raw); err != nil {
		return nil, err
	}
	m, err := g.frame(&a)
	if err != nil {
		return nil, err
	}
	return &SentProposal{m, g.keep(&a)}, nil
}

// ProposeUpdate proposes a new leaf for this member, with a new key and, if id
// is not nil, a new identity.
func (g *Group) ProposeUpdate(id *Identity, in ProposalParams, at time.Time) (*SentProposal, error) {
	if err := g.sendable(); err != nil {
		return nil, err
	}
	c := CommitParams{Identity: id}
	leaf, key, err := g.nextLeaf(&c)
	if err != nil {
		return nil, err
	}
	signer := g.signer
	if id != nil {
		signer = id.Signer
	}
	leaf.source = fromUpdate
	if err := leaf.sign(g.p, &g.o, signer, g.now.ctx.groupID, g.now.own); err != nil {
		return nil, err
	}
	sent, err := g.Propose(Proposal{Type: ProposeUpdate, update: leaf}, in, at)
	if err != nil {
		return nil, err
	}
	g.updates[string(leaf.encryption.raw)] = updateSecret{key, signer, id != nil}
	return sent, nil
}

// keep remembers a proposal until the epoch ends.
func (g *Group) keep(a *parsed) ProposalRef {
	ref := ProposalRef(a.ref(g.p))
	if _, known := g.find(ref); !known {
		g.received = append(g.received, received{ref, a.content.sender, a.content.proposal})
	}
	return ref
}

// HandleProposal verifies a proposal that someone else has sent and keeps it
// for a commit that names it. Whether it is a good one is judged then.
func (g *Group) HandleProposal(message []byte) (ProposalRef, error) {
	if err := g.usable(); err != nil {
		return "", err
	}
	m, err := parseMessage(message)
	if err != nil {
		return "", err
	}
	if len(g.received) >= maxReceived {
		return "", errors.New("mls: too many proposals in one epoch")
	}
	var ref ProposalRef
	err = g.open(m, true, func(v *verified) error {
		if v.content.kind != contentProposal {
			return errors.New("mls: message is not a proposal")
		}
		ref = g.keep(&v.parsed)
		return nil
	})
	return ref, err
}

// open unprotects a message of this epoch and hands it to use once its
// signature is checked. Keys are used up only if use agrees and consume is set.
func (g *Group) open(m *message, consume bool, use func(*verified) error) error {
	switch m.wire {
	case wirePublic:
		if err := g.expect(m.public.content.groupID, m.public.content.epoch); err != nil {
			return err
		}
		v, err := g.openPublic(m.public)
		if err != nil {
			return err
		}
		return use(v)
	case wirePrivate:
		if err := g.expect(m.private.groupID, m.private.epoch); err != nil {
			return err
		}
		e := g.now
		member := func(l LeafIndex) bool { return e.tree.leaf(l) != nil }
		return g.p.openPrivate(e.messages, e.secrets.senderData, member, m.private, consume, func(a *parsed) error {
			key := e.tree.leaf(LeafIndex(a.content.sender.index)).verifier
			v, err := a.verify(g.p, key, e.raw)
			if err != nil {
				return err
			}
			return use(v)
		})
	}
	return errors.New("mls: message is not for a group")
}

func (g *Group) expect(groupID []byte, epoch uint64) error {
	if !bytes.Equal(groupID, g.now.ctx.groupID) {
		return errNotForUs
	}
	if epoch != g.now.ctx.epoch {
		return errEpoch
	}
	return nil
}

// openPublic checks a PublicMessage: section 6.2, and 6.1 for whose key signs.
func (g *Group) openPublic(m *publicMessage) (*verified, error) {
	if m.content.kind == contentApplication { // 6.2: never in the clear
		return nil, errors.New("mls: application data in the clear")
	}
	key, err := g.senderKey(&m.content)
	if err != nil {
		return nil, err
	}
	if m.content.sender.kind == fromMember && !g.p.checkMAC(g.now.secrets.membership, m.membershipInput(g.now.raw), m.membership) {
		return nil, errors.New("mls: membership tag is wrong")
	}
	return m.verify(g.p, key, g.now.raw)
}

// senderKey finds the key that a sender signs with, section 6.1, and refuses
// what it may not send, section 6.
func (g *Group) senderKey(f *framed) (*verifier, error) {
	switch f.sender.kind {
	case fromMember:
		if l := g.now.tree.leaf(LeafIndex(f.sender.index)); l != nil {
			return l.verifier, nil
		}
		return nil, errors.New("mls: message from a blank leaf")
	case fromExternal:
		senders, err := ExternalSenders(g.now.ctx.extensions)
		if err != nil {
			return nil, err
		}
		// 12.1.8: nor may it send all proposals.
		if f.kind == contentProposal && f.proposal.Type.external() && uint64(f.sender.index) < uint64(len(senders)) {
			return &verifier{raw: senders[f.sender.index].SignatureKey}, nil
		}
	case fromNewMemberProposal:
		if f.kind == contentProposal && f.proposal.Type == ProposeAdd {
			return f.proposal.add.leaf.verifier, nil
		}
	case fromNewMemberCommit:
		if f.kind == contentCommit && f.commit.path != nil {
			return f.commit.path.leaf.verifier, nil
		}
	}
	return nil, errors.New("mls: message that its sender may not send")
}
