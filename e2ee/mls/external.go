package mls

import (
	"bytes"
	"crypto"
	"errors"
	"time"
)

// This file is for those outside of a group: external commits (RFC 9420
// section 12.4.3.2) and external proposals (12.1.8).

// An outside is a group as its group info shows it.
type outside struct {
	p    *params
	info *groupInfo
	tree *tree
}

// lookIn checks a group info and its tree, as far as one outside can.
func lookIn(message, apart []byte, o *Options, at time.Time) (*outside, error) {
	p, err := o.fill()
	if err != nil {
		return nil, err
	}
	m, err := parseMessage(message)
	if err != nil {
		return nil, err
	}
	if m.wire != wireGroupInfo {
		return nil, errors.New("mls: message is not a group info")
	}
	if m.groupInfo.context.suite != p.id {
		return nil, errors.New("mls: group is of another suite")
	}
	t, err := m.groupInfo.tree(p, apart)
	if err != nil {
		return nil, err
	}
	if err := m.groupInfo.verify(p, t); err != nil {
		return nil, err
	}
	ctx := &m.groupInfo.context
	if err := o.checkContext(p, ctx.extensions, at); err != nil {
		return nil, err
	}
	if err := t.verify(o, ctx.groupID, ctx.extensions, at); err != nil {
		return nil, err
	}
	return &outside{p, m.groupInfo, t}, nil
}

// ExternalParams say how to join from outside.
type ExternalParams struct {
	// Resync removes the leaf that has this identity's place so far: an own old
	// leaf whose state is lost. Its credential and the new one must be the Same.
	Resync            *LeafIndex
	PSKs              []PSKID
	AuthenticatedData []byte
}

// JoinExternal joins a group by a commit from outside, section 12.4.3.2. info is
// an MLSMessage with the group info, tree is nil if it is inside. The group is
// real once commit, a PublicMessage, has been accepted as its epoch's; else
// Wipe it.
func JoinExternal(info, tree []byte, id Identity, o Options, in ExternalParams, at time.Time) (g *Group, commit []byte, err error) {
	out, err := lookIn(info, tree, &o, at)
	if err != nil {
		return nil, nil, err
	}
	pub, ok := findExtension(out.info.extensions, ExtExternalPub)
	if !ok {
		return nil, nil, errors.New("mls: group info has no external key")
	}
	raw, err := decode("external key", pub, readOpaqueOnly)
	if err != nil {
		return nil, nil, err
	}
	kem, init, err := out.p.sealExternal(&publicKey{raw: raw})
	if err != nil {
		return nil, nil, err
	}
	m, err := out.external(kem, id, &o, in, at)
	if err != nil {
		return nil, nil, err
	}
	m.init = init
	defer m.wipe()
	if err := m.build(); err != nil {
		return nil, nil, err
	}
	message := &publicMessage{parsed: m.content}
	return newGroup(out.p, o, id.Signer, m.next), appendMessage(wirePublic, message.bytes()), nil
}

// external prepares an external commit but for its init secret.
func (out *outside) external(kem []byte, id Identity, o *Options, in ExternalParams, at time.Time) (*making, error) {
	joiner := sender{kind: fromNewMemberCommit}
	list := []sourced{{Proposal: &Proposal{Type: ProposeExternalInit, externalInit: kem}, from: joiner}}
	if in.Resync != nil {
		p := Remove(*in.Resync)
		list = append(list, sourced{Proposal: &p, from: joiner})
	}
	for _, psk := range in.PSKs {
		id, err := psk.with(out.p, o.Rand)
		if err != nil {
			return nil, err
		}
		p := InjectPSK(id)
		list = append(list, sourced{Proposal: &p, from: joiner})
	}
	e := &epoch{
		p: out.p, ctx: out.info.context, raw: out.info.contextRaw, tree: out.tree,
		tag: out.info.tag, interim: out.p.interimHash(out.info.context.transcript, out.info.tag),
	}
	j := &judge{epoch: e, o: o, at: at, committer: joiner}
	c, err := j.apply(list)
	if err != nil {
		return nil, err
	}
	find := o.PSKs
	if find == nil {
		find = func(PSKID) ([]byte, bool) { return nil, false }
	}
	psk, err := out.p.pskSecret(c.psks, find)
	if err != nil {
		return nil, err
	}
	leaf, key, err := newLeaf(out.p, o, id)
	if err != nil {
		return nil, err
	}
	return &making{
		judge: j, change: c, list: list, signer: id.Signer, leafSigner: id.Signer,
		own: c.tree.free(), leaf: leaf, leafKey: key, psk: psk,
		authenticated: in.AuthenticatedData, wire: wirePublic,
	}, nil
}

