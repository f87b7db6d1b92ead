package relay

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	"incamera/sitting"
)

// What can be wrong with a ticket: it is unknown, used, old or another's. The
// bearer is not told which.
var ErrTicket = errors.New("relay: the ticket is not good")

// Life is how long a ticket may wait to be used, and most is how many one
// session may hold at once; the oldest gives way.
const (
	Life = 30 * time.Second
	most = 4
)

// A Pass says who may enter the relay by a ticket.
type Pass struct {
	Sitting sitting.ID
	Member  sitting.MemberID
	Session sitting.Hash // SHA-256 of the session certificate
}

// A Proxy lets the bearers of tickets through to the relay's signalling. Its
// methods may be called from any goroutine.
type Proxy struct {
	// Constant.
	relay  func() string // the relay's URL at the moment, "" while it is down
	admit  func(Pass) (token string, err error)
	now    func() time.Time
	refuse func(http.ResponseWriter, *http.Request, error)
	log    *slog.Logger

	// Guarded by mu.
	mu      sync.Mutex
	tickets []ticket // the oldest first
	inside  map[*visit]struct{}
}

type ticket struct {
	once   string
	pass   Pass
	expiry time.Time
}

// A visit is one connection to the relay.
type visit struct {
	pass Pass
	end  context.CancelFunc
}

// NewProxy returns a proxy to the relay at the URL that relay returns. When a
// ticket is used, admit judges the pass as things are then, and returns the
// relay's token for it. refuse answers a request with what admit returns, with
// [ErrTicket] or with [ErrDown].
func NewProxy(relay func() string, admit func(Pass) (string, error), now func() time.Time,
	refuse func(http.ResponseWriter, *http.Request, error), log *slog.Logger,
) *Proxy {
	return &Proxy{relay: relay, admit: admit, now: now, refuse: refuse, log: log, inside: map[*visit]struct{}{}}
}

// Issue returns the one-time part of the path by which pass enters.
func (p *Proxy) Issue(pass Pass) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forgetOld()
	held, oldest := 0, -1
	for i, t := range p.tickets {
		if t.pass.Session == pass.Session {
			if held++; oldest < 0 {
				oldest = i
			}
		}
	}
	if held >= most {
		p.tickets = append(p.tickets[:oldest], p.tickets[oldest+1:]...)
	}
	once := rand.Text()
	p.tickets = append(p.tickets, ticket{once: once, pass: pass, expiry: p.now().Add(Life)})
	return once
}

// forgetOld drops tickets that have waited too long.
func (p *Proxy) forgetOld() {
	now, n := p.now(), 0
	for n < len(p.tickets) && now.After(p.tickets[n].expiry) {
		n++
	}
	p.tickets = append(p.tickets[:0:0], p.tickets[n:]...)
}

// Void ends session's connections to the relay in a sitting and the tickets it
// holds there.
func (p *Proxy) Void(id sitting.ID, session sitting.Hash) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.tickets[:0:0]
	for _, t := range p.tickets {
		if t.pass.Sitting != id || t.pass.Session != session {
			kept = append(kept, t)
		}
	}
	p.tickets = kept
	for v := range p.inside {
		if v.pass.Sitting == id && v.pass.Session == session {
			v.end()
		}
	}
}

// ServeHTTP serves /relay/{once}/{rest...}, of which rest is the relay's own
// path: its signalling, and that only as a websocket.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest := r.PathValue("rest"); rest != "rtc" && rest != "rtc/v1" ||
		!strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		http.NotFound(w, r)
		return
	}
	relay, err := url.Parse(p.relay())
	if err != nil || relay.Host == "" {
		p.refuse(w, r, ErrDown) // the ticket is still good
		return
	}
	pass, err := p.take(r)
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	ctx, end := context.WithCancel(r.Context())
	defer end()
	v := &visit{pass: pass, end: end}
	p.enter(v) // before it is judged: a later Void finds it
	defer p.leave(v)
	token, err := p.admit(pass)
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	p.forward(relay, pass, token).ServeHTTP(w, r.WithContext(ctx))
}

// take uses up the ticket that r names, if it is r's session's.
func (p *Proxy) take(r *http.Request) (Pass, error) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return Pass{}, ErrTicket
	}
	session := sitting.Hash(sha256.Sum256(r.TLS.PeerCertificates[0].Raw))
	once := r.PathValue("once")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forgetOld()
	for i, t := range p.tickets {
		if t.once == once && t.pass.Session == session {
			p.tickets = append(p.tickets[:i], p.tickets[i+1:]...)
			return t.pass, nil
		}
	}
	return Pass{}, ErrTicket
}

func (p *Proxy) enter(v *visit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inside[v] = struct{}{}
}

func (p *Proxy) leave(v *visit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.inside, v)
}

// forward passes a request on with the token that the ticket stands for,
// whatever token it came with.
func (p *Proxy) forward(relay *url.URL, pass Pass, token string) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(relay)
			r.Out.URL.Path = "/" + r.In.PathValue("rest")
			r.Out.URL.RawPath = ""
			q := r.Out.URL.Query()
			q.Del("access_token")
			r.Out.URL.RawQuery = q.Encode()
			r.Out.Header.Set("Authorization", "Bearer "+token)
			r.Out.Header.Del("Origin")
			r.Out.Header.Del("Cookie")
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			p.log.Warn("relay: a request could not be passed on", "member", pass.Member, "error", err)
			p.refuse(w, r, ErrDown)
		},
		ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
}
