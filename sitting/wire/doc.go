// Package wire is how a sitting's orders, requests, entries, heads and link
// messages look as bytes. It owns their versions and is the only importer of
// CBOR and COSE. It keeps no state and asks nobody: whether a chain is good is
// for others to say, it only says whose key has signed.
//
// All is deterministic CBOR (RFC 8949, section 4.2.1). What is read is encoded
// again and has to come out the same, so that nothing has two encodings and no
// field goes unseen. What is signed is a COSE_Sign1 (RFC 9052, section 4.2)
// with all its headers protected: alg, typ (RFC 9596), and x5chain (RFC 9360)
// or kid, the SHA-256 of the certificate.
//
// A version is part of the media type, or of the entry. There is one of each.
package wire

import "errors"

// Largest encodings, in bytes.
const (
	MaxOrder   = 448 << 10
	MaxRequest = 64 << 10
	MaxHead    = 1 << 10
	MaxEntry   = 480 << 10
	MaxMessage = 1 << 20
)

// What bytes can be wrong in. All errors of this package are one of them.
var (
	ErrMalformed = errors.New("wire: malformed")
	ErrTooLarge  = errors.New("wire: too large")
	ErrSignature = errors.New("wire: the signature is not good")
)
