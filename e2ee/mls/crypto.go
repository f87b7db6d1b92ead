package mls

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/hpke"
	"crypto/subtle"
	"errors"
	"io"
	"sync"
)

// labelPrefix separates this protocol's uses of a key from all others,
// RFC 9420 sections 5.1.2, 5.1.3 and 8.
const labelPrefix = "MLS 1.0 "

func (p *params) digest(b ...[]byte) []byte {
	h := p.hash.New()
	for _, part := range b {
		h.Write(part)
	}
	return h.Sum(nil)
}

// refHash names an object by its hash, section 5.2.
func (p *params) refHash(label string, value []byte) []byte {
	in := make([]byte, 0, 8+len(label)+len(value))
	return p.digest(appendOpaque(appendOpaque(in, label), value))
}

func (p *params) mac(key secret, data []byte) []byte {
	out := make([]byte, 0, p.nh())
	erased(func() {
		m := hmac.New(p.hash.New, key)
		m.Write(data)
		out = m.Sum(out)
	})
	return out
}

func (p *params) checkMAC(key secret, data, tag []byte) bool {
	return subtle.ConstantTimeCompare(p.mac(key, data), tag) == 1
}

func (p *params) extract(salt, ikm secret) secret {
	var out secret
	erased(func() {
		prk, err := hkdf.Extract(p.hash.New, ikm, salt)
		if err != nil {
			panic("mls: HKDF-Extract refused: " + err.Error()) // no input of ours can
		}
		out = prk
	})
	return out
}

// expand is ExpandWithLabel, section 8.
func (p *params) expand(s secret, label string, context []byte, n int) secret {
	info := make([]byte, 0, 16+len(label)+len(context))
	info = appendU16(info, uint16(n))
	info = appendOpaque(info, labelPrefix+label)
	info = appendOpaque(info, context)
	var out secret
	erased(func() {
		okm, err := hkdf.Expand(p.hash.New, s, string(info), n)
		if err != nil {
			panic("mls: HKDF-Expand refused: " + err.Error()) // no input of ours can
		}
		out = okm
	})
	return out
}

// derive is DeriveSecret, section 8.
func (p *params) derive(s secret, label string) secret { return p.expand(s, label, nil, p.nh()) }

// deriveTree is DeriveTreeSecret, section 9.
func (p *params) deriveTree(s secret, label string, generation uint32, n int) secret {
	return p.expand(s, label, appendU32(nil, generation), n)
}

func signContent(label string, content []byte) []byte {
	b := make([]byte, 0, 16+len(label)+len(content))
	return appendOpaque(appendOpaque(b, labelPrefix+label), content)
}

// sign is SignWithLabel, section 5.1.2.
func (p *params) sign(rand io.Reader, key crypto.Signer, label string, content []byte) ([]byte, error) {
	msg := signContent(label, content)
	if p.sigH != 0 {
		h := p.sigH.New()
		h.Write(msg)
		msg = h.Sum(nil)
	}
	var sig []byte
	var err error
	erased(func() { sig, err = key.Sign(rand, msg, p.sigH) })
	return sig, err
}

// signatureKey encodes a public key as section 5.1.1 has it: Ed25519 keys as
// they are, points uncompressed. It fails for a key that is not of the suite.
func (p *params) signatureKey(pub crypto.PublicKey) ([]byte, error) {
	switch pub := pub.(type) {
	case *ecdsa.PublicKey:
		if p.sig != nil && pub.Curve == p.sig {
			return pub.Bytes()
		}
	case ed25519.PublicKey:
		if p.sig == nil {
			return pub, nil
		}
	}
	return nil, errors.New("mls: signature key is not of the suite's algorithm")
}

// A verifier is a signature public key, parsed once.
type verifier struct {
	raw   []byte
	once  sync.Once
	point *ecdsa.PublicKey
	err   error
}

var errSignature = errors.New("mls: signature is not valid")

// verify is VerifyWithLabel, section 5.1.2.
func (p *params) verify(v *verifier, label string, content, signature []byte) error {
	msg := signContent(label, content)
	if p.sig == nil {
		if len(v.raw) != ed25519.PublicKeySize || !ed25519.Verify(v.raw, msg, signature) {
			return errSignature
		}
		return nil
	}
	v.once.Do(func() { v.point, v.err = ecdsa.ParseUncompressedPublicKey(p.sig, v.raw) })
	if v.err != nil {
		return errSignature
	}
	h := p.sigH.New()
	h.Write(msg)
	if !ecdsa.VerifyASN1(v.point, h.Sum(nil), signature) {
		return errSignature
	}
	return nil
}

