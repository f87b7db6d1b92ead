// Package seat puts one member into a sitting: everything concrete between a
// card and the relay, without a window. The client and the delegates are both
// made of it. It owns what it builds, and builds anew what was lost; it decides
// nothing that sitting, e2ee, media or identity decide.
package seat

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"incamera/identity"
	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/wire"
)

// Options say which service to meet through, and what to believe.
type Options struct {
	Service  string         // host:port
	Anchors  *trust.Anchors // the House's, for members and for the service
	Loopback bool           // all media stays on this machine
	Log      *slog.Logger

	// What the House's policy leaves; zero values leave all.
	Ranges    []netip.Prefix         // addresses that media may use
	Suite     func(name string) bool // whether a group may have it
	NoPicture bool                   // no camera is ever opened
	// Revocation is asked of the own card when it signs in, and again every
	// Every while its holder sits, and of the clerk's who signed an order. Nil
	// asks nobody: the service does, too.
	Revocation *trust.Revocation
	Every      time.Duration
}

// A Person is somebody who has signed in: a session, in memory.
type Person struct {
	options Options
	session *trust.Session
	tls     *tls.Config
	client  *link.Client
}

// SignIn has the person's card certify a new session key: one PIN, one
// signature. The service is not asked yet.
func SignIn(ctx context.Context, card identity.Card, ask identity.Asker, o Options) (*Person, error) {
	session, err := trust.NewSession(ctx, card, ask, time.Now().Add(trust.MaxSession))
	if err != nil {
		return nil, err
	}
	// Who would be turned away at the door learns why here, in words.
	if _, err := o.Anchors.Verify(session.Chain, time.Now()); err != nil {
		return nil, err
	}
	if err := o.lookUp(ctx, session.Chain); err != nil {
		return nil, err
	}
	c := trust.ClientTLS(session, o.Anchors)
	return &Person{options: o, session: session, tls: c, client: link.NewHTTP("https://"+o.Service, c)}, nil
}

// lookUp asks whether a card was called back, as strictly as policy says.
func (o *Options) lookUp(ctx context.Context, chain [][]byte) error {
	if o.Revocation == nil {
		return nil
	}
	return o.Revocation.Check(ctx, chain, time.Now())
}

// Name is who the card says this is.
func (p *Person) Name() string { return p.session.Person.Common }

// Close lets go of connections that wait to be used again.
func (p *Person) Close() { p.client.Close() }

// Allows reports whether this person can sit under the suite of an order: the
// House's policy has to leave it, and it has to sign as session keys do. These
// are P-256, and an MLS suite fixes one signature scheme.
func (p *Person) Allows(suite string) bool {
	return strings.HasSuffix(suite, "_P256") && (p.options.Suite == nil || p.options.Suite(suite))
}

// ErrSuite reports a sitting under a suite that is not allowed.
var ErrSuite = errors.New("seat: the suite of this sitting is not one that this person can use")

// ErrOrder reports an order that the service handed out and that is not good.
// Beside it is why: what wire says of the bytes, an [OverError], a
// [NotClerkError] or a [SignerError].
var ErrOrder = errors.New("seat: the service handed out an order that is not good")

// A NotClerkError reports an order signed by one who is no clerk on it, or
// whose card is not of the House.
type NotClerkError struct{ Who string }

func (e *NotClerkError) Error() string {
	return fmt.Sprintf("seat: %q, who signed the order, is no clerk on it", e.Who)
}

// A SignerError reports an order signed with a card of the House that is not
// good now.
type SignerError struct{ Err error } // one of identity's refusals

func (e *SignerError) Error() string { return "seat: the card that signed the order: " + e.Err.Error() }
func (e *SignerError) Unwrap() error { return e.Err }

// An OverError reports an order whose time is over.
type OverError struct{ On time.Time }

func (e *OverError) Error() string {
	return "seat: the sitting was over on " + e.On.UTC().Format(time.RFC3339)
}

// An Invitation is an order of the day with this person on its roster.
type Invitation struct {
	*sitting.Order
	Me     sitting.Member
	Signed []byte
	Seen   sitting.Head // the last that this machine saw of it in an earlier session; zero if none
}

// Sittings returns the sittings that this person may enter. An order that is
// not good is left out; the error then says why, beside those that are.
func (p *Person) Sittings(ctx context.Context) ([]Invitation, error) {
	all, err := p.client.Sittings(ctx)
	if err != nil {
		return nil, err
	}
	var good []Invitation
	var wrong []error
	for _, signed := range all {
		order, err := p.judge(ctx, signed, time.Now())
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		if me, ok := order.Known(p.session.Person.Names); ok {
			good = append(good, Invitation{Order: order, Me: me, Signed: signed})
		}
	}
	return good, errors.Join(wrong...)
}

// judge is the client's own look at an order: a clerk on it has signed it, and
// it is not over, or a service could show an old one.
func (p *Person) judge(ctx context.Context, signed []byte, at time.Time) (*sitting.Order, error) {
	order, chain, err := wire.OpenOrder(signed)
	if err != nil {
		return nil, errors.Join(ErrOrder, err)
	}
	if at.After(order.Closes) {
		return nil, errors.Join(ErrOrder, &OverError{On: order.Closes})
	}
	signer, err := p.options.Anchors.Verify(chain, at)
	if _, stranger := errors.AsType[*identity.UnknownIssuer](err); stranger {
		return nil, errors.Join(ErrOrder, &NotClerkError{Who: commonName(chain[0])})
	}
	if err != nil {
		return nil, errors.Join(ErrOrder, &SignerError{err})
	}
	if m, ok := order.Known(signer.Names); !ok || m.Role != sitting.RoleClerk {
		return nil, errors.Join(ErrOrder, &NotClerkError{Who: signer.Common})
	}
	if err := p.options.lookUp(ctx, chain); err != nil {
		return nil, errors.Join(ErrOrder, err)
	}
	return order, nil
}

// commonName is what a certificate says that its holder is called.
func commonName(der []byte) string {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return ""
	}
	return cert.Subject.CommonName
}
