package e2ee

import (
	"crypto/ecdsa"
	"encoding/binary"
	"time"

	"incamera/e2ee/sframe"
)

// A voice has many small frames, and half a second of them may be lost at
// once. So its statements are not sent whole. The frames of a track come in
// blocks; a block's digests, with the statement's tail behind them, are the
// symbols of an erasure code (Park, Chong and Siegel, "Efficient multicast
// stream authentication using erasure codes", 2003), and the frames of the next
// block carry 8 bytes each of what the code adds:
//
//	payload ‖ thread (in the first 37 of 40 frames) ‖ number
//
// Whoever got frames of the block knows their digests already. So any 50 of a
// block's 40 frames and its 37 threads give the tail and what is missing (54
// with signatures of P-384): a third of both may be lost. A block that comes
// together, and whose signature is wrong, has a forgery in it for certain.

const (
	blockLen = 40 // frames: 0.8 s, so that two blocks, and what an outage costs, pass within Patience
	threads  = 37 // so that all adds less than 12 % to 32 kbit/s
)

// voiceFrame is for how long one frame is heard.
const voiceFrame = 20 * time.Millisecond

// epochLen is the length of the number, in its low bits, of the epoch that a
// tail was signed in.
const epochLen = 4

// symbols is how many symbols a block has: its digests, and
//
//	signature ‖ head ‖ epoch ‖ zeros to a multiple of 8
func symbols(pub *ecdsa.PublicKey) int {
	const each = len(symbol{})
	return blockLen + (signatureLen(pub)+headLen+epochLen+each-1)/each
}

// A loom is the sender's end.
type loom struct {
	digests [blockLen]digest   // of the block under way
	block   [maxSymbols]symbol // the one before
	curve   curve
}

// weave appends to b what frame number carries.
func (l *loom) weave(b []byte, number uint64) []byte {
	if i := int(number % blockLen); i < threads {
		thread := l.curve.at(byte(l.curve.k+i), l.block[:l.curve.k])
		b = append(b, thread[:]...)
	}
	return appendNumber(b, number)
}

// endBlock signs, in e, for the block that ends before number.
func (s *Sealer) endBlock(e *Epoch, number uint64) error {
	s.body = s.body[:0]
	for _, d := range s.loom.digests {
		s.body = append(s.body, d[:]...)
	}
	s.body = appendHead(s.body, s.ring.head.Load())
	sum := toSign(e, e.Own, s.track, number-blockLen, s.body)
	tail, err := appendSignature(nil, s.ring.signer, sum)
	if err != nil {
		return err
	}
	tail = append(tail, s.body[len(s.body)-headLen:]...)
	tail = binary.BigEndian.AppendUint32(tail, uint32(e.Number))
	l := &s.loom
	clear(l.block[:])
	k := copy(l.block[:], l.digests[:])
	for ; len(tail) > 0; k++ {
		tail = tail[copy(l.block[k][:], tail):]
	}
	l.curve.through(points[:k])
	return nil
}

// points are 0, 1, 2, …
var points = func() (p [maxSymbols + threads]byte) {
	for i := range p {
		p[i] = byte(i)
	}
	return p
}()

// A block is the receiver's end of the weave.
type block struct {
	first   uint64 // its first frame's number
	threads [threads]symbol
	got     uint64 // which threads: bits
	done    bool   // it came together, for better or worse
}

// underway is for how many blocks at a time threads are kept.
const underway = 3

// block returns the block whose frames begin with number first, or nil if its
// time is over.
func (o *Opener) block(first uint64) *block {
	b := &o.blocks[first/blockLen%underway]
	switch {
	case b.first > first:
		return nil
	case b.first < first:
		*b = block{first: first}
	}
	return b
}

// unweave parts a frame of voice from what it carries.
func (o *Opener) unweave(plain []byte, f sframe.Frame, x digest) (payload []byte, err error) {
	rest, number, err := cutNumber(plain, o.ledger.newest, f.Newest)
	if err != nil {
		return nil, err
	}
	i := int(number % blockLen)
	at := len(rest)
	if i < threads {
		if at -= len(symbol{}); at < 0 {
			return nil, errStatement
		}
	}
	if err := o.ledger.hear(number, x, voiceFrame); err != nil {
		return nil, err
	}
	own := number - uint64(i)
	if before := o.block(own - blockLen); before != nil && i < threads {
		before.threads[i] = symbol(rest[at:])
		before.got |= 1 << i
		if err := o.join(before, f); err != nil {
			return nil, err
		}
	}
	return rest[:at], o.join(o.block(own), f)
}

// join verifies the block, once there is enough of it.
func (o *Opener) join(b *block, f sframe.Frame) error {
	k := symbols(o.key)
	var x [maxSymbols]byte
	var y [maxSymbols]symbol
	if b == nil || b.done || !o.gather(b, x[:k], y[:k]) {
		return nil
	}
	b.done = true
	all := restore(x[:k], y[:k])
	var flat [maxSymbols * len(symbol{})]byte
	for i, s := range all {
		copy(flat[i*len(s):], s[:])
	}
	const digests = blockLen * len(digest{})
	sig := flat[digests:][:signatureLen(o.key)]
	head := flat[digests+len(sig):][:headLen]
	number := binary.BigEndian.Uint32(flat[digests+len(sig)+headLen:])
	body := append(flat[:digests:digests], head...)
	if !o.signed(number, f.Leaf, b.first, body, sig) {
		return errForged
	}
	for i, d := range all[:blockLen] {
		if err := o.ledger.sign(b.first+uint64(i), d); err != nil {
			return err
		}
	}
	o.trust(head)
	return nil
}

// signed tells whether the member has signed for body in an epoch whose number
// ends so. The epoch is one that we know: it is not before those of the frames
// in the block, and not after that of the last frame with a thread of it.
func (o *Opener) signed(number, leaf uint32, first uint64, body, sig []byte) bool {
	for _, e := range *o.ring.epochs.Load() {
		if key := e.key(leaf); uint32(e.Number) == number && key != nil && key.Equal(o.key) &&
			verifySignature(o.key, toSign(e, leaf, o.track, first, body), sig) {
			return true
		}
	}
	return false
}

// gather finds len(x) symbols of the block: those of frames that came, then threads.
func (o *Opener) gather(b *block, x []byte, y []symbol) bool {
	n, k := 0, len(x)
	put := func(at int, s symbol) {
		if n < k {
			x[n], y[n] = byte(at), s
		}
		n++
	}
	for i := range blockLen {
		if e := o.ledger.at(b.first + uint64(i)); e != nil {
			put(i, e.digest)
		}
	}
	for i := range threads {
		if b.got>>i&1 != 0 {
			put(k+i, b.threads[i])
		}
	}
	return n >= k
}

// restore returns the symbols at the points 0 to len(x)-1 from those at x.
func restore(x []byte, y []symbol) (all [maxSymbols]symbol) {
	var known [maxSymbols]bool
	for i, p := range x {
		if int(p) < len(x) {
			all[p], known[p] = y[i], true
		}
	}
	var c curve
	c.through(x)
	for i := range x {
		if !known[i] {
			all[i] = c.at(byte(i), y)
		}
	}
	return all
}
