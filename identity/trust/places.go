package trust

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/ocsp"
)

// A place holds the newest of what is at one URL or known of one certificate.
type place[T any] struct {
	turn  chan struct{} // capacity 1: who holds it may read and write the rest
	held  T
	asked time.Time // when held was last asked for
	read  bool      // the disk was looked at
}

func newPlace[T any]() *place[T] { return &place[T]{turn: make(chan struct{}, 1)} }

// enter waits for the turn at p.
func (p *place[T]) enter(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *place[T]) leave() { <-p.turn }

// byResponder says what the responder at url said of q.cert.
func (r *Revocation) byResponder(ctx context.Context, q question, url string) (*calledBack, error) {
	key := sha256.Sum256(append(slices.Clone(q.issuer.RawSubjectPublicKeyInfo), q.cert.Raw...))
	p := r.answerPlace(key)
	if err := p.enter(ctx); err != nil {
		return nil, err
	}
	defer p.leave()
	name := fmt.Sprintf("%x.ocsp", key)
	if !p.read {
		p.read = true
		r.recall(name, func(der []byte, asked time.Time) error {
			a, err := readAnswer(der, q.cert, q.issuer, q.at)
			if err == nil {
				p.held, p.asked = &a, asked
			}
			return err
		})
	}
	if q.ask && !r.lately(p.asked, q.at) {
		if err := r.askResponder(ctx, p, name, q, url); err != nil {
			return nil, err
		}
	}
	if p.held == nil || !p.held.fresh(q.at) {
		return nil, errors.New("the answer is out of date")
	}
	return p.held.back, nil
}

// askResponder replaces what p holds by a newer answer. It is called in p's turn.
func (r *Revocation) askResponder(ctx context.Context, p *place[*answer], name string, q question, url string) error {
	request, err := ocsp.CreateRequest(q.cert, q.issuer, nil)
	if err != nil {
		return err
	}
	der, err := r.fetch(ctx, url, request, q.at)
	if err != nil {
		return err
	}
	a, err := readAnswer(der, q.cert, q.issuer, q.at)
	if err != nil {
		return err
	}
	if !a.fresh(q.at) {
		return errors.New("the answer is out of date")
	}
	if p.held != nil && a.from.Before(p.held.from) {
		return errors.New("the answer is older than one seen before")
	}
	p.held, p.asked = &a, q.at
	r.store(name, der, q.at)
	return nil
}

// byList looks q.cert up in the list at url.
func (r *Revocation) byList(ctx context.Context, q question, url string) (*calledBack, error) {
	key := sha256.Sum256(append(append(slices.Clone(q.issuer.RawSubjectPublicKeyInfo), 0), url...))
	p := r.listPlace(key)
	if err := p.enter(ctx); err != nil {
		return nil, err
	}
	defer p.leave()
	name := fmt.Sprintf("%x.crl", key)
	if !p.read {
		p.read = true
		r.recall(name, func(der []byte, asked time.Time) error {
			l, err := readList(der, q.issuer)
			if err == nil {
				p.held, p.asked = l, asked
			}
			return err
		})
	}
	if q.ask && !r.lately(p.asked, q.at) {
		if err := r.askList(ctx, p, name, q, url); err != nil {
			return nil, err
		}
	}
	switch {
	case p.held == nil || !p.held.fresh(q.at):
		return nil, errors.New("the list is out of date")
	case !p.held.scope.covers(q.cert):
		return nil, errors.New("the list is about other certificates")
	}
	return p.held.index.find(q.cert.SerialNumber)
}

// askList replaces what p holds by a newer list. It is called in p's turn.
func (r *Revocation) askList(ctx context.Context, p *place[*list], name string, q question, url string) error {
	der, err := r.fetch(ctx, url, nil, q.at)
	if err != nil {
		return err
	}
	if p.held != nil && p.held.sum == sha256.Sum256(der) {
		p.asked = q.at
		return nil
	}
	l, err := readList(der, q.issuer)
	if err != nil {
		return err
	}
	if !l.fresh(q.at) {
		return errors.New("the list is out of date")
	}
	if p.held != nil && l.older(p.held) {
		return errors.New("the list is older than one seen before")
	}
	p.held, p.asked = l, q.at
	r.store(name, der, q.at)
	return nil
}

// lately reports whether what was asked for then need not be asked for again.
// A time to come, which only a changed file can claim, does not count.
func (r *Revocation) lately(asked, at time.Time) bool {
	return !asked.IsZero() && !asked.After(at) && at.Sub(asked) < r.o.Interval
}

// pause is how long a server that did not answer is left alone, so that a
// hundred members do not each wait for it.
const pause = time.Minute

// fetch asks url, unless it failed to answer a moment ago.
func (r *Revocation) fetch(ctx context.Context, url string, body []byte, at time.Time) ([]byte, error) {
	r.mu.Lock()
	failed, ok := r.failed[url]
	r.mu.Unlock()
	if ok && !failed.After(at) && at.Sub(failed) < pause {
		return nil, errors.New("it did not answer a moment ago")
	}
	der, err := r.o.Fetch(ctx, url, body)
	if ctx.Err() != nil && err != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return nil, err // the one who asked gave up, which says nothing of the server
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.failed[url] = at
		return nil, err
	}
	delete(r.failed, url)
	return der, nil
}

func (r *Revocation) listPlace(key [32]byte) *place[*list] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lists[key] == nil {
		r.lists[key] = newPlace[*list]()
	}
	return r.lists[key]
}

func (r *Revocation) answerPlace(key [32]byte) *place[*answer] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.answers[key]; p != nil {
		return p
	}
	if len(r.answers) >= maxAnswers {
		clear(r.answers)
	}
	p := newPlace[*answer]()
	r.answers[key] = p
	return p
}

// recall reads what was kept under name, if anything was.
func (r *Revocation) recall(name string, read func(der []byte, asked time.Time) error) {
	der, asked, err := r.shelf.take(name)
	if err == nil && der != nil {
		err = read(der, asked)
	}
	if err != nil {
		r.o.Log.Warn("a kept revocation answer cannot be used", "file", name, "why", err)
	}
}

// store keeps der under name. Failing costs a fetch after the next start.
func (r *Revocation) store(name string, der []byte, at time.Time) {
	if err := r.shelf.put(name, der, at); err != nil {
		r.o.Log.Warn("a revocation answer cannot be kept", "file", name, "why", err)
	}
}
