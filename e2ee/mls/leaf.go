package mls

import (
	"crypto"
	"crypto/hpke"
	"errors"
	"fmt"
	"slices"
	"time"
)

// mls10 is the one protocol version, RFC 9420 section 6.
const mls10 = 1

type leafSource uint8

const (
	fromKeyPackage leafSource = 1
	fromUpdate     leafSource = 2
	fromCommit     leafSource = 3
)

// capabilities are what a member's client supports, section 7.2.
type capabilities struct {
	versions    []uint16
	suites      []Suite
	extensions  []ExtensionType
	proposals   []ProposalType
	credentials []CredentialType
}

func readCapabilities(r *reader) capabilities {
	return capabilities{
		u16s[uint16](r), u16s[Suite](r), u16s[ExtensionType](r), u16s[ProposalType](r), u16s[CredentialType](r),
	}
}

func (c capabilities) append(b []byte) []byte {
	b = appendU16s(b, c.versions)
	b = appendU16s(b, c.suites)
	b = appendU16s(b, c.extensions)
	b = appendU16s(b, c.proposals)
	return appendU16s(b, c.credentials)
}

func (c capabilities) hasExtension(t ExtensionType) bool {
	return t.isDefault() || slices.Contains(c.extensions, t)
}

func (c capabilities) hasProposal(t ProposalType) bool {
	return t.isDefault() || slices.Contains(c.proposals, t)
}

// unknown is an extension that nobody knows, of the type that greased has listed
// last; none with [Options].NoGrease.
func (o *Options) unknown(c capabilities) []Extension {
	if o.NoGrease {
		return nil
	}
	return []Extension{{Type: c.extensions[len(c.extensions)-1]}}
}

// meets tells whether the client can be in a group that demands req and whose
// context carries extensions.
func (c capabilities) meets(req RequiredCapabilities, extensions []Extension) error {
	for _, t := range req.Extensions {
		if !c.hasExtension(t) {
			return fmt.Errorf("mls: client does not support required extension 0x%04x", uint16(t))
		}
	}
	for _, t := range req.Proposals {
		if !c.hasProposal(t) {
			return fmt.Errorf("mls: client does not support required proposal 0x%04x", uint16(t))
		}
	}
	for _, t := range req.Credentials {
		if !slices.Contains(c.credentials, t) {
			return fmt.Errorf("mls: client does not support required credential 0x%04x", uint16(t))
		}
	}
	for _, e := range extensions {
		if !c.hasExtension(e.Type) {
			return fmt.Errorf("mls: client does not support context extension 0x%04x", uint16(e.Type))
		}
	}
	return nil
}

// A leafNode is a member's leaf, section 7.2. It is never changed once read or
// signed, so that its encoding, parsed keys and checked signature hold for as
// long as the member stays.
type leafNode struct {
	raw  []byte
	toBe []byte // the part of raw that is signed

	encryption   *publicKey
	verifier     *verifier
	credential   Credential
	capabilities capabilities
	source       leafSource
	notBefore    uint64
	notAfter     uint64
	parentHash   []byte
	extensions   []Extension
	signature    []byte
}

func readLeaf(r *reader) *leafNode {
	start := r.b
	l := &leafNode{encryption: &publicKey{raw: r.opaque()}, verifier: &verifier{raw: r.opaque()}}
	l.credential = readCredential(r)
	l.capabilities = readCapabilities(r)
	l.source = leafSource(r.u8())
	switch l.source {
	case fromKeyPackage:
		l.notBefore, l.notAfter = r.u64(), r.u64()
	case fromUpdate:
	case fromCommit:
		l.parentHash = r.opaque()
	default:
		r.fail()
	}
	l.extensions = readExtensions(r)
	l.toBe = start[:len(start)-len(r.b)]
	l.signature = r.opaque()
	l.raw = start[:len(start)-len(r.b)]
	return l
}

func (l *leafNode) appendUnsigned(b []byte) []byte {
	b = appendOpaque(b, l.encryption.raw)
	b = appendOpaque(b, l.verifier.raw)
	b = l.credential.append(b)
	b = l.capabilities.append(b)
	b = append(b, byte(l.source))
	switch l.source {
	case fromKeyPackage:
		b = appendU64(appendU64(b, l.notBefore), l.notAfter)
	case fromCommit:
		b = appendOpaque(b, l.parentHash)
	}
	return appendExtensions(b, l.extensions)
}

