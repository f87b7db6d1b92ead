package trust

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"incamera/identity"
)

// maxVerdicts bounds how many are kept: two generations of so many.
const maxVerdicts = 2048

// A verdict is who a chain speaks for, and the time within which all that was
// found good of it stays good. It follows from the chain and the anchors
// alone, so it can be kept.
type verdict struct {
	person identity.Person
	from   time.Time
	until  time.Time
}

// newVerdict notes the time that the certificates of all paths share.
func newVerdict(c chain, paths [][]*x509.Certificate, p identity.Person) verdict {
	v := verdict{person: p, from: c.first().NotBefore, until: c.first().NotAfter}
	for _, cert := range slices.Concat(paths...) {
		if cert.NotBefore.After(v.from) {
			v.from = cert.NotBefore
		}
		if cert.NotAfter.Before(v.until) {
			v.until = cert.NotAfter
		}
	}
	return v
}

// copy returns the person, so that no caller can change what is kept.
func (v verdict) copy() identity.Person {
	p := v.person
	p.Names = slices.Clone(p.Names)
	return p
}

// verdicts keeps what was judged good. Refusals are not kept: they are rare,
// and a stranger could fill the memory with them.
type verdicts struct {
	mu   sync.Mutex
	new  map[[32]byte]verdict // guarded by mu
	last map[[32]byte]verdict // guarded by mu; the generation before
}

func newVerdicts() *verdicts { return &verdicts{new: map[[32]byte]verdict{}} }

// verdictKey is the hash of the chain's bytes, unambiguous.
func verdictKey(chain [][]byte) [32]byte {
	h := sha256.New()
	var length [8]byte
	for _, der := range chain {
		binary.BigEndian.PutUint64(length[:], uint64(len(der)))
		h.Write(length[:])
		h.Write(der)
	}
	return [32]byte(h.Sum(nil))
}

// find returns who was found before, if the verdict is good at a time.
func (v *verdicts) find(key [32]byte, at time.Time) (identity.Person, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	found, ok := v.new[key]
	if !ok {
		if found, ok = v.last[key]; !ok {
			return identity.Person{}, false
		}
		v.put(key, found)
	}
	if at.Before(found.from) || at.After(found.until) {
		return identity.Person{}, false
	}
	return found.copy(), true
}

func (v *verdicts) keep(key [32]byte, found verdict) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.put(key, found)
}

// put is called with mu held.
func (v *verdicts) put(key [32]byte, found verdict) {
	if len(v.new) >= maxVerdicts {
		v.last, v.new = v.new, map[[32]byte]verdict{}
	}
	v.new[key] = found
}
