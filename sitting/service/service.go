// Package service is the door of a House: it lets people in by their session
// certificates, hands out the signed orders of the day, runs one usher for
// each open sitting and the relay for all of them. It can refuse service, and
// nothing else: it holds no key that opens a frame, and all that it orders is
// checked again by every client.
//
// It owns the listener, the ushers' lives and the relay's. It may use the rooms
// below it, sitting, sitting/wire, sitting/link, and identity to verify.
//
// Besides the ushers it has these goroutines, all of which have ended when
// [Service.Serve] returns: the HTTP server's, one that keeps the relay running,
// one that waits to say that all is ready, one that looks at the folder of
// orders, one that sees whether anything can still be kept, and one that looks
// up whether the cards of those present were called back, because that may wait
// for a network.
package service

import (
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"incamera/identity/trust"
	"incamera/sitting/service/delivery"
	"incamera/sitting/service/relay"
	"incamera/sitting/service/roster"
	"incamera/sitting/service/ticket"
	"incamera/sitting/wire"
)

// Config is what a service is built of.
type Config struct {
	Certificate tls.Certificate // the service's; its key, P-256 or P-384, also signs heads
	Anchors     *trust.Anchors
	Revocation  *trust.Revocation // nil asks nobody
	LookUp      time.Duration     // how often it is asked of those present; 0 is a minute
	Orders      string            // the folder of signed orders
	Delivery    delivery.Options
	Relay       Relay
	Grace       time.Duration // how long a seat is kept for a lost link; 0 is 20 s
	Now         func() time.Time
	Log         *slog.Logger
}

// Relay says which relay there is: a child of this process, or, if URL is not
// "", one that runs already and has these keys.
type Relay struct {
	Binary  string
	Network relay.Network
	URL     string
	Keys    ticket.Keys
}

// defaultGrace is what a seat is kept for a lost link by default.
const defaultGrace = 20 * time.Second

// A Service is the door, open or not yet.
type Service struct {
	// Ready, if set, is called once members can come in. Set it before Serve.
	Ready func()

	// Constant.
	c        Config
	key      crypto.Signer // of the certificate
	book     *roster.Book
	delivery *delivery.Delivery
	child    *relay.Child // nil if the relay is not ours
	relayURL func() string
	desk     *ticket.Desk
	proxy    *relay.Proxy
	blobs    chan struct{} // a token for each blob on its way

	pace  pace
	halls halls
}

// Open makes a service that is ready to serve, with order and blobs at hand.
func Open(ctx context.Context, c Config) (*Service, error) {
	key, ok := c.Certificate.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, errors.New("service: the certificate's key does not sign")
	}
	if c.Grace == 0 {
		c.Grace = defaultGrace
	}
	if c.LookUp == 0 {
		c.LookUp = defaultLookUp
	}
	s := &Service{c: c, key: key, blobs: make(chan struct{}, maxBlobs)}
	if _, err := wire.SignHead(wire.Head{Sitting: "x"}, key, c.Certificate.Certificate[0]); err != nil {
		return nil, fmt.Errorf("service: the certificate's key: %w", err)
	}
	s.book = roster.NewBook(c.Orders, wire.OpenOrder, c.Anchors.Verify, c.Log)
	if _, err := s.book.Find("", c.Now()); err != nil && !errors.Is(err, roster.ErrUnknown) {
		return nil, err
	}
	if err := s.addRelay(); err != nil {
		return nil, err
	}
	var err error
	if s.delivery, err = delivery.Open(c.Delivery); err != nil {
		return nil, err
	}
	if err := s.delivery.Ready(ctx); err != nil {
		s.delivery.Close()
		return nil, err
	}
	return s, nil
}

func (s *Service) addRelay() (err error) {
	keys := s.c.Relay.Keys
	if s.c.Relay.URL != "" {
		s.relayURL = func() string { return s.c.Relay.URL }
	} else {
		keys = ticket.NewKeys()
		s.child, err = relay.New(relay.Options{
			Binary: s.c.Relay.Binary, Keys: keys.Text(), Network: s.c.Relay.Network, Log: s.c.Log,
		})
		if err != nil {
			return err
		}
		s.relayURL = s.child.URL
	}
	s.desk = ticket.New(keys, s.relayURL)
	s.proxy = relay.NewProxy(s.relayURL, s.admitToRelay, s.c.Now, s.refuse, s.c.Log)
	return nil
}

// stopLimit is how long a request under way may take when the service ends.
const stopLimit = 5 * time.Second

// Serve serves until ctx ends, or until nothing can be kept any more, and then
// ends all that it has started. It closes l, and can be called once.
func (s *Service) Serve(ctx context.Context, l net.Listener) error {
	defer s.delivery.Close()
	defer s.desk.Close()
	ctx, end := context.WithCancelCause(ctx)
	var started sync.WaitGroup
	defer started.Wait()
	defer end(nil)
	if s.child != nil {
		started.Go(func() { s.child.Run(ctx) })
	}
	s.halls.open(ctx, &started)
	if err := s.resume(ctx); err != nil {
		_ = l.Close() // nobody has been let in
		return err
	}
	if s.c.Revocation != nil {
		started.Go(func() { s.watchRevocation(ctx) })
	}
	started.Go(func() { s.announce(ctx) })
	started.Go(func() { s.watchOrders(ctx) })
	started.Go(func() { s.watchDelivery(ctx, end) })
	if err := s.listen(ctx, l); err != nil {
		return err
	}
	if cause := context.Cause(ctx); errors.Is(cause, delivery.ErrStopped) {
		return cause
	}
	return nil
}

// announce says that members can come in once the relay is up too.
func (s *Service) announce(ctx context.Context) {
	if s.child != nil {
		select {
		case <-s.child.Up():
		case <-ctx.Done():
			return
		}
	}
	if s.Ready != nil {
		s.Ready()
	}
}

// listen takes connections until ctx ends; links are told first.
func (s *Service) listen(ctx context.Context, l net.Listener) error {
	ctx, end := context.WithCancel(ctx)
	defer s.halls.empty()
	defer end()
	server := &http.Server{
		Handler:           s.routes(),
		TLSConfig:         trust.ServerTLS(s.c.Certificate, s.c.Anchors, s.c.Now),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.c.Log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.ServeTLS(bound(l, maxConnections), "", "") }()
	select {
	case err := <-failed:
		return fmt.Errorf("service: %w", err)
	case <-ctx.Done():
	}
	stopping, enough := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer enough()
	if server.Shutdown(stopping) != nil {
		_ = server.Close() // what still hangs is cut off
	}
	<-failed
	return nil
}
