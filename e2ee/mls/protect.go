package mls

import (
	"crypto/cipher"
	"errors"
	"io"
)

// This file turns content into messages and back, RFC 9420 section 6.

// A senderData says who sealed a private message, and with which key,
// section 6.3.2.
type senderData struct {
	leaf       LeafIndex
	generation uint32
	guard      [4]byte
}

func readSenderData(r *reader) senderData {
	d := senderData{leaf: LeafIndex(r.u32()), generation: r.u32()}
	copy(d.guard[:], r.take(4))
	return d
}

func (d senderData) bytes() []byte {
	return append(appendU32(appendU32(nil, uint32(d.leaf)), d.generation), d.guard[:]...)
}

// senderDataKey derives from a sample of the ciphertext, section 6.3.2.
func (p *params) senderDataKey(s secret, ciphertext []byte) messageKey {
	sample := ciphertext[:min(p.nh(), len(ciphertext))]
	return messageKey{p.expand(s, "key", sample, p.nk), p.expand(s, "nonce", sample, nonceSize)}
}

func (m *privateMessage) senderDataAAD() []byte {
	return append(appendU64(appendOpaque(nil, m.groupID), m.epoch), byte(m.kind))
}

func (m *privateMessage) contentAAD() []byte {
	return appendOpaque(m.senderDataAAD(), m.authenticated)
}

// aeadOf opens an AEAD; the key's length is the suite's, so it cannot fail.
func (p *params) aeadOf(key secret) cipher.AEAD {
	var a cipher.AEAD
	erased(func() {
		var err error
		if a, err = p.open(key); err != nil {
			panic("mls: AEAD refused a key: " + err.Error())
		}
	})
	return a
}

// guarded mixes the reuse guard into a nonce, section 6.3.1.
func guarded(nonce secret, guard [4]byte) secret {
	n := nonce.clone()
	for i, g := range guard {
		n[i] ^= g
	}
	return n
}

// sealPrivate makes a PrivateMessage of signed content, section 6.3.
func (p *params) sealPrivate(rand io.Reader, padTo int, s *secretTree, senderSecret secret, a *parsed) (*privateMessage, error) {
	f := &a.content
	m := &privateMessage{groupID: f.groupID, epoch: f.epoch, kind: f.kind, authenticated: f.authenticated}
	from := LeafIndex(f.sender.index)
	generation, key, err := s.next(from, f.kind.ratchet())
	if err != nil {
		return nil, err
	}
	defer key.wipe()
	d := senderData{leaf: from, generation: generation}
	if _, err := io.ReadFull(rand, d.guard[:]); err != nil {
		return nil, err
	}
	plain := a.appendAuth(f.appendBody(make([]byte, 0, len(a.raw)+256)))
	if over := len(plain) % padTo; over > 0 {
		plain = append(plain, make([]byte, padTo-over)...)
	}
	m.ciphertext = p.aeadOf(key.key).Seal(nil, guarded(key.nonce, d.guard), plain, m.contentAAD())
	clear(plain)
	k := p.senderDataKey(senderSecret, m.ciphertext)
	defer k.wipe()
	m.senderData = p.aeadOf(k.key).Seal(nil, k.nonce, d.bytes(), m.senderDataAAD())
	return m, nil
}

var errOpen = errors.New("mls: private message cannot be opened")

func (p *params) openSenderData(s secret, m *privateMessage) (senderData, error) {
	k := p.senderDataKey(s, m.ciphertext)
	defer k.wipe()
	plain, err := p.aeadOf(k.key).Open(nil, k.nonce, m.senderData, m.senderDataAAD())
	if err != nil {
		return senderData{}, errOpen
	}
	return decode("sender data", plain, readSenderData)
}

// openPrivate opens m and hands the content to use. The key is forgotten only
// if use agrees and consume is set.
func (p *params) openPrivate(s *secretTree, senderSecret secret, member func(LeafIndex) bool, m *privateMessage, consume bool, use func(*parsed) error) error {
	d, err := p.openSenderData(senderSecret, m)
	if err != nil {
		return err
	}
	if !member(d.leaf) { // 6.3.2: the leaf is not blank
		return errors.New("mls: private message from a blank leaf")
	}
	return s.try(d.leaf, m.kind.ratchet(), d.generation, consume, func(key messageKey) error {
		plain, err := p.aeadOf(key.key).Open(nil, guarded(key.nonce, d.guard), m.ciphertext, m.contentAAD())
		if err != nil {
			return errOpen
		}
		a, err := m.readPlain(plain, d.leaf)
		if err != nil {
			return err
		}
		return use(a)
	})
}

// readPlain decodes a PrivateMessageContent.
func (m *privateMessage) readPlain(plain []byte, from LeafIndex) (*parsed, error) {
	a := &parsed{wire: wirePrivate, content: framed{
		groupID: m.groupID, epoch: m.epoch, sender: sender{fromMember, uint32(from)},
		authenticated: m.authenticated, kind: m.kind,
	}}
	_, err := decode("private message", plain, func(r *reader) bool {
		a.content.readBody(r)
		a.raw = a.content.appendHead(make([]byte, 0, len(plain)+len(m.groupID)+len(m.authenticated)+64))
		a.raw = append(a.raw, plain[:len(plain)-len(r.b)]...)
		a.readAuth(r)
		for _, b := range r.take(len(r.b)) { // 6.3.1: padding is zero
			if b != 0 {
				r.fail()
			}
		}
		return true
	})
	return a, err
}
