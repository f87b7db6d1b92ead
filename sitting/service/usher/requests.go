package usher

import (
	"context"
	"errors"

	"incamera/sitting"
	"incamera/sitting/wire"
)

// asked says that a member asks for something. Its signature has been checked.
type asked struct {
	place   *Place
	request sitting.Request
	signed  []byte
}

func (e asked) happen(ctx context.Context, u *Usher) error {
	if code := u.suspect(e); code != "" {
		e.place.refuse(e.request.Counter, code)
		return nil
	}
	err := u.enter(ctx, u.o.Now(), sitting.Entry{Request: &e.request, Signed: e.signed})
	var refusal sitting.Refusal
	if errors.As(err, &refusal) {
		e.place.refuse(e.request.Counter, string(refusal))
		return nil
	}
	return err
}

// suspect says what is wrong with a request before the rules are asked: it is
// another's, its chain is not good now, or it names a head that never was.
func (u *Usher) suspect(e asked) string {
	r, who := e.request, e.place.who
	if r.Session != who.Session || r.Member != who.Member {
		return string(sitting.RefusedSession)
	}
	chain := who.Chain
	if a, arrives := r.Body.(sitting.Arrive); arrives {
		chain = a.Chain // what the others will judge
	}
	person, err := u.o.Verify(chain, u.o.Now())
	if err != nil {
		return wire.CodeCertificate
	}
	if m, ok := u.o.Opened.Known(person.Names); !ok || m.ID != r.Member {
		return string(sitting.RefusedRoster)
	}
	if hash, known := u.hashAt(r.Seen.Seq); known && hash != r.Seen.Hash {
		u.o.Log.Error("a member has seen another history", "member", r.Member, "entry", r.Seen.Seq)
		return wire.CodeSplit
	}
	return ""
}

// hashAt returns the hash of the entry at the place seq, zero for none yet.
func (u *Usher) hashAt(seq uint64) (sitting.Hash, bool) {
	if seq == 0 {
		return sitting.Hash{}, true
	}
	if seq > uint64(len(u.hashes)) {
		return sitting.Hash{}, false
	}
	return u.hashes[seq-1], true
}
