package wire

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"

	"incamera/sitting"

	"github.com/veraison/go-cose"
)

// The media types of what is signed.
const (
	orderType   = "application/vnd.incamera.order.1+cbor"
	requestType = "application/vnd.incamera.request.1+cbor"
	headType    = "application/vnd.incamera.head.1+cbor"
)

// maxChain is the largest number of certificates that travel with a signature.
const maxChain = 8

// HashOf is the SHA-256 of b: of an entry, a blob, a certificate, a signed order.
func HashOf(b []byte) sitting.Hash { return sha256.Sum256(b) }

// An envelope is what is signed, and by whom it claims to be.
type envelope struct {
	message *cose.Sign1Message
	chain   [][]byte     // x5chain
	key     sitting.Hash // kid, or of the chain's first certificate
}

// seal signs payload by a key whose certificate is the first of chain. Either
// the whole chain travels along, or a hash.
func seal(payload []byte, mediaType string, key crypto.Signer, chain [][]byte, whole bool) ([]byte, error) {
	if len(chain) == 0 || len(chain) > maxChain {
		return nil, fmt.Errorf("%w: a chain of %d certificates", ErrMalformed, len(chain))
	}
	s, err := signerOf(key)
	if err != nil {
		return nil, err
	}
	h := cose.ProtectedHeader{cose.HeaderLabelType: mediaType}
	h.SetAlgorithm(s.alg)
	if whole {
		h[cose.HeaderLabelX5Chain] = x5chain(chain)
	} else {
		h[cose.HeaderLabelKeyID] = sum(chain[0])
	}
	b, err := cose.Sign1(rand.Reader, s, cose.Headers{Protected: h}, payload, nil)
	if err != nil {
		return nil, fmt.Errorf("wire: sign: %w", err)
	}
	return b, nil
}

func sum(b []byte) []byte {
	h := sha256.Sum256(b)
	return h[:]
}

// x5chain is one certificate as it is, several as an array, RFC 9360 section 2.
func x5chain(chain [][]byte) any {
	if len(chain) == 1 {
		return chain[0]
	}
	list := make([]any, len(chain))
	for i, c := range chain {
		list[i] = c
	}
	return list
}

// unseal reads signed without looking at the signature.
func unseal(signed []byte, mediaType string, limit int) (*envelope, error) {
	if len(signed) > limit {
		return nil, ErrTooLarge
	}
	m := &cose.Sign1Message{}
	if err := m.UnmarshalCBOR(signed); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	e := &envelope{message: m}
	if err := e.headers(mediaType); err != nil {
		return nil, err
	}
	m.Headers.RawProtected, m.Headers.RawUnprotected = nil, nil
	again, err := m.MarshalCBOR()
	if err != nil || !bytes.Equal(again, signed) {
		return nil, fmt.Errorf("%w: not deterministic", ErrMalformed)
	}
	return e, nil
}

// headers reads the protected headers: three, and no others.
func (e *envelope) headers(mediaType string) error {
	h := e.message.Headers
	if len(h.Unprotected) != 0 || len(h.Protected) != 3 || e.message.Payload == nil {
		return fmt.Errorf("%w: headers", ErrMalformed)
	}
	if h.Protected[cose.HeaderLabelType] != mediaType {
		return fmt.Errorf("%w: signed as something else", ErrMalformed)
	}
	if kid, ok := h.Protected[cose.HeaderLabelKeyID].([]byte); ok && len(kid) == len(e.key) {
		e.key = sitting.Hash(kid)
		return nil
	}
	switch x := h.Protected[cose.HeaderLabelX5Chain].(type) {
	case []byte:
		e.chain = [][]byte{x}
	case []any:
		for _, c := range x {
			der, ok := c.([]byte)
			if !ok {
				return fmt.Errorf("%w: x5chain", ErrMalformed)
			}
			e.chain = append(e.chain, der)
		}
		if len(x) < 2 {
			return fmt.Errorf("%w: x5chain", ErrMalformed)
		}
	}
	if len(e.chain) == 0 || len(e.chain) > maxChain {
		return fmt.Errorf("%w: who has signed?", ErrMalformed)
	}
	e.key = HashOf(e.chain[0])
	return nil
}

// verify checks the signature by the certificate's key.
func (e *envelope) verify(der []byte) error {
	if HashOf(der) != e.key {
		return fmt.Errorf("%w: another certificate", ErrSignature)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	alg, _, err := algorithm(cert.PublicKey)
	if err != nil {
		return err
	}
	v, err := cose.NewVerifier(alg, cert.PublicKey)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if err := e.message.Verify(nil, v); err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return nil
}

// algorithm is the one way in which a key of this kind signs.
func algorithm(key crypto.PublicKey) (cose.Algorithm, crypto.Hash, error) {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return cose.AlgorithmES256, crypto.SHA256, nil
		case elliptic.P384():
			return cose.AlgorithmES384, crypto.SHA384, nil
		}
	case *rsa.PublicKey:
		return cose.AlgorithmPS256, crypto.SHA256, nil
	}
	return 0, 0, fmt.Errorf("%w: keys of type %T do not sign here", ErrSignature, key)
}

// A signer has any key sign as COSE wants it (RFC 9053, section 2.1; RFC 8230,
// section 2). The library's own passes no options to keys that it does not
// know, and cards look at them.
type signer struct {
	key  crypto.Signer
	alg  cose.Algorithm
	hash crypto.Hash
}

func signerOf(key crypto.Signer) (*signer, error) {
	alg, hash, err := algorithm(key.Public())
	return &signer{key, alg, hash}, err
}

func (s *signer) Algorithm() cose.Algorithm { return s.alg }

func (s *signer) Sign(rand io.Reader, content []byte) ([]byte, error) {
	h := s.hash.New()
	h.Write(content)
	digest := h.Sum(nil)
	pub, ok := s.key.Public().(*ecdsa.PublicKey)
	if !ok {
		return s.key.Sign(rand, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: s.hash})
	}
	der, err := s.key.Sign(rand, digest, s.hash)
	if err != nil {
		return nil, err
	}
	var sig struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &sig); err != nil || len(rest) != 0 {
		return nil, errors.New("wire: the key's signature is not one")
	}
	n := (pub.Params().N.BitLen() + 7) / 8
	out := make([]byte, 2*n)
	if sig.R.Sign() <= 0 || sig.S.Sign() <= 0 || sig.R.BitLen() > 8*n || sig.S.BitLen() > 8*n {
		return nil, errors.New("wire: the key's signature is not one")
	}
	sig.R.FillBytes(out[:n])
	sig.S.FillBytes(out[n:])
	return out, nil
}
