package session

import (
	"crypto/sha256"
	"fmt"
	"time"

	"incamera/identity"
	"incamera/sitting"
)

// people says which member a chain of certificates speaks for. What it has
// found out once holds from then until the first certificate ends.
type people struct {
	order  *sitting.Order
	verify func(chain [][]byte, at time.Time) (identity.Person, error)
	known  map[[32]byte]known
}

type known struct {
	member      sitting.Member
	from, until time.Time
}

// who returns the member on the roster for whom chain speaks at a time.
func (p *people) who(chain [][]byte, at time.Time) (sitting.Member, error) {
	h := sha256.New()
	for _, c := range chain {
		fmt.Fprintf(h, "%d:", len(c))
		h.Write(c)
	}
	name := [32]byte(h.Sum(nil))
	k, ok := p.known[name]
	if ok && !at.Before(k.from) && !at.After(k.until) {
		return k.member, nil
	}
	person, err := p.verify(chain, at)
	if err != nil {
		return sitting.Member{}, err
	}
	m, listed := p.order.Known(person.Names)
	if !listed {
		return sitting.Member{}, ErrNotListed
	}
	if !ok || at.Before(k.from) {
		p.known[name] = known{m, at, person.NotAfter}
	}
	return m, nil
}

// judge is who, as the group asks it.
func (p *people) judge(chain [][]byte, at time.Time) (string, error) {
	m, err := p.who(chain, at)
	return string(m.ID), err
}
