package mls

import (
	"errors"
)

// A ProposalType says what a proposal would change, RFC 9420 section 17.4.
type ProposalType uint16

// The proposals of RFC 9420. Every client has them, so capabilities do not list
// them (section 7.2).
const (
	ProposeAdd          ProposalType = 1
	ProposeUpdate       ProposalType = 2
	ProposeRemove       ProposalType = 3
	ProposePSK          ProposalType = 4
	ProposeReInit       ProposalType = 5
	ProposeExternalInit ProposalType = 6
	ProposeExtensions   ProposalType = 7
)

func (t ProposalType) isDefault() bool { return t >= 1 && t <= 7 }

// needsPath tells whether a commit that carries such a proposal must renew the
// committer's path, section 12.4.
func (t ProposalType) needsPath() bool {
	return t != ProposeAdd && t != ProposePSK && t != ProposeReInit
}

// external tells whether an external sender may propose it, section 12.1.8.
func (t ProposalType) external() bool { return t != ProposeUpdate && t != ProposeExternalInit }

// A ReInit says how a group is to be made anew, section 12.1.5.
type ReInit struct {
	GroupID    []byte
	Suite      Suite
	Extensions []Extension
	version    uint16
}

// A Proposal is a change to a group that a commit can carry out, section 12.1.
// Which of the fields counts depends on Type.
type Proposal struct {
	Type         ProposalType
	add          *keyPackage
	update       *leafNode
	remove       LeafIndex
	psk          PSKID
	reInit       *ReInit
	externalInit []byte // KEM output
	extensions   []Extension
}

// Add proposes to add the owner of a key package, an MLSMessage.
func Add(keyPackage []byte) (Proposal, error) {
	kp, err := parseKeyPackage(keyPackage)
	return Proposal{Type: ProposeAdd, add: kp}, err
}

// Remove proposes to remove the member at l.
func Remove(l LeafIndex) Proposal { return Proposal{Type: ProposeRemove, remove: l} }

// InjectPSK proposes to mix a pre-shared key into the next epoch.
func InjectPSK(id PSKID) Proposal { return Proposal{Type: ProposePSK, psk: id} }

// SetExtensions proposes to replace the group's context extensions, all of them.
func SetExtensions(es ...Extension) Proposal {
	return Proposal{Type: ProposeExtensions, extensions: es}
}

// Restart proposes to close the group in favour of a new one.
func Restart(r ReInit) Proposal {
	r.version = mls10
	return Proposal{Type: ProposeReInit, reInit: &r}
}

func readProposal(r *reader) Proposal {
	p := Proposal{Type: ProposalType(r.u16())}
	switch p.Type {
	case ProposeAdd:
		p.add = readKeyPackage(r)
	case ProposeUpdate:
		p.update = readLeaf(r)
	case ProposeRemove:
		p.remove = LeafIndex(r.u32())
	case ProposePSK:
		p.psk = readPSKID(r)
	case ProposeReInit:
		p.reInit = &ReInit{GroupID: r.opaque(), version: r.u16(), Suite: Suite(r.u16()), Extensions: readExtensions(r)}
	case ProposeExternalInit:
		p.externalInit = r.opaque()
	case ProposeExtensions:
		p.extensions = readExtensions(r)
	default: // not supported, and its length is not known
		r.fail()
	}
	return p
}

func (p *Proposal) append(b []byte) []byte {
	b = appendU16(b, uint16(p.Type))
	switch p.Type {
	case ProposeAdd:
		return append(b, p.add.raw...)
	case ProposeUpdate:
		return append(b, p.update.raw...)
	case ProposeRemove:
		return appendU32(b, uint32(p.remove))
	case ProposePSK:
		return p.psk.append(b)
	case ProposeReInit:
		b = appendU16(appendOpaque(b, p.reInit.GroupID), p.reInit.version)
		return appendExtensions(appendU16(b, uint16(p.reInit.Suite)), p.reInit.Extensions)
	case ProposeExternalInit:
		return appendOpaque(b, p.externalInit)
	case ProposeExtensions:
		return appendExtensions(b, p.extensions)
	}
	panic("mls: proposal without a type")
}

// check refuses proposals that were not made by this package's functions.
func (p *Proposal) check() error {
	switch {
	case p.Type == ProposeAdd && p.add == nil,
		p.Type == ProposeUpdate && p.update == nil,
		p.Type == ProposeReInit && p.reInit == nil,
		!p.Type.isDefault():
		return errors.New("mls: proposal is empty")
	}
	return nil
}

// A proposalOrRef is an entry of a commit: a proposal, or the name of one that
// was sent before. Section 12.4.
type proposalOrRef struct {
	proposal *Proposal
	ref      []byte
}

func readProposalOrRef(r *reader) proposalOrRef {
	switch r.u8() {
	case 1:
		p := readProposal(r)
		return proposalOrRef{proposal: &p}
	case 2:
		return proposalOrRef{ref: r.opaque()}
	}
	r.fail()
	return proposalOrRef{}
}

// A commit carries out proposals and starts the next epoch, section 12.4.
type commit struct {
	proposals []proposalOrRef
	path      *updatePath
}

func readCommit(r *reader) *commit {
	c := &commit{proposals: list(r, readProposalOrRef)}
	if r.present() {
		c.path = readUpdatePath(r)
	}
	return c
}

func (c *commit) append(b []byte) []byte {
	b = appendVector(b, func(b []byte) []byte {
		for _, p := range c.proposals {
			if p.proposal != nil {
				b = p.proposal.append(append(b, 1))
			} else {
				b = appendOpaque(append(b, 2), p.ref)
			}
		}
		return b
	})
	b = appendBool(b, c.path != nil)
	if c.path != nil {
		b = c.path.append(b)
	}
	return b
}
