package e2ee

import "incamera/e2ee/sframe"

// A Sealer seals the frames of one track and signs for them. It belongs to
// one goroutine.
type Sealer struct {
	ring     *Keyring
	track    uint8
	in       *sframe.Sealer
	meta     []byte // track, clear bytes
	plain    []byte // payload with what it carries behind it
	body     []byte // of a statement
	digester digester
	number   uint64 // the next frame's
	loom     loom   // of a voice
	lister   lister // of pictures
}

// Sealer returns the sealer of one of the own tracks: always the same one, so
// that a track goes on where it ended.
func (k *Keyring) Sealer(track uint8) *Sealer {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.sealers[track]
	if s == nil {
		s = &Sealer{ring: k, track: track, in: k.ring.Sealer()}
		k.sealers[track] = s
	}
	return s
}

// Seal appends clear and the sealed payload to dst. clear is authenticated. It
// is empty for a voice; of a picture it has the layer and the tier.
func (s *Sealer) Seal(dst, clear, payload []byte) ([]byte, error) {
	var context uint64
	var err error
	s.plain = append(s.plain[:0], payload...)
	if len(clear) == 0 {
		err = s.weave()
	} else {
		context, err = s.enlist(clear)
	}
	if err != nil {
		return dst, err
	}
	s.meta = append(append(s.meta[:0], s.track), clear...)
	from := len(dst) + len(clear)
	out, _, err := s.in.Seal(append(dst, clear...), context, s.meta, s.plain)
	if err != nil {
		return dst, err
	}
	d := s.digester.of(s.track, clear, out[from:])
	s.loom.digests[s.number%blockLen], s.lister.digests[s.number%maxDigests] = d, d
	s.number++
	s.ring.counts[sealed].Add(1)
	return out, nil
}

// weave adds what a frame of voice carries.
func (s *Sealer) weave() error {
	if s.number > 0 && s.number%blockLen == 0 {
		e, err := s.pin()
		if err != nil {
			return err
		}
		if err := s.endBlock(e, s.number); err != nil {
			return err
		}
	}
	s.plain = s.loom.weave(s.plain, s.number)
	return nil
}

// enlist adds what a picture carries, and tells in which context to seal it.
func (s *Sealer) enlist(clear []byte) (context uint64, err error) {
	if now := s.ring.now(); s.lister.due(clear, now, s.number) {
		e, err := s.pin()
		if err != nil {
			return 0, err
		}
		if s.plain, err = s.list(s.plain, e, clear, now, s.number); err != nil {
			return 0, err
		}
		context = 1
	}
	s.plain = appendNumber(s.plain, s.number)
	return context, nil
}

// pin returns the epoch that the next frame will be sealed in.
func (s *Sealer) pin() (*Epoch, error) {
	number, err := s.in.Pin()
	if err != nil {
		return nil, err
	}
	if e := s.ring.epoch(number); e != nil {
		return e, nil
	}
	return nil, sframe.ErrNoKey
}
