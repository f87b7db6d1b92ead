package e2ee

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"math/big"
	"time"
)

// Every member can derive every sender's frame keys (RFC 9605, section 7.2).
// So a sender also signs, with its session key, the digests of the frames that
// it sealed: a statement. It rides at the end of a sealed frame of the same
// track, one whose key id has the context 1:
//
//	payload ‖ n digests ‖ head ‖ signature ‖ n
//
// The digests are listed one by one, so that a receiver checks what it got,
// whatever was lost on the way.

// How often a statement is sent. Two of them pass within [Patience], so that
// one may be lost. A receiver of layered pictures also misses the statements of
// layers that it does not get, whenever it changes from one to another: there
// they come more often, and each repeats what the one before it said.
const (
	statementEvery = 960 * time.Millisecond
	layeredEvery   = 600 * time.Millisecond
)

// maxDigests is how many frames one statement signs for; n is one byte.
const maxDigests = 255

// A digest is the first 64 bits of SHA-256 over track, clear bytes and sealed
// bytes of a frame. A second frame with the same digest would have to be found
// while the first is being heard.
type digest [8]byte

// headLen is the length of a Head in a statement.
const headLen = 4 + 7

func appendHead(b []byte, h *Head) []byte {
	if h == nil {
		h = &Head{}
	}
	return append(binary.BigEndian.AppendUint32(b, h.Seq), h.Hash[:]...)
}

func readHead(b []byte) (h Head) {
	h.Seq = binary.BigEndian.Uint32(b)
	copy(h.Hash[:], b[4:headLen])
	return h
}

// A digester computes digests without allocating.
type digester struct {
	h   hash.Hash
	sum [sha256.Size]byte
}

func (d *digester) of(track uint8, clear, sealed []byte) digest {
	if d.h == nil {
		d.h = sha256.New()
	}
	d.h.Reset()
	d.sum[0], d.sum[1] = track, byte(len(clear))
	d.h.Write(d.sum[:2])
	d.h.Write(clear)
	d.h.Write(sealed)
	return digest(d.h.Sum(d.sum[:0])[:8])
}

// toSign is what a statement's signature is over: bound to the epoch, and so
// to the group and to all that it agreed on, and to the leaf and track.
func toSign(e *Epoch, leaf uint32, track uint8, body []byte) []byte {
	h := sha256.New()
	h.Write([]byte("Incamera 1.0 sender signature"))
	h.Write(e.Authenticator)
	h.Write(binary.BigEndian.AppendUint32(nil, leaf))
	h.Write([]byte{track})
	h.Write(body)
	return h.Sum(nil)
}

var errSignature = errors.New("e2ee: wrong sender signature")

// appendSignature appends r ‖ s, each of the curve's length.
func appendSignature(b []byte, key crypto.Signer, sum []byte) ([]byte, error) {
	pub, ok := key.Public().(*ecdsa.PublicKey)
	if !ok {
		return b, fmt.Errorf("e2ee: a session key of type %T cannot sign frames", key.Public())
	}
	der, err := key.Sign(rand.Reader, sum, crypto.SHA256)
	if err != nil {
		return b, fmt.Errorf("e2ee: signing frames: %w", err)
	}
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		return b, fmt.Errorf("e2ee: signing frames: %w", err)
	}
	n := scalarLen(pub)
	at := len(b)
	b = append(b, make([]byte, 2*n)...)
	sig.R.FillBytes(b[at : at+n])
	sig.S.FillBytes(b[at+n:])
	return b, nil
}

func verifySignature(pub *ecdsa.PublicKey, sum, sig []byte) bool {
	n := scalarLen(pub)
	r, s := new(big.Int).SetBytes(sig[:n]), new(big.Int).SetBytes(sig[n:])
	return ecdsa.Verify(pub, sum, r, s)
}

func scalarLen(pub *ecdsa.PublicKey) int { return (pub.Params().BitSize + 7) / 8 }

// splitStatement parts what was sealed with context 1. sigLen is the length
// of the sender's signatures.
func splitStatement(plain []byte, sigLen int) (payload, body, sig []byte, err error) {
	if len(plain) == 0 {
		return nil, nil, nil, errSignature
	}
	end := len(plain) - 1
	bodyLen := int(plain[end])*len(digest{}) + headLen
	start := end - sigLen - bodyLen
	if start < 0 {
		return nil, nil, nil, errSignature
	}
	return plain[:start], plain[start : start+bodyLen], plain[start+bodyLen : end], nil
}