// signed is LeafNodeTBS: a leaf made for a group is bound to its place there.
func (l *leafNode) signed(groupID []byte, at LeafIndex) []byte {
	if l.source == fromKeyPackage {
		return l.toBe
	}
	b := make([]byte, 0, len(l.toBe)+len(groupID)+8)
	return appendU32(appendOpaque(append(b, l.toBe...), groupID), uint32(at))
}

func (l *leafNode) sign(p *params, o *Options, key crypto.Signer, groupID []byte, at LeafIndex) error {
	l.toBe = l.appendUnsigned(nil)
	sig, err := p.sign(o.Rand, key, "LeafNodeTBS", l.signed(groupID, at))
	if err != nil {
		return fmt.Errorf("mls: cannot sign leaf: %w", err)
	}
	l.signature = sig
	l.raw = appendOpaque(slices.Clip(l.toBe), sig)
	return nil
}

func (l *leafNode) verify(p *params, groupID []byte, at LeafIndex) error {
	return p.verify(l.verifier, "LeafNodeTBS", l.signed(groupID, at), l.signature)
}

// newLeaf makes an unsigned leaf for id with a fresh HPKE key pair.
func newLeaf(p *params, o *Options, id Identity) (*leafNode, hpke.PrivateKey, error) {
	sigKey, err := id.signatureKey(p)
	if err != nil {
		return nil, nil, err
	}
	can, err := o.greased()
	if err != nil {
		return nil, nil, err
	}
	priv, err := p.newKeyPair(o.Rand)
	if err != nil {
		return nil, nil, err
	}
	return &leafNode{
		encryption:   newPublicKey(priv.PublicKey()),
		verifier:     &verifier{raw: sigKey},
		credential:   id.Credential,
		capabilities: can,
		extensions:   append(slices.Clip(o.LeafExtensions), o.unknown(can)...),
	}, priv, nil
}

// check is what section 7.3 demands of a leaf by itself: what the group, the
// tree and the signature demand is checked where they are at hand.
func (l *leafNode) check(p *params, o *Options, at time.Time) error {
	if err := o.validate(p, l.credential, l.verifier.raw, at); err != nil {
		return err
	}
	if err := l.checkCapabilities(p, o); err != nil {
		return err
	}
	_, err := l.encryption.parse(p)
	return err
}

// checkJoined is check for a leaf of a tree that one joins. Its members parsed
// the leaf's key when they let it in; if it is a hybrid one, which costs half a
// signature check, the joiner parses it when it is needed.
func (l *leafNode) checkJoined(p *params, o *Options, at time.Time) error {
	if p.heavy == 0 {
		return l.check(p, o, at)
	}
	if err := o.validate(p, l.credential, l.verifier.raw, at); err != nil {
		return err
	}
	if len(l.encryption.raw) != p.heavy {
		return errHPKE
	}
	return l.checkCapabilities(p, o)
}

// checkCapabilities: what the leaf itself uses must be among its capabilities
// (sections 7.2 and 7.3), and so must the group's version and suite (11.1),
// unless [Options].UnlistedSuite lets the suite go.
func (l *leafNode) checkCapabilities(p *params, o *Options) error {
	if err := uniqueTypes(l.extensions); err != nil {
		return err
	}
	for _, e := range l.extensions {
		if !l.capabilities.hasExtension(e.Type) {
			return errors.New("mls: leaf has an extension that it does not support")
		}
	}
	if !slices.Contains(l.capabilities.credentials, l.credential.Type) {
		return errors.New("mls: leaf has a credential that it does not support")
	}
	suite := o.UnlistedSuite || slices.Contains(l.capabilities.suites, p.id)
	if !suite || !slices.Contains(l.capabilities.versions, mls10) {
		return errors.New("mls: leaf does not support the group's version and suite")
	}
	return nil
}

// checkLifetime: sections 7.2 and 7.3.
func (l *leafNode) checkLifetime(o *Options, at time.Time) error {
	if l.source != fromKeyPackage {
		return nil
	}
	now := uint64(max(at.Unix(), 0))
	if now < l.notBefore || now > l.notAfter {
		return errors.New("mls: key package is not good at this time")
	}
	if o.MaxLifetime >= 0 && l.notAfter-l.notBefore > uint64(o.MaxLifetime/time.Second) {
		return errors.New("mls: key package is good for longer than allowed")
	}
	return nil
}
