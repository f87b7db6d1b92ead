// Package sframe seals and opens media frames as RFC 9605 says, with keys that
// an MLS group exports (section 5.2). It owns the keys of the epochs that are
// alive and the counters under which frames are sealed; it imports the standard
// library only. The frame path takes no lock and, once warm, allocates nothing.
//
// Only the suites with AES-GCM are here: the ones with a truncated HMAC exist
// for frames so small that we have none.
package sframe

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
)

// A Suite is a cipher suite of RFC 9605, section 4.5.
type Suite uint16

// The suites.
const (
	AES128GCM Suite = 4 // AES_128_GCM_SHA256_128
	AES256GCM Suite = 5 // AES_256_GCM_SHA512_128
)

// Overhead is what sealing adds besides the header: the tag, in bytes.
const Overhead = 16

// ErrOpen reports a frame that was not sealed with the key that it names, or
// was altered since.
var ErrOpen = errors.New("sframe: frame does not authenticate")

// String returns the suite's name in the IANA registry.
func (s Suite) String() string {
	switch s {
	case AES128GCM:
		return "AES_128_GCM_SHA256_128"
	case AES256GCM:
		return "AES_256_GCM_SHA512_128"
	}
	return fmt.Sprintf("suite %d", uint16(s))
}

// KeySize is the length in bytes of a base key: AEAD.Nk.
func (s Suite) KeySize() int {
	if s == AES256GCM {
		return 32
	}
	return 16
}

// A Key seals and opens the frames of one sender in one epoch, from any goroutine.
type Key struct {
	kid  uint64
	aead cipher.AEAD
	high uint32 // the salt: its first bytes, and those that the counter is added to
	low  uint64
}

// NewKey derives the key that kid names from base (RFC 9605, section 4.4.2).
func NewKey(s Suite, base []byte, kid uint64) (k *Key, err error) {
	erased(func() {
		switch s {
		case AES128GCM:
			k, err = newKey(sha256.New, s, base, kid)
		case AES256GCM:
			k, err = newKey(sha512.New, s, base, kid)
		default:
			err = fmt.Errorf("sframe: no %v", s)
		}
	})
	return k, err
}

func newKey[H hash.Hash](h func() H, s Suite, base []byte, kid uint64) (*Key, error) {
	secret, err := hkdf.Extract(h, base, nil)
	if err != nil {
		return nil, fmt.Errorf("sframe: deriving a key: %w", err)
	}
	defer clear(secret)
	raw, err := hkdf.Expand(h, secret, label("SFrame 1.0 Secret key ", s, kid), s.KeySize())
	if err != nil {
		return nil, fmt.Errorf("sframe: deriving a key: %w", err)
	}
	defer clear(raw)
	salt, err := hkdf.Expand(h, secret, label("SFrame 1.0 Secret salt ", s, kid), 12)
	if err != nil {
		return nil, fmt.Errorf("sframe: deriving a salt: %w", err)
	}
	defer clear(salt)
	k := &Key{kid: kid, high: binary.BigEndian.Uint32(salt), low: binary.BigEndian.Uint64(salt[4:])}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, fmt.Errorf("sframe: deriving a key: %w", err)
	}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("sframe: deriving a key: %w", err)
	}
	return k, nil
}

func label(text string, s Suite, kid uint64) string {
	b := binary.BigEndian.AppendUint64([]byte(text), kid)
	return string(binary.BigEndian.AppendUint16(b, uint16(s)))
}

// A scratch is what one goroutine needs to seal or open without allocating.
type scratch struct {
	nonce [12]byte
	aad   []byte // header, then metadata
}

func (k *Key) prepare(s *scratch, ctr uint64) {
	binary.BigEndian.PutUint32(s.nonce[:4], k.high)
	binary.BigEndian.PutUint64(s.nonce[4:], k.low^ctr)
}

// Seal appends the header and the sealed payload to dst. A counter must not be
// used twice.
func (k *Key) Seal(dst []byte, ctr uint64, metadata, payload []byte) []byte {
	return k.seal(dst, ctr, metadata, payload, new(scratch))
}

func (k *Key) seal(dst []byte, ctr uint64, metadata, payload []byte, s *scratch) []byte {
	k.prepare(s, ctr)
	h := Header{KID: k.kid, CTR: ctr}
	if word, n := h.word(); n > 0 {
		s.aad, dst = appendWord(s.aad[:0], word, n), appendWord(dst, word, n)
	} else {
		s.aad, dst = h.Append(s.aad[:0]), h.Append(dst)
	}
	s.aad = append(s.aad, metadata...)
	return k.aead.Seal(dst, s.nonce[:], payload, s.aad)
}

// Open appends the payload of a frame to dst, or returns [ErrOpen].
func (k *Key) Open(dst, metadata, frame []byte) ([]byte, error) {
	h, n, err := ParseHeader(frame)
	if err != nil {
		return dst, err
	}
	if h.KID != k.kid {
		return dst, ErrUnknownKey
	}
	return k.open(dst, h.CTR, frame[:n], metadata, frame[n:], new(scratch))
}

func (k *Key) open(dst []byte, ctr uint64, header, metadata, sealed []byte, s *scratch) ([]byte, error) {
	k.prepare(s, ctr)
	s.aad = append(append(s.aad[:0], header...), metadata...)
	out, err := k.aead.Open(dst, s.nonce[:], sealed, s.aad)
	if err != nil {
		return dst, ErrOpen
	}
	return out, nil
}