// ProposeSelf makes a proposal by which the owner of a key package asks to be
// added, section 12.1.8. info is an MLSMessage with the group info; its
// signature is not checked, since the group judges the proposal, not the other
// way round.
func ProposeSelf(info []byte, kp *KeyPackageSecrets, o Options, at time.Time) ([]byte, error) {
	p := Proposal{Type: ProposeAdd, add: kp.kp}
	return outsideProposal(info, p, sender{kind: fromNewMemberProposal}, kp.id.Signer, o, at)
}

// ProposeExternally makes a proposal by one of the group's external senders,
// section 12.1.8. place is that in the group's external_senders.
func ProposeExternally(info []byte, p Proposal, place uint32, key crypto.Signer, o Options, at time.Time) ([]byte, error) {
	return outsideProposal(info, p, sender{fromExternal, place}, key, o, at)
}

func outsideProposal(info []byte, pr Proposal, from sender, key crypto.Signer, o Options, at time.Time) ([]byte, error) {
	m, err := parseMessage(info)
	if err != nil {
		return nil, err
	}
	if m.wire != wireGroupInfo {
		return nil, errors.New("mls: message is not a group info")
	}
	p, err := o.fill()
	if err != nil {
		return nil, err
	}
	if err := pr.check(); err != nil {
		return nil, err
	}
	if pr.Type == ProposeAdd { // 7.3: who sends a leaf looks at its lifetime first
		if err := pr.add.verify(p, &o, at); err != nil {
			return nil, err
		}
	}
	if pr.Type == ProposePSK && pr.psk.nonce == nil {
		if pr.psk, err = pr.psk.with(p, o.Rand); err != nil {
			return nil, err
		}
	}
	ctx := &m.groupInfo.context
	a := parsed{wire: wirePublic, content: framed{
		groupID: bytes.Clone(ctx.groupID), epoch: ctx.epoch, sender: from,
		kind: contentProposal, proposal: &pr,
	}}
	if err := a.sign(p, o.Rand, key, nil); err != nil {
		return nil, err
	}
	return appendMessage(wirePublic, (&publicMessage{parsed: a}).bytes()), nil
}

// GroupInfoSummary is what can be read in a group info before anyone has checked
// it.
type GroupInfoSummary struct {
	GroupID    []byte
	Epoch      uint64
	Suite      Suite
	Extensions []Extension // of the context
}

// ReadGroupInfo decodes a group info, an MLSMessage, without checking it.
func ReadGroupInfo(message []byte) (GroupInfoSummary, error) {
	m, err := parseMessage(message)
	if err != nil {
		return GroupInfoSummary{}, err
	}
	if m.wire != wireGroupInfo {
		return GroupInfoSummary{}, errors.New("mls: message is not a group info")
	}
	c := m.groupInfo.context
	return GroupInfoSummary{c.groupID, c.epoch, c.suite, c.extensions}, nil
}

// ReadTree decodes a ratchet tree and tells who is in it, without checking any
// of it.
func ReadTree(tree []byte, s Suite) ([]LeafInfo, error) {
	p, err := lookup(s)
	if err != nil {
		return nil, err
	}
	t, err := decode("ratchet tree", bytes.Clone(tree), readTree(p))
	if err != nil {
		return nil, err
	}
	return t.infos(t.members()), nil
}

// InlineTree returns the ratchet tree inside a group info, an MLSMessage, or
// nil.
func InlineTree(message []byte) []byte {
	m, err := parseMessage(message)
	if err != nil || m.wire != wireGroupInfo {
		return nil
	}
	tree, _ := findExtension(m.groupInfo.extensions, ExtRatchetTree)
	return tree
}
