package e2ee

import (
	"errors"
	"time"

	"incamera/e2ee/sframe"
)

// ErrImpersonated reports a frame that opened but is withheld: its sender has
// not signed for what came before it in time, so it may be another's.
var ErrImpersonated = errors.New("e2ee: withheld, the sender has not signed for it")

// An Opener opens the frames of one track of one member, and holds the member
// to signing for them. It belongs to one goroutine.
type Opener struct {
	ring     *Keyring
	member   string
	track    uint8
	in       *sframe.Opener
	meta     []byte
	digester digester
	debt     debt
}

// Opener returns an opener for what the relay says member publishes.
func (k *Keyring) Opener(member string, track uint8) *Opener {
	return &Opener{ring: k, member: member, track: track, in: k.ring.Opener(member)}
}

// Open appends the payload to dst. A frame that is refused leaves dst as it is.
func (o *Opener) Open(dst, clear, sealed []byte) ([]byte, error) {
	o.meta = append(append(o.meta[:0], o.track), clear...)
	out, f, err := o.in.Open(dst, o.meta, sealed)
	if err != nil {
		o.ring.count(err)
		return dst, err
	}
	longest := soundStep
	if len(clear) > 0 {
		longest = pictureStep
	}
	o.debt.owe(o.digester.of(o.track, clear, sealed), o.ring.now(), longest)
	if f.Context == 1 {
		payload, err := o.hear(f, out[len(dst):])
		if err != nil {
			o.debt.refuse()
		}
		out = out[:len(dst)+len(payload)]
	}
	if o.withheld() {
		o.ring.counts[impersonated].Add(1)
		return dst, ErrImpersonated
	}
	o.ring.counts[opened].Add(1)
	return out, nil
}

// hear verifies the statement at the end of plain and returns what is before it.
func (o *Opener) hear(f sframe.Frame, plain []byte) ([]byte, error) {
	e, pub := o.ring.epoch(f.Epoch), o.ring.signatureKey(f.Epoch, f.Leaf)
	if e == nil || pub == nil {
		return nil, errSignature
	}
	payload, body, sig, err := splitStatement(plain, 2*scalarLen(pub))
	if err != nil {
		return nil, err
	}
	if !verifySignature(pub, toSign(e, f.Leaf, o.track, body), sig) {
		return payload, errSignature
	}
	o.ring.counts[signatures].Add(1)
	digests := body[:len(body)-headLen]
	o.debt.settle(digests)
	if o.ring.onHead != nil {
		o.ring.onHead(o.member, readHead(body[len(digests):]))
	}
	return payload, nil
}

// withheld tells, and tells the keyring when it changes.
func (o *Opener) withheld() bool {
	now, changed := o.debt.withheld()
	if changed {
		o.ring.withhold(o.member, now)
	}
	return now
}

// Patience is for how long a member is heard without signing for it.
const Patience = 2 * time.Second

// What one frame owes at most, however long after the last it comes: silence
// is not owed for, nor what the network holds up.
const (
	soundStep   = 20 * time.Millisecond
	pictureStep = 100 * time.Millisecond
)

// ringLen is how many frames a debt remembers, and how many digests that came
// before their frames.
const ringLen = 512

// A debt is the time for which frames were heard that nobody has signed for.
//
//	owing ── more than Patience, or a wrong signature ──► withheld
//	withheld ── a statement for all of the last second's frames ──► owing nothing
//
// A statement lost on the way is never made up for. So what it would have
// settled is forgiven, a quarter of a second for each second that is signed for.
type debt struct {
	frames  [ringLen]owed
	n       uint64          // frames seen
	early   [ringLen]digest // signed for before they came
	nEarly  uint64
	total   time.Duration
	last    time.Time
	refused bool // a signature was wrong
	held    bool // withheld, as told last
	since   uint64
}

type owed struct {
	digest digest
	time   time.Duration
	paid   bool
}

// owe notes a frame that arrived.
func (d *debt) owe(x digest, now time.Time, longest time.Duration) {
	step := min(max(now.Sub(d.last), 0), longest)
	if d.last.IsZero() {
		step = 0
	}
	d.last = now
	f := &d.frames[d.n%ringLen]
	d.n++
	if !f.paid && f.digest != (digest{}) && d.n > ringLen {
		d.total -= f.time // too old to be signed for any more: forgiven
	}
	*f = owed{digest: x, time: step}
	if d.wasEarly(x) {
		f.paid = true
		return
	}
	d.total += step
}

func (d *debt) wasEarly(x digest) bool {
	for i := range min(d.nEarly, ringLen) {
		if d.early[i] == x {
			return true
		}
	}
	return false
}

// settle notes that the sender has signed for these frames.
func (d *debt) settle(digests []byte) {
	var paid time.Duration
	for ; len(digests) > 0; digests = digests[len(digest{}):] {
		x := digest(digests[:len(digest{})])
		if t, ok := d.pay(x); ok {
			paid += t
		} else {
			d.early[d.nEarly%ringLen] = x
			d.nEarly++
		}
	}
	d.forgive(paid / 4)
	d.release()
}

// pay settles one frame, searching from the newest.
func (d *debt) pay(x digest) (time.Duration, bool) {
	for i := range min(d.n, ringLen) {
		f := &d.frames[(d.n-1-i)%ringLen]
		if f.digest == x {
			if f.paid {
				return 0, true
			}
			f.paid = true
			d.total -= f.time
			return f.time, true
		}
	}
	return 0, false
}

// forgive takes from what is owed for longest.
func (d *debt) forgive(t time.Duration) {
	for i := min(d.n, ringLen); i > 0 && t > 0; i-- {
		f := &d.frames[(d.n-i)%ringLen]
		if !f.paid {
			part := min(f.time, t)
			f.time -= part
			d.total -= part
			t -= part
		}
	}
}

// refuse notes a signature that was wrong.
func (d *debt) refuse() { d.refused = true }

// release ends the withholding when all frames since the last statement but
// the one that carries this are signed for.
func (d *debt) release() {
	from := d.since
	d.since = d.n
	if !d.held || d.n-from < 20 || d.n-from > ringLen {
		return
	}
	for i := from; i < d.n-1; i++ {
		if f := &d.frames[i%ringLen]; !f.paid && i > from {
			return
		}
	}
	d.refused, d.total = false, 0
	for i := range d.frames {
		d.frames[i].time = 0
	}
}

func (d *debt) withheld() (now, changed bool) {
	was := d.held
	d.held = d.refused || d.total > Patience
	return d.held, d.held != was
}