// A publicKey is an HPKE public key, parsed when it is first needed.
type publicKey struct {
	raw  []byte
	once sync.Once
	key  hpke.PublicKey
	err  error
}

var errHPKE = errors.New("mls: HPKE key or ciphertext is not valid")

func (k *publicKey) parse(p *params) (hpke.PublicKey, error) {
	k.once.Do(func() {
		if k.key == nil {
			k.key, k.err = p.kem.NewPublicKey(k.raw)
		}
	})
	if k.err != nil {
		return nil, errHPKE
	}
	return k.key, nil
}

func newPublicKey(key hpke.PublicKey) *publicKey { return &publicKey{raw: key.Bytes(), key: key} }

// A sealed is an HPKECiphertext, section 7.6.
type sealed struct{ kem, text []byte }

func readSealed(r *reader) sealed { return sealed{r.opaque(), r.opaque()} }

func (s sealed) append(b []byte) []byte { return appendOpaque(appendOpaque(b, s.kem), s.text) }

func sealContext(label string, context []byte) []byte {
	b := make([]byte, 0, 16+len(label)+len(context))
	return appendOpaque(appendOpaque(b, labelPrefix+label), context)
}

// seal is EncryptWithLabel, section 5.1.3.
func (p *params) seal(to *publicKey, label string, context []byte, plain secret) (sealed, error) {
	key, err := to.parse(p)
	if err != nil {
		return sealed{}, err
	}
	var out sealed
	erased(func() {
		var s *hpke.Sender
		if out.kem, s, err = hpke.NewSender(key, p.kdf, p.aead, sealContext(label, context)); err == nil {
			out.text, err = s.Seal(nil, plain)
		}
	})
	if err != nil {
		return sealed{}, errHPKE
	}
	return out, nil
}

// unseal is DecryptWithLabel, section 5.1.3.
func (p *params) unseal(key hpke.PrivateKey, label string, context []byte, s sealed) (secret, error) {
	var plain secret
	var err error
	erased(func() {
		var r *hpke.Recipient
		if r, err = hpke.NewRecipient(s.kem, key, p.kdf, p.aead, sealContext(label, context)); err == nil {
			plain, err = r.Open(nil, s.text)
		}
	})
	if err != nil {
		return nil, errHPKE
	}
	return plain, nil
}

// externalSecret is the exporter label of section 8.3.
const externalSecret = labelPrefix + "external init secret"

// sealExternal makes the init secret of an external commit, section 8.3: what
// HPKE exports, not the KEM's shared secret.
func (p *params) sealExternal(to *publicKey) (kem []byte, init secret, err error) {
	key, err := to.parse(p)
	if err != nil {
		return nil, nil, err
	}
	erased(func() {
		var s *hpke.Sender
		if kem, s, err = hpke.NewSender(key, p.kdf, p.aead, nil); err == nil {
			init, err = s.Export(externalSecret, p.nh())
		}
	})
	if err != nil {
		return nil, nil, errHPKE
	}
	return kem, init, nil
}

// openExternal is the members' half of sealExternal.
func (p *params) openExternal(external secret, kem []byte) (init secret, err error) {
	key, err := p.keyPair(external)
	if err != nil {
		return nil, err
	}
	erased(func() {
		var r *hpke.Recipient
		if r, err = hpke.NewRecipient(kem, key, p.kdf, p.aead, nil); err == nil {
			init, err = r.Export(externalSecret, p.nh())
		}
	})
	if err != nil {
		return nil, errHPKE
	}
	return init, nil
}

// keyPair derives an HPKE key pair.
func (p *params) keyPair(ikm secret) (key hpke.PrivateKey, err error) {
	erased(func() { key, err = p.kem.DeriveKeyPair(ikm) })
	if err != nil {
		return nil, errHPKE
	}
	return key, nil
}

// parsePrivate decodes an HPKE private key.
func (p *params) parsePrivate(b []byte) (key hpke.PrivateKey, err error) {
	erased(func() { key, err = p.kem.NewPrivateKey(b) })
	if err != nil {
		return nil, errHPKE
	}
	return key, nil
}

// random returns n fresh bytes.
func random(rand io.Reader, n int) (secret, error) {
	b := make(secret, n)
	_, err := io.ReadFull(rand, b)
	return b, err
}

// newKeyPair draws an HPKE key pair from rand.
func (p *params) newKeyPair(rand io.Reader) (hpke.PrivateKey, error) {
	ikm, err := random(rand, p.nh())
	if err != nil {
		return nil, err
	}
	defer ikm.wipe()
	return p.keyPair(ikm)
}
