package mls

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/elliptic"
	"crypto/hpke"
	"crypto/mlkem"
	_ "crypto/sha256" // crypto.SHA256
	_ "crypto/sha512" // crypto.SHA384
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// A Suite is an MLS cipher suite, RFC 9420 section 5.1.
type Suite uint16

// The suites of RFC 9420 section 17.1 that this package speaks, and two hybrids
// of draft-ietf-mls-pq-ciphersuites. The draft has no code points yet, so the
// hybrids are provisional: their numbers are of the private-use range and will
// change, and no other implementation need agree with them.
const (
	X25519AES128  Suite = 0x0001
	P256AES128    Suite = 0x0002
	X25519ChaCha  Suite = 0x0003
	P384AES256    Suite = 0x0007
	MLKEM768P256  Suite = 0xF0A1
	MLKEM1024P384 Suite = 0xF0A2
)

// Suites are all suites of this package.
func Suites() []Suite {
	return []Suite{X25519AES128, P256AES128, X25519ChaCha, P384AES256, MLKEM768P256, MLKEM1024P384}
}

// String returns the suite's registered name.
func (s Suite) String() string {
	if p := suites[s]; p != nil {
		return p.name
	}
	return fmt.Sprintf("MLS suite 0x%04x", uint16(s))
}

// ParseSuite returns the suite that has name.
func ParseSuite(name string) (Suite, error) {
	for id, p := range suites {
		if p.name == name {
			return id, nil
		}
	}
	return 0, fmt.Errorf("mls: no suite %q", name)
}

// params are a suite's algorithms and sizes. They never change.
type params struct {
	id    Suite
	name  string
	kem   hpke.KEM
	kdf   hpke.KDF
	aead  hpke.AEAD
	open  func(key []byte) (cipher.AEAD, error)
	hash  crypto.Hash
	nk    int            // AEAD key, bytes
	sig   elliptic.Curve // nil: Ed25519
	sigH  crypto.Hash    // digest that is signed; 0: the message itself
	heavy int            // size of a public key that is dear to parse; 0: it is not
}

// nonceSize is Nn of all AEADs used here.
const nonceSize = 12

// nh is the size of a hash and of every secret of the key schedule.
func (p *params) nh() int { return p.hash.Size() }

var suites = map[Suite]*params{
	X25519AES128: {
		id: X25519AES128, name: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
		kem: hpke.DHKEM(ecdh.X25519()), kdf: hpke.HKDFSHA256(), aead: hpke.AES128GCM(),
		open: aesGCM, hash: crypto.SHA256, nk: 16,
	},
	P256AES128: {
		id: P256AES128, name: "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
		kem: hpke.DHKEM(ecdh.P256()), kdf: hpke.HKDFSHA256(), aead: hpke.AES128GCM(),
		open: aesGCM, hash: crypto.SHA256, nk: 16, sig: elliptic.P256(), sigH: crypto.SHA256,
	},
	X25519ChaCha: {
		id: X25519ChaCha, name: "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
		kem: hpke.DHKEM(ecdh.X25519()), kdf: hpke.HKDFSHA256(), aead: hpke.ChaCha20Poly1305(),
		open: chacha20poly1305.New, hash: crypto.SHA256, nk: 32,
	},
	P384AES256: {
		id: P384AES256, name: "MLS_256_DHKEMP384_AES256GCM_SHA384_P384",
		kem: hpke.DHKEM(ecdh.P384()), kdf: hpke.HKDFSHA384(), aead: hpke.AES256GCM(),
		open: aesGCM, hash: crypto.SHA384, nk: 32, sig: elliptic.P384(), sigH: crypto.SHA384,
	},
	MLKEM768P256: {
		id: MLKEM768P256, name: "MLS_128_MLKEM768P256_AES256GCM_SHA384_P256",
		kem: hpke.MLKEM768P256(), kdf: hpke.HKDFSHA384(), aead: hpke.AES256GCM(),
		open: aesGCM, hash: crypto.SHA384, nk: 32, sig: elliptic.P256(), sigH: crypto.SHA256,
		heavy: mlkem.EncapsulationKeySize768 + 65,
	},
	MLKEM1024P384: {
		id: MLKEM1024P384, name: "MLS_192_MLKEM1024P384_AES256GCM_SHA384_P384",
		kem: hpke.MLKEM1024P384(), kdf: hpke.HKDFSHA384(), aead: hpke.AES256GCM(),
		open: aesGCM, hash: crypto.SHA384, nk: 32, sig: elliptic.P384(), sigH: crypto.SHA384,
		heavy: mlkem.EncapsulationKeySize1024 + 97,
	},
}

func lookup(s Suite) (*params, error) {
	if p := suites[s]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("mls: suite 0x%04x is not supported", uint16(s))
}

func aesGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
