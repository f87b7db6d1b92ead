package piv

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"hash"
	"io"
)

// The algorithm identifiers, SP 800-78-4 table 6-2; RSA-3072 is of SP 800-78-5.
const (
	algRSA3072 = 0x05
	algRSA2048 = 0x07
	algP256    = 0x11
	algP384    = 0x14
)

var errKey = errors.New("piv: keys of this kind are not supported")

// algorithm returns the identifier of a key, and the bytes that it signs.
func algorithm(pub crypto.PublicKey) (alg byte, size int, err error) {
	switch pub := pub.(type) {
	case *ecdsa.PublicKey:
		switch pub.Curve {
		case elliptic.P256():
			return algP256, 32, nil
		case elliptic.P384():
			return algP384, 48, nil
		}
	case *rsa.PublicKey:
		switch pub.N.BitLen() {
		case 2048:
			return algRSA2048, 256, nil
		case 3072:
			return algRSA3072, 384, nil
		}
	}
	return 0, 0, errKey
}

// block returns what a card with pub's key is to sign for a digest: cards sign
// numbers of the key's size, and leave padding to us.
func block(random io.Reader, pub crypto.PublicKey, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	_, size, err := algorithm(pub)
	if err != nil {
		return nil, err
	}
	if h := opts.HashFunc(); h == 0 || !h.Available() || h.Size() != len(digest) {
		return nil, errors.New("piv: only the digest of an available hash can be signed")
	}
	switch pub := pub.(type) {
	case *rsa.PublicKey:
		if pss, ok := opts.(*rsa.PSSOptions); ok {
			return encodePSS(random, pub, digest, pss)
		}
		return encodePKCS1(size, digest, opts.HashFunc())
	default:
		return fit(digest, size), nil
	}
}

// fit makes a digest as long as the curve's order, FIPS 186-5 section 6.4.1:
// its leftmost bits, or zeros before it. Some cards take no other length.
func fit(digest []byte, size int) []byte {
	if len(digest) >= size {
		return digest[:size]
	}
	return append(make([]byte, size-len(digest)), digest...)
}

// digestInfo holds the DER that comes before a digest, RFC 8017 section 9.2, note 1.
var digestInfo = map[crypto.Hash]string{
	crypto.SHA256: "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
	crypto.SHA384: "\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
	crypto.SHA512: "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
}

// encodePKCS1 is EMSA-PKCS1-v1_5, RFC 8017 section 9.2.
func encodePKCS1(size int, digest []byte, h crypto.Hash) ([]byte, error) {
	info, ok := digestInfo[h]
	if !ok {
		return nil, fmt.Errorf("piv: %v is not supported", h)
	}
	t := append([]byte(info), digest...)
	em := make([]byte, size)
	em[1] = 1
	for i := 2; i < size-len(t)-1; i++ {
		em[i] = 0xff
	}
	copy(em[size-len(t):], t)
	return em, nil
}

// encodePSS is EMSA-PSS, RFC 8017 section 9.1.1, for moduli of whole bytes.
func encodePSS(random io.Reader, pub *rsa.PublicKey, digest []byte, opts *rsa.PSSOptions) ([]byte, error) {
	h := opts.HashFunc()
	size := pub.Size()
	saltLen := opts.SaltLength
	switch saltLen {
	case rsa.PSSSaltLengthAuto:
		saltLen = size - 2 - len(digest)
	case rsa.PSSSaltLengthEqualsHash:
		saltLen = len(digest)
	}
	if saltLen < 0 || saltLen > size-2-len(digest) {
		return nil, errors.New("piv: this salt does not fit the key")
	}
	if random == nil {
		random = rand.Reader
	}
	salt := make([]byte, saltLen)
	if _, err := io.ReadFull(random, salt); err != nil {
		return nil, err
	}
	w := h.New()
	w.Write(make([]byte, 8))
	w.Write(digest)
	w.Write(salt)
	sum := w.Sum(nil)

	em := make([]byte, size)
	db := em[:size-len(sum)-1]
	db[len(db)-saltLen-1] = 1
	copy(db[len(db)-saltLen:], salt)
	mask(db, sum, h.New())
	db[0] &= 0x7f
	copy(em[len(db):], sum)
	em[size-1] = 0xbc
	return em, nil
}

// mask is db xor MGF1(seed), RFC 8017 appendix B.2.1.
func mask(db, seed []byte, h hash.Hash) {
	for i := byte(0); len(db) > 0; i++ { // at most 12 rounds
		h.Reset()
		h.Write(seed)
		h.Write([]byte{0, 0, 0, i})
		for j, b := range h.Sum(nil) {
			if j == len(db) {
				return
			}
			db[j] ^= b
		}
		db = db[min(h.Size(), len(db)):]
	}
}

var errSignature = errors.New("piv: the card's signature is not good")

// check verifies what the card has signed: it may be another card by now, or
// its reader may answer nonsense.
func check(pub crypto.PublicKey, digest, sig []byte, opts crypto.SignerOpts) error {
	switch pub := pub.(type) {
	case *ecdsa.PublicKey:
		if ecdsa.VerifyASN1(pub, digest, sig) {
			return nil
		}
	case *rsa.PublicKey:
		pss, ok := opts.(*rsa.PSSOptions)
		if ok && rsa.VerifyPSS(pub, opts.HashFunc(), digest, sig, pss) == nil {
			return nil
		}
		if !ok && rsa.VerifyPKCS1v15(pub, opts.HashFunc(), digest, sig) == nil {
			return nil
		}
	}
	return errSignature
}

// supported reports whether the key of a certificate can be used.
func supported(cert *x509.Certificate) error {
	_, _, err := algorithm(cert.PublicKey)
	return err
}
