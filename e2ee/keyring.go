package e2ee

import (
	"crypto"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"incamera/e2ee/sframe"
)

// MediaSuite seals the frames of every sitting; MLS_128 and MLS_192 groups alike
// export a key for it.
const MediaSuite = sframe.AES256GCM

// A Head names the last entry that a sender had seen of the sitting's order:
// its place, and the first bytes of its hash.
type Head struct {
	Seq  uint32
	Hash [7]byte
}

// Counts are the frames that a keyring has seen, since it was made.
type Counts struct {
	Sealed, Opened uint64
	Unknown        uint64 // no key for them: sealed before we came, or after we left
	Altered        uint64 // did not authenticate
	Replayed       uint64
	WrongSender    uint64 // the relay named another publisher than the key
	NotSealed      uint64 // no SFrame header: the relay's own silence, or rubbish
	Impersonated   uint64 // opened, but withheld: not signed for by their sender
	Signatures     uint64 // sender signatures verified
}

// Rejected is the number of frames that came and were not handed on.
func (c Counts) Rejected() uint64 {
	return c.Unknown + c.Altered + c.Replayed + c.WrongSender + c.NotSealed + c.Impersonated
}

// A Keyring joins the group to the media path. [Keyring.Advance] and
// [Keyring.Wipe] are for the one goroutine that owns the group; sealers and
// openers belong to one goroutine each, and never wait for the group.
type Keyring struct {
	ring   *sframe.Keyring
	now    func() time.Time
	signer crypto.Signer // own session key
	onHead func(member string, h Head)

	epochs atomic.Pointer[[]*Epoch] // newest first: whose signatures to believe
	head   atomic.Pointer[Head]
	counts [counters]atomic.Uint64

	mu       sync.Mutex
	sealers  map[uint8]*Sealer
	openers  map[trackID]*Opener
	withheld map[trackID]bool // whose frames are withheld
}

// The places of Keyring.counts.
const (
	sealed = iota
	opened
	unknown
	altered
	replayed
	wrongSender
	notSealed
	impersonated
	signatures
	counters
)

// KeyringOptions are what a keyring needs to know.
type KeyringOptions struct {
	Now    func() time.Time
	Signer crypto.Signer // the session key
	// OnHead is called with the head that another member has signed. It is
	// called from many goroutines and must not wait. It may be nil.
	OnHead func(member string, h Head)
}

// NewKeyring returns a keyring without keys.
func NewKeyring(o KeyringOptions) *Keyring {
	k := &Keyring{
		ring:     sframe.NewKeyring(MediaSuite, o.Now),
		now:      o.Now,
		signer:   o.Signer,
		onHead:   o.OnHead,
		sealers:  map[uint8]*Sealer{},
		openers:  map[trackID]*Opener{},
		withheld: map[trackID]bool{},
	}
	k.epochs.Store(&[]*Epoch{})
	return k
}

// keptEpochs is how many epochs' signature keys are kept: more than begin
// while a frame is under way.
const keptEpochs = 64

// Advance makes e the newest epoch: others' frames can be opened at once, own
// frames are sealed with it after grace. At a removal grace is 0.
func (k *Keyring) Advance(e *Epoch, grace time.Duration) {
	kept := append([]*Epoch{e}, *k.epochs.Load()...)
	if len(kept) > keptEpochs {
		kept = kept[:keptEpochs]
	}
	k.epochs.Store(&kept)
	k.ring.Advance(sframe.Epoch{
		Number: e.Number, Own: e.Own, Owners: e.owners(), Base: slices.Clone(e.mediaKey),
	}, grace)
}

// Sweep overwrites keys whose time is over. It is to be called now and then.
func (k *Keyring) Sweep() { k.ring.Sweep() }

// Wipe forgets all keys, at once and for good.
func (k *Keyring) Wipe() {
	k.ring.Wipe()
	k.epochs.Store(&[]*Epoch{})
}

// Saw tells which head the sender signatures shall name from now on.
func (k *Keyring) Saw(h Head) { k.head.Store(&h) }

// Counts returns what was counted until now.
func (k *Keyring) Counts() Counts {
	n := func(i int) uint64 { return k.counts[i].Load() }
	return Counts{
		Sealed: n(sealed), Opened: n(opened), Unknown: n(unknown), Altered: n(altered),
		Replayed: n(replayed), WrongSender: n(wrongSender), NotSealed: n(notSealed),
		Impersonated: n(impersonated), Signatures: n(signatures),
	}
}

// Withheld returns the members whose frames are withheld, because somebody
// else may be sending them.
func (k *Keyring) Withheld() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var names []string
	for id := range k.withheld {
		names = append(names, id.member)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (k *Keyring) withhold(id trackID, on bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if on {
		k.withheld[id] = true
	} else {
		delete(k.withheld, id)
	}
}

// count notes why a frame was refused.
func (k *Keyring) count(err error) {
	switch {
	case errors.Is(err, sframe.ErrUnknownKey):
		k.counts[unknown].Add(1)
	case errors.Is(err, sframe.ErrReplayed):
		k.counts[replayed].Add(1)
	case errors.Is(err, sframe.ErrWrongSender):
		k.counts[wrongSender].Add(1)
	case errors.Is(err, sframe.ErrHeader):
		k.counts[notSealed].Add(1)
	default:
		k.counts[altered].Add(1)
	}
}

// epoch returns the epoch of that number, or nil.
func (k *Keyring) epoch(number uint64) *Epoch {
	for _, e := range *k.epochs.Load() {
		if e.Number == number {
			return e
		}
	}
	return nil
}

// newer tells whether a came after b. Numbers do not tell: a group that is
// founded anew begins with 0 again.
func (k *Keyring) newer(a, b *Epoch) bool {
	for _, e := range *k.epochs.Load() {
		if e == a || e == b {
			return e == a && a != b
		}
	}
	return false
}
