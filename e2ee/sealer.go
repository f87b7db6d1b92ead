package e2ee

import (
	"time"

	"incamera/e2ee/sframe"
)

// Of the clear bytes of a frame the keyring reads the first, if there is one:
// bits 1 and 2 are the temporal tier (the relay may leave out all but tier 0),
// bits 3 and 4 the layer (a receiver gets the frames of one). A statement
// rides only in frames of tier 0, and once in each layer.
const (
	tierShift, layerShift = 1, 3
	fieldMask             = 3
	layers                = fieldMask + 1
)

func tierAndLayer(clear []byte) (tier, layer int) {
	if len(clear) == 0 {
		return 0, 0
	}
	return int(clear[0] >> tierShift & fieldMask), int(clear[0] >> layerShift & fieldMask)
}

// A Sealer seals the frames of one track and signs for them. It belongs to
// one goroutine.
type Sealer struct {
	ring     *Keyring
	track    uint8
	in       *sframe.Sealer
	meta     []byte // track, clear bytes
	body     []byte // payload with a statement behind it
	digester digester

	pending [maxDigests]digest // a ring of the last frames
	total   uint64             // frames sealed
	said    [layers]struct {   // by layer: what the last two statements reached
		before, upTo uint64
		at           time.Time
	}
}

// Sealer returns a sealer for one of the own tracks.
func (k *Keyring) Sealer(track uint8) *Sealer {
	return &Sealer{ring: k, track: track, in: k.ring.Sealer()}
}

// Seal appends clear and the sealed payload to dst. clear is authenticated.
func (s *Sealer) Seal(dst, clear, payload []byte) ([]byte, error) {
	context := uint64(0)
	tier, layer := tierAndLayer(clear)
	if tier == 0 && s.due(layer, len(clear) > 0) {
		with, err := s.state(layer, len(clear) > 0, payload)
		if err != nil {
			return dst, err
		}
		payload, context = with, 1
	}
	s.meta = append(append(s.meta[:0], s.track), clear...)
	from := len(dst) + len(clear)
	out, _, err := s.in.Seal(append(dst, clear...), context, s.meta, payload)
	if err != nil {
		return dst, err
	}
	s.pending[s.total%maxDigests] = s.digester.of(s.track, clear, out[from:])
	s.total++
	s.ring.counts[sealed].Add(1)
	return out, nil
}

// due is soonest when a track begins again after a silence: what was sealed
// before it and not signed for is signed for then.
func (s *Sealer) due(layer int, layered bool) bool {
	said := &s.said[layer]
	now := s.ring.now()
	if said.at.IsZero() {
		said.at = now
	}
	every := statementEvery
	if layered {
		every = layeredEvery
	}
	return said.upTo < s.total && now.Sub(said.at) >= every
}

// state returns payload with a statement on all frames since the layer's last.
// It signs in the epoch that the frame will be sealed in.
func (s *Sealer) state(layer int, layered bool, payload []byte) ([]byte, error) {
	number, err := s.in.Pin()
	if err != nil {
		return nil, err
	}
	e := s.ring.epoch(number)
	if e == nil {
		return nil, sframe.ErrNoKey
	}
	said := &s.said[layer]
	first := said.upTo
	if layered {
		first = said.before
	}
	first = max(first, s.total-min(s.total, maxDigests))
	b := append(s.body[:0], payload...)
	for i := first; i < s.total; i++ {
		d := s.pending[i%maxDigests]
		b = append(b, d[:]...)
	}
	b = appendHead(b, s.ring.head.Load())
	b, err = appendSignature(b, s.ring.signer, toSign(e, e.Own, s.track, b[len(payload):]))
	if err != nil {
		return nil, err
	}
	s.body = append(b, byte(s.total-first))
	said.before, said.upTo, said.at = said.upTo, s.total, s.ring.now()
	return s.body, nil
}
