package mls

import (
	"errors"
)

// ErrProposalsPending is what [Group.Protect] returns while proposals wait for a
// commit: RFC 9420 section 12.4 forbids to send application data before it.
var ErrProposalsPending = errors.New("mls: proposals wait for a commit")

// Protect seals data for the group, section 6.3. authenticated is signed and
// readable by all who see the message. The result is an MLSMessage.
func (g *Group) Protect(data, authenticated []byte) ([]byte, error) {
	if err := g.sendable(); err != nil {
		return nil, err
	}
	if len(g.received) > 0 {
		return nil, ErrProposalsPending
	}
	a := parsed{wire: wirePrivate, content: framed{
		groupID: g.now.ctx.groupID, epoch: g.now.ctx.epoch, sender: sender{fromMember, uint32(g.now.own)},
		authenticated: authenticated, kind: contentApplication, application: data,
	}}
	if err := a.sign(g.p, g.o.Rand, g.signer, g.now.raw); err != nil {
		return nil, err
	}
	return g.frame(&a)
}

// ApplicationData is what a member has sent.
type ApplicationData struct {
	Sender            LeafIndex
	Data              []byte
	AuthenticatedData []byte
}

// Unprotect opens application data of the current epoch. Each message opens
// once.
func (g *Group) Unprotect(message []byte) (*ApplicationData, error) {
	if err := g.usable(); err != nil {
		return nil, err
	}
	m, err := parseMessage(message)
	if err != nil {
		return nil, err
	}
	var out *ApplicationData
	err = g.open(m, true, func(v *verified) error {
		if v.content.kind != contentApplication {
			return errors.New("mls: message is not application data")
		}
		out = &ApplicationData{LeafIndex(v.content.sender.index), v.content.application, v.content.authenticated}
		return nil
	})
	return out, err
}
