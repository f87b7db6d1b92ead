package trust

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"incamera/identity"
)

// A Mode is how strictly revocation is taken.
type Mode string

// The modes: nobody is asked; an unknown answer lets pass; an unknown answer
// refuses. A certificate known to be revoked is refused in both of the latter.
const (
	Off  Mode = "off"
	Soft Mode = "soft"
	Hard Mode = "hard"
)

// A Fetch gets what is at url: with GET if body is nil, else with POST of an
// OCSP request. See [HTTP].
type Fetch func(ctx context.Context, url string, body []byte) ([]byte, error)

// RevocationOptions say how revocation is looked up.
type RevocationOptions struct {
	Anchors *Anchors
	Mode    Mode
	Fetch   Fetch
	// Interval is how old an answer may be before it is asked for again; one
	// that cannot be had again counts until it says itself that it is over.
	// Zero asks each time.
	Interval time.Duration
	// Dir is where lists and answers are kept from one start to the next;
	// "" keeps them in memory alone, as a shared machine must.
	Dir string
	Log *slog.Logger // nil: none
}

// Revocation says whether certificates were called back, from revocation lists
// and responders. It owns a cache of both, whose signatures are checked
// whenever they are read. Its methods may be called from any goroutine; one
// list is fetched once for all who wait for it.
type Revocation struct {
	o     RevocationOptions
	shelf shelf

	mu      sync.Mutex
	lists   map[[32]byte]*place[*list]   // guarded by mu; by issuer and URL
	answers map[[32]byte]*place[*answer] // guarded by mu; by certificate
	failed  map[string]time.Time         // guarded by mu; by URL, when it did not answer
}

// maxAnswers bounds what is remembered of responders.
const maxAnswers = 8192

// NewRevocation returns a Revocation that has asked nobody yet.
func NewRevocation(o RevocationOptions) *Revocation {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Revocation{
		o: o, shelf: shelf{dir: o.Dir},
		lists: map[[32]byte]*place[*list]{}, answers: map[[32]byte]*place[*answer]{},
		failed: map[string]time.Time{},
	}
}

// Check says whether the card of chain, or an authority on its way to a root,
// is revoked at a time, which is now for all but tests. It returns nil, a
// [*identity.Revoked], in hard mode a [*identity.RevocationUnknown], or why the
// chain does not lead to a root. It may wait for the network, until ctx ends.
func (r *Revocation) Check(ctx context.Context, ders [][]byte, at time.Time) error {
	if r.o.Mode == Off {
		return nil
	}
	c, err := parseChain(ders)
	if err != nil {
		return err
	}
	paths, err := r.o.Anchors.paths(c, at)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err = r.checkPath(ctx, path, at); err == nil {
			return nil
		}
	}
	return err
}

// checkPath asks about each certificate of path but the root.
func (r *Revocation) checkPath(ctx context.Context, path []*x509.Certificate, at time.Time) error {
	for i, cert := range path[:len(path)-1] {
		what := identity.CardCertificate
		if i > 0 {
			what = identity.IssuerCertificate
		}
		back, err := r.status(ctx, cert, path[i+1], at)
		switch {
		case err != nil && r.o.Mode == Hard && !r.exempt(cert):
			return &identity.RevocationUnknown{What: what, Why: err.Error()}
		case err != nil:
			r.o.Log.Warn("revocation is not known", "certificate", what, "why", err)
		case back != nil:
			return &identity.Revoked{What: what, On: back.on, Reason: reasonWord(back.reason)}
		}
	}
	return nil
}

// exempt reports an authority that the House itself configured and that points
// nowhere: the House takes it back by taking it out of the anchors.
func (r *Revocation) exempt(cert *x509.Certificate) bool {
	return len(cert.CRLDistributionPoints) == 0 && len(cert.OCSPServer) == 0 &&
		slices.ContainsFunc(r.o.Anchors.between, cert.Equal)
}

// status says whether cert was called back. Responders are asked first, then
// lists; what was asked for lately is not asked for again. If nobody answers,
// what is held counts as long as it is fresh.
func (r *Revocation) status(ctx context.Context, cert, issuer *x509.Certificate, at time.Time) (*calledBack, error) {
	q := question{cert: cert, issuer: issuer, at: at}
	var why []error
	for _, q.ask = range []bool{true, false} {
		for _, source := range sources(cert) {
			back, err := source.look(r, ctx, q, source.url)
			if err == nil {
				return back, nil
			}
			if q.ask {
				why = append(why, fmt.Errorf("%s: %w", source.url, err))
			}
		}
	}
	if len(why) == 0 {
		return nil, errors.New("the certificate names no list and no responder")
	}
	return nil, errors.Join(why...)
}

// A question is about one certificate. To ask is to want an answer that was
// had lately; not to ask is to be content with what is held, if it is fresh.
type question struct {
	cert, issuer *x509.Certificate
	at           time.Time
	ask          bool
}

// A source is where an answer can be had.
type source struct {
	url  string
	look func(*Revocation, context.Context, question, string) (*calledBack, error)
}

// sources are those that cert names and that can be fetched.
func sources(cert *x509.Certificate) []source {
	var out []source
	for _, url := range web(cert.OCSPServer) {
		out = append(out, source{url, (*Revocation).byResponder})
	}
	for _, url := range web(cert.CRLDistributionPoints) {
		out = append(out, source{url, (*Revocation).byList})
	}
	return out
}

// web keeps the URLs that can be fetched; some lists are in directories.
func web(urls []string) []string {
	return slices.DeleteFunc(slices.Clone(urls), func(url string) bool {
		return !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://")
	})
}
