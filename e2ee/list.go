package e2ee

import (
	"time"

	"incamera/e2ee/sframe"
)

// Pictures come in layers and tiers, of which a receiver gets some, and other
// ones a moment later. So their statements are sent whole, in frames whose key id
// has the context 1, and list the frames of all layers one by one:
//
//	payload ‖ n digests ‖ head ‖ signature ‖ n ‖ number
//
// The digests are those of the n frames before the one that carries them. Of the
// clear bytes the keyring reads the first: bits 1 and 2 are the temporal tier
// (the relay may leave out all but tier 0), bits 3 and 4 the layer (a receiver
// gets the frames of one). A statement rides only in frames of tier 0, and in
// each layer by itself; each says again what the two before it said.
const (
	tierShift, layerShift = 1, 3
	fieldMask             = 3
	layers                = fieldMask + 1
)

const (
	listEvery  = 600 * time.Millisecond
	listSpan   = 3   // statements of a layer in which a frame is listed
	maxDigests = 255 // n is one byte
)

// The time for which one picture is seen, at least and at most: however many
// come at once, and however long after the one before.
const (
	shortestPicture = time.Second / 30
	longestPicture  = 100 * time.Millisecond
)

func tierAndLayer(clear []byte) (tier, layer int) {
	return int(clear[0] >> tierShift & fieldMask), int(clear[0] >> layerShift & fieldMask)
}

// A lister is the sender's end.
type lister struct {
	digests [maxDigests]digest // a ring of the last frames'
	said    [layers]struct {
		upTo [listSpan]uint64 // what the last statements reached, the newest first
		at   time.Time
	}
}

// due is soonest when a track begins again after a silence: what was sealed
// before it and not signed for is signed for then.
func (l *lister) due(clear []byte, now time.Time, number uint64) bool {
	tier, layer := tierAndLayer(clear)
	said := &l.said[layer]
	if said.at.IsZero() {
		said.at = now
	}
	return tier == 0 && said.upTo[0] < number && now.Sub(said.at) >= listEvery
}

// list appends to b, a payload, a statement on the frames before number. It
// signs in e, the epoch that the frame will be sealed in.
func (s *Sealer) list(b []byte, e *Epoch, clear []byte, now time.Time, number uint64) ([]byte, error) {
	_, layer := tierAndLayer(clear)
	said, payload := &s.lister.said[layer], len(b)
	first := max(said.upTo[listSpan-1], number-min(number, maxDigests))
	for i := first; i < number; i++ {
		d := s.lister.digests[i%maxDigests]
		b = append(b, d[:]...)
	}
	b = appendHead(b, s.ring.head.Load())
	b, err := appendSignature(b, s.ring.signer, toSign(e, e.Own, s.track, first, b[payload:]))
	if err != nil {
		return nil, err
	}
	copy(said.upTo[1:], said.upTo[:])
	said.upTo[0], said.at = number, now
	return append(b, byte(number-first)), nil
}

// cost is for how long the picture that came now is seen, or the one before
// it was.
func (o *Opener) cost() time.Duration {
	now := o.ring.now()
	defer func() { o.last = now }()
	return min(max(now.Sub(o.last), shortestPicture), longestPicture)
}

// unlist parts a picture from its statement, if it carries one.
func (o *Opener) unlist(plain []byte, f sframe.Frame, x digest) (payload []byte, err error) {
	rest, number, err := cutNumber(plain, o.ledger.newest, f.Newest)
	if err != nil {
		return nil, err
	}
	if err := o.ledger.hear(number, x, o.cost()); err != nil || f.Context == 0 {
		return rest, err
	}
	payload, body, sig, err := splitStatement(rest, signatureLen(o.key))
	if err != nil {
		return nil, err
	}
	digests := body[:len(body)-headLen]
	first := number - uint64(len(digests)/len(digest{}))
	e := o.ring.epoch(f.Epoch)
	if e == nil || !verifySignature(o.key, toSign(e, f.Leaf, o.track, first, body), sig) {
		return nil, errForged
	}
	for i := first; i < number; i++ {
		if err := o.ledger.sign(i, digest(digests[(i-first)*uint64(len(digest{})):])); err != nil {
			return nil, err
		}
	}
	o.trust(body[len(digests):])
	return payload, nil
}

// splitStatement parts what was sealed with context 1, without the number at
// its end. sigLen is the length of the sender's signatures.
func splitStatement(plain []byte, sigLen int) (payload, body, sig []byte, err error) {
	if len(plain) == 0 {
		return nil, nil, nil, errStatement
	}
	end := len(plain) - 1
	bodyLen := int(plain[end])*len(digest{}) + headLen
	start := end - sigLen - bodyLen
	if start < 0 {
		return nil, nil, nil, errStatement
	}
	return plain[:start], plain[start : start+bodyLen], plain[start+bodyLen : end], nil
}
