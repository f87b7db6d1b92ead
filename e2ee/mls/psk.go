package mls

import (
	"errors"
	"fmt"
	"io"
)

// PSKType says where a pre-shared key comes from, RFC 9420 section 8.4.
type PSKType uint8

// The kinds of pre-shared keys.
const (
	ExternalPSK   PSKType = 1 // from outside of MLS
	ResumptionPSK PSKType = 2 // from an epoch of a group
)

// PSKUsage says what a resumption key is for.
type PSKUsage uint8

// The uses of a resumption key.
const (
	UseApplication PSKUsage = 1
	UseReInit      PSKUsage = 2
	UseBranch      PSKUsage = 3
)

// A PSKID names a pre-shared key.
type PSKID struct {
	Type    PSKType
	ID      []byte // external
	Usage   PSKUsage
	GroupID []byte // resumption: the group,
	Epoch   uint64 // and its epoch
	nonce   []byte // fresh for each use
}

func readPSKID(r *reader) PSKID {
	id := PSKID{Type: PSKType(r.u8())}
	switch id.Type {
	case ExternalPSK:
		id.ID = r.opaque()
	case ResumptionPSK:
		id.Usage = PSKUsage(r.u8())
		if id.Usage < UseApplication || id.Usage > UseBranch {
			r.fail()
		}
		id.GroupID, id.Epoch = r.opaque(), r.u64()
	default:
		r.fail()
	}
	id.nonce = r.opaque()
	return id
}

func (id PSKID) append(b []byte) []byte {
	b = append(b, byte(id.Type))
	if id.Type == ExternalPSK {
		b = appendOpaque(b, id.ID)
	} else {
		b = appendU64(appendOpaque(append(b, byte(id.Usage)), id.GroupID), id.Epoch)
	}
	return appendOpaque(b, id.nonce)
}

// with returns id with a fresh nonce, section 12.1.4.
func (id PSKID) with(p *params, rand io.Reader) (PSKID, error) {
	nonce, err := random(rand, p.nh())
	id.nonce = nonce
	return id, err
}

// PSKs finds pre-shared keys. It returns false for a key that it does not have.
// Groups find the resumption keys of their own last epochs without it.
type PSKs func(id PSKID) ([]byte, bool)

// A MissingPSKError says which pre-shared key is not there.
type MissingPSKError struct{ ID PSKID }

func (e *MissingPSKError) Error() string {
	if e.ID.Type == ExternalPSK {
		return fmt.Sprintf("mls: no pre-shared key %x", e.ID.ID)
	}
	return fmt.Sprintf("mls: no resumption key of epoch %d of group %x", e.ID.Epoch, e.ID.GroupID)
}

// pskSecret folds pre-shared keys into one, section 8.4.
func (p *params) pskSecret(ids []PSKID, find PSKs) (secret, error) {
	out := make(secret, p.nh())
	zero := make(secret, p.nh())
	if len(ids) > 1<<16-1 {
		return nil, errors.New("mls: too many pre-shared keys")
	}
	for i, id := range ids {
		key, ok := find(id)
		if !ok {
			out.wipe()
			return nil, &MissingPSKError{id}
		}
		label := appendU16(appendU16(id.append(nil), uint16(i)), uint16(len(ids)))
		extracted := p.extract(zero, key)
		input := p.expand(extracted, "derived psk", label, p.nh())
		next := p.extract(input, out)
		wipe(extracted, input, out)
		out = next
	}
	return out, nil
}
