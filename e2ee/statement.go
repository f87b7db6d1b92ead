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
)

// Every member can derive every sender's frame keys (RFC 9605, section 7.2).
// So a sender also signs, with its session key, the digests of the frames that
// it sealed: a statement. Each frame carries its number in its track, and the
// digests of a statement are those of consecutive numbers. So whatever has one
// of these numbers and another digest is not the sender's: a forgery is told
// from a loss for certain.
//
// Number and statements travel inside the sealed frames of the same track, so
// that the relay can neither see them nor take them apart from the frames. How:
// a voice has little room (weave.go), a picture comes in layers (list.go).

// A digest is the first 64 bits of SHA-256 over track, clear bytes and sealed
// bytes of a frame. A second frame with the same digest would have to be found
// while the first is being heard.
type digest = symbol

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
	return digest(d.h.Sum(d.sum[:0])[:len(digest{})])
}

// Numbers count a track's frames. On the wire they come round after
// numbers, a multiple of blockLen: 22 minutes of voice.
const (
	numberLen = 2
	numbers   = 1638 * blockLen
)

// errStatement reports a frame that opens, but does not hold what its sender
// would have put there.
var errStatement = errors.New("e2ee: malformed statement")

// cutNumber parts the number at the end of plain from what is before it: if the
// frame is the newest it is the next one after the last that ends so, else the
// last one before.
func cutNumber(plain []byte, last uint64, newest bool) (rest []byte, number uint64, err error) {
	at := len(plain) - numberLen
	if at < 0 {
		return nil, 0, errStatement
	}
	wire := uint64(binary.BigEndian.Uint16(plain[at:]))
	if wire >= numbers {
		return nil, 0, errStatement
	}
	last = max(last, numbers) // so that none is 0, or less
	ahead := (wire + numbers - last%numbers) % numbers
	if newest {
		return plain[:at], last + ahead, nil
	}
	return plain[:at], last - (numbers-ahead)%numbers, nil
}

func appendNumber(b []byte, number uint64) []byte {
	return binary.BigEndian.AppendUint16(b, uint16(number%numbers))
}

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

// toSign is what a statement's signature is over: digests from the number first
// on, then a head. It is bound to the epoch, and so to the group and to all
// that it agreed on, and to the leaf and track.
func toSign(e *Epoch, leaf uint32, track uint8, first uint64, body []byte) []byte {
	h := sha256.New()
	h.Write([]byte("Incamera 1.0 sender signature"))
	h.Write(e.Authenticator)
	h.Write(appendNumber(append(binary.BigEndian.AppendUint32(nil, leaf), track), first))
	h.Write(body)
	return h.Sum(nil)
}

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
	n := signatureLen(pub) / 2
	at := len(b)
	b = append(b, make([]byte, 2*n)...)
	sig.R.FillBytes(b[at : at+n])
	sig.S.FillBytes(b[at+n:])
	return b, nil
}

func verifySignature(pub *ecdsa.PublicKey, sum, sig []byte) bool {
	n := len(sig) / 2
	r, s := new(big.Int).SetBytes(sig[:n]), new(big.Int).SetBytes(sig[n:])
	return ecdsa.Verify(pub, sum, r, s)
}

func signatureLen(pub *ecdsa.PublicKey) int { return 2 * ((pub.Params().BitSize + 7) / 8) }
