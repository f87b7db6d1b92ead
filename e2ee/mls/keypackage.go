package mls

import (
	"bytes"
	"crypto/hpke"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// A keyPackage is an offer to be added to a group, RFC 9420 section 10.
type keyPackage struct {
	raw        []byte
	toBe       []byte
	suite      Suite
	version    uint16
	init       *publicKey
	leaf       *leafNode
	extensions []Extension
	signature  []byte
}

func readKeyPackage(r *reader) *keyPackage {
	start := r.b
	k := &keyPackage{version: r.u16(), suite: Suite(r.u16()), init: &publicKey{raw: r.opaque()}}
	k.leaf = readLeaf(r)
	k.extensions = readExtensions(r)
	k.toBe = start[:len(start)-len(r.b)]
	k.signature = r.opaque()
	k.raw = start[:len(start)-len(r.b)]
	return k
}

func (k *keyPackage) appendUnsigned(b []byte) []byte {
	b = appendU16(appendU16(b, k.version), uint16(k.suite))
	b = appendOpaque(b, k.init.raw)
	b = append(b, k.leaf.raw...)
	return appendExtensions(b, k.extensions)
}

func (k *keyPackage) ref(p *params) []byte {
	return p.refHash("MLS 1.0 KeyPackage Reference", k.raw)
}

// verify checks a key package for use in a group of suite p, section 10.1.
func (k *keyPackage) verify(p *params, o *Options, at time.Time) error {
	// 10.1: suite and version match the group's.
	if k.version != mls10 || k.suite != p.id {
		return errors.New("mls: key package is for another version or suite")
	}
	// 10.1: the leaf is valid for a key package, section 7.3.
	if k.leaf.source != fromKeyPackage {
		return errors.New("mls: key package with a leaf from elsewhere")
	}
	if err := k.leaf.check(p, o, at); err != nil {
		return err
	}
	if err := k.leaf.checkLifetime(o, at); err != nil {
		return err
	}
	if err := k.leaf.verify(p, nil, 0); err != nil {
		return err
	}
	if err := uniqueTypes(k.extensions); err != nil {
		return err
	}
	// 10: what the package carries, its leaf supports; but what is not known here
	// must be ignored, and packages come with such types to try it.
	for _, e := range k.extensions {
		if slices.Contains(o.Extensions, e.Type) && !k.leaf.capabilities.hasExtension(e.Type) {
			return errors.New("mls: key package has an extension that its leaf does not support")
		}
	}
	// 10.1: signed by the leaf's key.
	if err := p.verify(k.leaf.verifier, "KeyPackageTBS", k.toBe, k.signature); err != nil {
		return err
	}
	// 10.1: the init key is not the leaf's key.
	if bytes.Equal(k.init.raw, k.leaf.encryption.raw) {
		return errors.New("mls: key package uses one key twice")
	}
	_, err := k.init.parse(p)
	return err
}

// KeyPackageSecrets are a key package and its private keys, kept until its
// owner is added to a group. Not for two groups: forward secrecy of the first
// hour rests on Wipe after [Join].
type KeyPackageSecrets struct {
	kp   *keyPackage
	p    *params
	id   Identity
	init hpke.PrivateKey
	leaf hpke.PrivateKey
}

// offeredLeaf is a leaf that is good for any group, for a time.
func offeredLeaf(p *params, o *Options, id Identity, at time.Time) (*leafNode, hpke.PrivateKey, error) {
	leaf, key, err := newLeaf(p, o, id)
	if err != nil {
		return nil, nil, err
	}
	leaf.source = fromKeyPackage
	leaf.notBefore = uint64(max(at.Add(-lifetimeSlack).Unix(), 0))
	leaf.notAfter = uint64(max(at.Add(o.Lifetime).Unix(), 0))
	return leaf, key, leaf.sign(p, o, id.Signer, nil, 0)
}

// NewKeyPackage makes a key package for id that is good from at, for
// o.Lifetime.
func NewKeyPackage(id Identity, o Options, at time.Time) (*KeyPackageSecrets, error) {
	p, err := o.fill()
	if err != nil {
		return nil, err
	}
	leaf, leafKey, err := offeredLeaf(p, &o, id, at)
	if err != nil {
		return nil, err
	}
	initKey, err := p.newKeyPair(o.Rand)
	if err != nil {
		return nil, err
	}
	kp := &keyPackage{
		version: mls10, suite: p.id, init: newPublicKey(initKey.PublicKey()), leaf: leaf,
		extensions: o.unknown(leaf.capabilities),
	}
	kp.toBe = kp.appendUnsigned(nil)
	if kp.signature, err = p.sign(o.Rand, id.Signer, "KeyPackageTBS", kp.toBe); err != nil {
		return nil, fmt.Errorf("mls: cannot sign key package: %w", err)
	}
	kp.raw = appendOpaque(slices.Clip(kp.toBe), kp.signature)
	return &KeyPackageSecrets{kp: kp, p: p, id: id, init: initKey, leaf: leafKey}, nil
}

// OpenKeyPackage restores what [NewKeyPackage] made from its message and what
// [KeyPackageSecrets.PrivateKeys] gave out.
func OpenKeyPackage(message, init, encryption []byte, id Identity) (*KeyPackageSecrets, error) {
	kp, err := parseKeyPackage(message)
	if err != nil {
		return nil, err
	}
	p, err := lookup(kp.suite)
	if err != nil {
		return nil, err
	}
	k := &KeyPackageSecrets{kp: kp, p: p, id: id}
	if k.init, err = p.parsePrivate(init); err != nil {
		return nil, err
	}
	if k.leaf, err = p.parsePrivate(encryption); err != nil {
		return nil, err
	}
	if !bytes.Equal(k.init.PublicKey().Bytes(), kp.init.raw) || !bytes.Equal(k.leaf.PublicKey().Bytes(), kp.leaf.encryption.raw) {
		return nil, errors.New("mls: private keys are not the key package's")
	}
	return k, nil
}

// PrivateKeys gives out the private keys, for one who must store them.
func (k *KeyPackageSecrets) PrivateKeys() (init, encryption []byte, err error) {
	if init, err = k.init.Bytes(); err != nil {
		return nil, nil, err
	}
	encryption, err = k.leaf.Bytes()
	return init, encryption, err
}

// Bytes returns the key package as an MLSMessage, which is what
// [CommitParams].Adds takes.
func (k *KeyPackageSecrets) Bytes() []byte { return appendMessage(wireKeyPackage, k.kp.raw) }

// Ref names the key package in a Welcome, section 5.2.
func (k *KeyPackageSecrets) Ref() []byte { return k.kp.ref(k.p) }

// Wipe forgets the private keys.
func (k *KeyPackageSecrets) Wipe() { k.init, k.leaf = nil, nil }

// Format tells nothing of the keys.
func (k KeyPackageSecrets) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "mls: key package") }

func parseKeyPackage(message []byte) (*keyPackage, error) {
	m, err := parseMessage(message)
	if err != nil {
		return nil, err
	}
	if m.wire != wireKeyPackage {
		return nil, errors.New("mls: message is not a key package")
	}
	return m.keyPackage, nil
}

// KeyPackageInfo is what can be read in a key package before anyone has checked
// its signatures.
type KeyPackageInfo struct {
	Suite        Suite
	Credential   Credential
	SignatureKey []byte
	NotAfter     time.Time
}

// ReadKeyPackage decodes a key package, an MLSMessage, without checking it.
func ReadKeyPackage(message []byte) (KeyPackageInfo, error) {
	kp, err := parseKeyPackage(message)
	if err != nil {
		return KeyPackageInfo{}, err
	}
	return KeyPackageInfo{
		Suite: kp.suite, Credential: kp.leaf.credential, SignatureKey: kp.leaf.verifier.raw,
		NotAfter: time.Unix(int64(min(kp.leaf.notAfter, 1<<62)), 0),
	}, nil
}
