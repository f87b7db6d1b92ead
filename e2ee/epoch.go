package e2ee

import "crypto/ecdsa"

// A Leaf is one member's place in the group's tree.
type Leaf struct {
	Index  uint32
	Member string   // as the [Judge] named the member
	Key    string   // the leaf's signature key: tells two visits of a member apart
	Chain  [][]byte // session certificate, card certificate, …: DER
}

// An Epoch is the group between two commits. It never changes.
type Epoch struct {
	Number        uint64
	Suite         string
	Authenticator []byte // equal for all who are in the same epoch of the same group
	Leaves        []Leaf // in leaf order
	Own           uint32

	mediaKey []byte             // the base key of RFC 9605, section 5.2
	keys     []*ecdsa.PublicKey // by leaf index; nil for a blank one
}

// Leaf returns the own leaf.
func (e *Epoch) Leaf() Leaf {
	for _, l := range e.Leaves {
		if l.Index == e.Own {
			return l
		}
	}
	return Leaf{}
}

// owners lists whose each leaf is, by index.
func (e *Epoch) owners() []string {
	var names []string
	for _, l := range e.Leaves {
		for uint32(len(names)) <= l.Index {
			names = append(names, "")
		}
		names[l.Index] = l.Member
	}
	return names
}

// key returns the signature key of a leaf, or nil.
func (e *Epoch) key(leaf uint32) *ecdsa.PublicKey {
	if int(leaf) < len(e.keys) {
		return e.keys[leaf]
	}
	return nil
}
