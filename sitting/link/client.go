package link

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"incamera/sitting"
	"incamera/sitting/wire"
)

// MaxBlob is the largest blob, in bytes.
const MaxBlob = 8 << 20

// Why the service could not be asked.
var (
	ErrUnreachable  = errors.New("link: the service cannot be reached")
	ErrWrongService = errors.New("link: who answers is not the service")
	ErrTurnedAway   = errors.New("link: the service does not take this certificate")
)

// A Problem is the service's answer when it does not do what it was asked to.
type Problem struct {
	Status int    // of HTTP
	Code   string // one word; "" if the answer had none
	Text   string // for logs
}

func (p *Problem) Error() string {
	return fmt.Sprintf("link: the service says %d %s: %s", p.Status, p.Code, p.Text)
}

// A Client asks the service. Its methods may be called from any goroutine.
type Client struct {
	base string // https://host:port
	http *http.Client
}

// How long to try to connect. On a network that has just come back, a new
// attempt is sooner than the system's own repetition.
const (
	dialTime      = time.Second
	handshakeTime = 5 * time.Second
)

// NewHTTP returns a client of the service at base, "https://host:port". c has
// the session's certificates, and how to recognise the service.
func NewHTTP(base string, c *tls.Config) *Client {
	c = c.Clone()
	c.NextProtos = []string{"http/1.1"} // an upgrade needs it
	dialer := &net.Dialer{Timeout: dialTime}
	return &Client{base: base, http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:         dialer.DialContext,
			TLSClientConfig:     c,
			TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
			TLSHandshakeTimeout: handshakeTime,
			MaxIdleConnsPerHost: 4, // a commit's three blobs, and a ticket
			IdleConnTimeout:     30 * time.Second,
		},
	}}
}

// Close lets go of connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Sittings returns the signed orders whose roster the caller is on. They have
// not been looked at.
func (c *Client) Sittings(ctx context.Context) ([][]byte, error) {
	b, err := c.ask(ctx, http.MethodGet, "/v1/sittings", nil, 64*wire.MaxOrder)
	if err != nil {
		return nil, err
	}
	return wire.ReadOrders(b)
}

// Blob returns the blob of a sitting that has this hash.
func (c *Client) Blob(ctx context.Context, id sitting.ID, hash sitting.Hash) ([]byte, error) {
	b, err := c.ask(ctx, http.MethodGet, blobPath(id, hash), nil, MaxBlob)
	if err != nil {
		return nil, err
	}
	if wire.HashOf(b) != hash {
		return nil, fmt.Errorf("%w: a blob with another hash", ErrGarbage)
	}
	return b, nil
}

// PutBlob has the service keep blob, and returns the name to fetch it by.
func (c *Client) PutBlob(ctx context.Context, id sitting.ID, blob []byte) (sitting.Hash, error) {
	hash := wire.HashOf(blob)
	_, err := c.ask(ctx, http.MethodPut, blobPath(id, hash), blob, 0)
	return hash, err
}

// Ticket returns the URL of the relay's signalling, and one token for it.
func (c *Client) Ticket(ctx context.Context, id sitting.ID) (address, token string, err error) {
	b, err := c.ask(ctx, http.MethodPost, path(id, "ticket"), nil, 64<<10)
	if err != nil {
		return "", "", err
	}
	return wire.ReadTicket(b)
}

// Dial opens a link to a sitting. The link lasts beyond ctx; its first message
// has to be a Hello.
func (c *Client) Dial(ctx context.Context, id sitting.ID) (*Link, error) {
	c.http.CloseIdleConnections() // who has lost the link may have lost them too, and not know
	dialing, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	answer, err := c.do(dialing, http.MethodGet, path(id, "link"), nil, func(h http.Header) {
		h.Set("Connection", "Upgrade")
		h.Set("Upgrade", Protocol)
	})
	if err == nil && !stop() {
		answer.Body.Close()
		err = context.Cause(ctx)
	}
	if err != nil {
		cancel(nil)
		return nil, err
	}
	conn, ok := answer.Body.(io.ReadWriteCloser)
	if answer.StatusCode != http.StatusSwitchingProtocols || !ok {
		defer cancel(nil)
		return nil, problem(answer)
	}
	var cert []byte
	if answer.TLS != nil && len(answer.TLS.PeerCertificates) > 0 {
		cert = answer.TLS.PeerCertificates[0].Raw
	}
	return NewClient(&upgraded{conn, cancel}, cert), nil
}

// An upgraded connection ends its request when it closes.
type upgraded struct {
	io.ReadWriteCloser
	cancel context.CancelCauseFunc
}

func (u *upgraded) Close() error {
	defer u.cancel(nil)
	return u.ReadWriteCloser.Close()
}

func path(id sitting.ID, what string) string {
	return "/v1/sittings/" + url.PathEscape(string(id)) + "/" + what
}

func blobPath(id sitting.ID, hash sitting.Hash) string {
	return path(id, "blobs/"+hex.EncodeToString(hash[:]))
}

// ask returns the body of a good answer, of at most limit bytes.
func (c *Client) ask(ctx context.Context, method, path string, body []byte, limit int64) ([]byte, error) {
	answer, err := c.do(ctx, method, path, body, func(http.Header) {})
	if err != nil {
		return nil, err
	}
	if answer.StatusCode/100 != 2 {
		return nil, problem(answer)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	if err != nil {
		return nil, sort(ctx, err)
	}
	if int64(len(b)) > limit {
		return nil, ErrTooLarge
	}
	return b, nil
}

func (c *Client) do(ctx context.Context, method, path string, body []byte, set func(http.Header)) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	set(r.Header)
	answer, err := c.http.Do(r)
	if err != nil {
		c.http.CloseIdleConnections() // they are of the network that gave no answer
		return nil, sort(ctx, err)
	}
	return answer, nil
}

// problem reads and closes an answer that is none of the good ones.
func problem(answer *http.Response) error {
	defer answer.Body.Close()
	p := &Problem{Status: answer.StatusCode}
	b, err := io.ReadAll(io.LimitReader(answer.Body, 4<<10))
	if err == nil {
		p.Code, p.Text, err = wire.ReadProblem(b)
	}
	if err != nil {
		p.Code, p.Text = "", http.StatusText(answer.StatusCode)
	}
	return p
}

// sort says which of the three ways of not being answered err is.
func sort(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var verification *tls.CertificateVerificationError
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var operation *net.OpError
	switch {
	case errors.As(err, &verification), errors.As(err, &host), errors.As(err, &unknown):
		return fmt.Errorf("%w: %w", ErrWrongService, err)
	case errors.As(err, &operation) && operation.Op == "remote error": // a TLS alert
		return fmt.Errorf("%w: %w", ErrTurnedAway, err)
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}
