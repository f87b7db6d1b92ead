package sframe

// A Frame says what is known of a frame that was sealed or opened.
type Frame struct {
	Epoch   uint64
	Counter uint64
	Leaf    uint32
	Context uint64 // 0 or 1: the sender's choice, authenticated
	Newest  bool   // opened: sealed after all that the opener has opened before
}

// A Sealer seals frames with the own key of the newest epoch. It belongs to
// one goroutine; all sealers of a keyring share one counter.
type Sealer struct {
	ring    *Keyring
	pinned  *epoch // the next frame's, if it was asked for
	scratch scratch
}

// Sealer returns a new sealer.
func (r *Keyring) Sealer() *Sealer { return &Sealer{ring: r} }

// Pin settles which epoch the next frame is sealed in, and returns its number.
func (s *Sealer) Pin() (uint64, error) {
	s.pinned = s.ring.held.Load().sender(s.ring.now)
	if s.pinned == nil {
		return 0, ErrNoKey
	}
	return s.pinned.Number, nil
}

// Seal appends the sealed payload to dst; metadata is authenticated, not sent.
// It fails with [ErrNoKey] before the first epoch and after the last.
func (s *Sealer) Seal(dst []byte, context uint64, metadata, payload []byte) ([]byte, Frame, error) {
	e := s.pinned
	if e != nil {
		s.pinned = nil
	} else if e = s.ring.held.Load().sender(s.ring.now); e == nil {
		return dst, Frame{}, ErrNoKey
	}
	k, err := e.key(e.Own, context)
	if err != nil {
		return dst, Frame{}, err
	}
	ctr := e.ctr.Add(1) - 1
	dst = k.seal(dst, ctr, metadata, payload, &s.scratch)
	return dst, Frame{Epoch: e.Number, Counter: ctr, Leaf: e.Own, Context: context}, nil
}

// An Opener opens the frames of one track of one member. It belongs to one
// goroutine.
type Opener struct {
	ring    *Keyring
	owner   string
	windows [4]window // of the newest epochs that were heard of
	last    uint64    // the newest epoch that a frame was opened of: its place
	scratch scratch
}

// Opener returns an opener that takes frames from owner and from nobody else.
func (r *Keyring) Opener(owner string) *Opener { return &Opener{ring: r, owner: owner} }

// Open appends the payload of sealed to dst. Nothing of a frame that is
// replayed, of another sender, of an unknown key or altered reaches dst.
func (o *Opener) Open(dst, metadata, sealed []byte) ([]byte, Frame, error) {
	h, n, err := ParseHeader(sealed)
	if err != nil {
		return dst, Frame{}, err
	}
	e := o.ring.held.Load().find(h.KID, o.ring.now)
	if e == nil {
		return dst, Frame{}, ErrUnknownKey
	}
	leaf, context := e.split(h.KID)
	if int(leaf) >= len(e.Owners) || e.Owners[leaf] != o.owner || o.owner == "" {
		return dst, Frame{}, ErrWrongSender
	}
	w := o.window(e.place, leaf)
	if w == nil || !w.fresh(h.CTR) {
		return dst, Frame{}, ErrReplayed
	}
	k, err := e.key(leaf, context)
	if err != nil {
		return dst, Frame{}, err
	}
	out, err := k.open(dst, h.CTR, sealed[:n], metadata, sealed[n:], &o.scratch)
	if err != nil {
		return dst, Frame{}, err
	}
	newest := e.place > o.last || e.place == o.last && h.CTR >= w.next
	o.last = max(o.last, e.place)
	w.mark(h.CTR)
	return out, Frame{Epoch: e.Number, Counter: h.CTR, Leaf: leaf, Context: context, Newest: newest}, nil
}

// window returns the replay window of a sender's epoch. A new one takes the
// place of the one of the oldest epoch; nil if it is not
// newer than that: what was seen of it may be forgotten.
func (o *Opener) window(epoch uint64, leaf uint32) *window {
	oldest := &o.windows[0]
	for i := range o.windows {
		w := &o.windows[i]
		if w.epoch == epoch && w.leaf == leaf {
			return w
		}
		if w.epoch < oldest.epoch {
			oldest = w
		}
	}
	if epoch <= oldest.epoch {
		return nil
	}
	*oldest = window{epoch: epoch, leaf: leaf}
	return oldest
}

// windowLen is how far, in counters, a frame may come after a later one of
// its track. A sender of voice and three layers of picture uses about 140 a second.
const windowLen = 1024

// A window remembers which counters of one epoch were seen on one track.
type window struct {
	epoch uint64 // its place; 0: unused
	leaf  uint32
	next  uint64 // all counters from here on are fresh
	seen  [windowLen / 64]uint64
}

func (w *window) fresh(ctr uint64) bool {
	if ctr >= w.next {
		return true
	}
	return w.next-ctr <= windowLen && w.seen[ctr/64%uint64(len(w.seen))]>>(ctr%64)&1 == 0
}

func (w *window) mark(ctr uint64) {
	if ctr >= w.next {
		from := w.next
		if ctr-from >= windowLen {
			w.seen, from = [len(w.seen)]uint64{}, ctr
		}
		for c := from; c <= ctr; c++ { // these places held counters now too old to matter
			w.seen[c/64%uint64(len(w.seen))] &^= 1 << (c % 64)
		}
		w.next = ctr + 1
	}
	w.seen[ctr/64%uint64(len(w.seen))] |= 1 << (ctr % 64)
}
