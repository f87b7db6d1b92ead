package e2ee

import (
	"crypto/ecdsa"
	"errors"
	"sync"
	"time"

	"incamera/e2ee/sframe"
)

// ErrImpersonated reports a frame that opened but is withheld: it is not its
// sender's, or the sender has not signed for what came before it in time.
var ErrImpersonated = errors.New("e2ee: withheld, the sender has not signed for it")

// An Opener opens the frames of one track of one member, and holds the member
// to signing for them.
type Opener struct {
	ring *Keyring
	trackID

	mu       sync.Mutex // only ever tried: whoever calls does not wait
	in       *sframe.Opener
	meta     []byte
	digester digester
	ledger   ledger
	blocks   [underway]block // of a voice
	last     time.Time       // when the last picture came
	told     bool            // that the track is withheld

	kept  *[]*Epoch // of the last frame: the keyring's, its own, its leaf, and the leaf's key
	epoch *Epoch
	leaf  uint32
	key   *ecdsa.PublicKey
}

// A trackID names a track of a member.
type trackID struct {
	member string
	track  uint8
}

// Opener returns the opener for what the relay says member publishes: always
// the same one. A relay that ends a track and begins it anew gains nothing by
// it: neither what was seen of the track nor what is owed for it is forgotten.
func (k *Keyring) Opener(member string, track uint8) *Opener {
	k.mu.Lock()
	defer k.mu.Unlock()
	id := trackID{member, track}
	o := k.openers[id]
	if o == nil {
		o = &Opener{ring: k, trackID: id, in: k.ring.Opener(member)}
		k.openers[id] = o
	}
	return o
}

// Open appends the payload to dst. A frame that is refused leaves dst as it is.
// So is one that comes while another of the track is being opened: then the
// relay has two tracks that claim to be the same.
func (o *Opener) Open(dst, clear, sealed []byte) ([]byte, error) {
	if !o.mu.TryLock() {
		o.ring.count(sframe.ErrReplayed)
		return dst, sframe.ErrReplayed
	}
	defer o.mu.Unlock()
	o.meta = append(append(o.meta[:0], o.track), clear...)
	out, f, err := o.in.Open(dst, o.meta, sealed)
	if err != nil {
		o.ring.count(err)
		return dst, err
	}
	n, err := o.judge(f, clear, sealed, out[len(dst):])
	if err != nil {
		return dst, err
	}
	o.ring.counts[opened].Add(1)
	return out[:len(dst)+n], nil
}

// judge returns the length of the payload of a frame that may be heard.
func (o *Opener) judge(f sframe.Frame, clear, sealed, plain []byte) (int, error) {
	payload, err := o.check(f, clear, sealed, plain)
	if errors.Is(err, sframe.ErrReplayed) || errors.Is(err, sframe.ErrUnknownKey) {
		o.ring.count(err)
		return 0, err
	}
	if err != nil {
		o.ledger.doubt()
	}
	withheld := o.ledger.overdue()
	if withheld != o.told {
		o.told = withheld
		o.ring.withhold(o.trackID, withheld)
	}
	if withheld {
		o.ring.counts[impersonated].Add(1)
		return 0, ErrImpersonated
	}
	return len(payload), nil
}

// check holds a frame against what its sender signs for, and returns the payload.
func (o *Opener) check(f sframe.Frame, clear, sealed, plain []byte) ([]byte, error) {
	if err := o.speaks(f); err != nil {
		return nil, err
	}
	x := o.digester.of(o.track, clear, sealed)
	if len(clear) == 0 {
		return o.unweave(plain, f, x)
	}
	return o.unlist(plain, f, x)
}

// speaks settles whose signatures to expect. A member who has come back, with
// another session key, begins anew; what is left of the earlier visit is too old.
func (o *Opener) speaks(f sframe.Frame) error {
	kept := o.ring.epochs.Load()
	if kept == o.kept && f.Epoch == o.epoch.Number && f.Leaf == o.leaf {
		return nil
	}
	e := o.ring.epoch(f.Epoch)
	if e == nil || e.key(f.Leaf) == nil {
		return sframe.ErrUnknownKey
	}
	key := e.key(f.Leaf)
	if o.key != nil && !key.Equal(o.key) {
		if o.ring.newer(o.epoch, e) {
			return sframe.ErrReplayed
		}
		o.ledger, o.blocks = ledger{}, [underway]block{}
	}
	o.kept, o.epoch, o.leaf, o.key = kept, e, f.Leaf, key
	return nil
}

// trust notes a statement all of which was as it came.
func (o *Opener) trust(head []byte) {
	o.ring.counts[signatures].Add(1)
	o.ledger.trust()
	if o.ring.onHead != nil {
		o.ring.onHead(o.member, readHead(head))
	}
}
