// Command incamerad is the service through which sittings meet: the door, the
// order and the blobs on JetStream, and the relay as its child. It holds no
// key that opens a frame.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"incamera/identity/trust"
	"incamera/sitting/service"
	"incamera/sitting/service/delivery"
	"incamera/sitting/service/relay"
	"incamera/sitting/service/ticket"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run reads, builds and serves until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) error {
	s, err := read(args, out)
	if err != nil {
		return err
	}
	if s.readyFile != "" {
		_ = os.Remove(s.readyFile) // what an earlier start has written says nothing of this one
	}
	config, err := s.build(out)
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return fmt.Errorf("incamerad: %w", err)
	}
	d, err := service.Open(ctx, config)
	if err != nil {
		_ = l.Close() // nobody has come yet
		return err
	}
	d.Ready = func() {
		fmt.Fprintf(out, "incamerad: ready on %s\n", l.Addr())
		if err := s.announce(l.Addr().String()); err != nil {
			config.Log.Warn("the ready file could not be written", "error", err)
		}
	}
	return d.Serve(ctx, l)
}

// build makes the service's configuration of the settings.
func (s *settings) build(out io.Writer) (service.Config, error) {
	anchors, err := s.loadAnchors()
	if err != nil {
		return service.Config{}, err
	}
	cert, err := s.loadCertificate(time.Now())
	if err != nil {
		return service.Config{}, fmt.Errorf("incamerad: the service's certificate: %w", err)
	}
	level := slog.LevelInfo
	if s.verbose {
		level = slog.LevelDebug
	}
	c := service.Config{
		Certificate: cert, Anchors: anchors, Orders: s.orders, Grace: s.grace, Now: time.Now,
		Log: slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level})),
		Delivery: delivery.Options{
			Dir: filepath.Join(s.data, "delivery"), URL: s.natsURL, Credentials: s.natsCredentials, Replicas: s.natsReplicas,
		},
	}
	if left := time.Until(cert.Leaf.NotAfter); left < certificateSoon {
		c.Log.Warn("the service's certificate ends soon: from then on no member comes in", "on", cert.Leaf.NotAfter)
	}
	c.Revocation = trust.NewRevocation(trust.RevocationOptions{
		Anchors: anchors, Mode: trust.Mode(s.revocation), Log: c.Log, Interval: s.revocationInterval / 2,
		Fetch: trust.HTTP(&http.Client{Timeout: revocationTimeout}),
		Dir:   filepath.Join(s.data, "revocation"),
	})
	// One half of the interval is for answers to age, the other for looking up.
	c.LookUp = min(s.revocationInterval/2-revocationTimeout, time.Minute)
	return c, s.addRelay(&c)
}

// certificateSoon is how long before its end a certificate should be renewed.
const certificateSoon = 30 * 24 * time.Hour

// loadCertificate loads what members will recognise the service by, and judges
// it as they will, but for the name.
func (s *settings) loadCertificate(at time.Time) (tls.Certificate, error) {
	cert, err := tls.LoadX509KeyPair(s.certificate, s.key)
	if err != nil {
		return cert, err
	}
	text, err := os.ReadFile(s.anchors)
	if err != nil {
		return cert, err
	}
	o := x509.VerifyOptions{
		Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	o.Roots.AppendCertsFromPEM(text)
	for _, der := range cert.Certificate[1:] {
		if above, err := x509.ParseCertificate(der); err == nil {
			o.Intermediates.AddCert(above)
		}
	}
	if _, err := cert.Leaf.Verify(o); err != nil {
		return cert, fmt.Errorf("no member would take it: %w", err)
	}
	return cert, nil
}

// revocationTimeout is how long an issuer's answer may take.
const revocationTimeout = 10 * time.Second

func (s *settings) loadAnchors() (*trust.Anchors, error) {
	text, err := os.ReadFile(s.anchors)
	if err != nil {
		return nil, fmt.Errorf("incamerad: the House's certificates: %w", err)
	}
	anchors, err := trust.LoadAnchors(text)
	if err != nil {
		return nil, err
	}
	rules := trust.Rules{Attestation: s.attestation == "require", Attesters: trust.Makers()}
	if s.policies != "" {
		rules.Policies = strings.Split(s.policies, ",")
	}
	if s.attesters != "" {
		if text, err = os.ReadFile(s.attesters); err != nil {
			return nil, fmt.Errorf("incamerad: the card makers' certificates: %w", err)
		}
		if rules.Attesters, err = rules.Attesters.And(text); err != nil {
			return nil, err
		}
	}
	return anchors.Under(rules)
}

// addRelay says which relay: a child of this process, or one that runs already.
func (s *settings) addRelay(c *service.Config) error {
	if s.relayURL == "" {
		c.Relay = service.Relay{Binary: s.relayBinary(), Network: relay.Network{
			Loopback: s.loopback, UDP: s.mediaUDP, TCP: uint16(s.mediaTCP),
		}}
		if !s.loopback {
			c.Relay.Network.Address = netip.MustParseAddr(s.mediaAddress) // checked
		}
		return nil
	}
	text, err := os.ReadFile(s.relayKeys)
	if err != nil {
		return fmt.Errorf("incamerad: the relay's keys: %w", err)
	}
	id, secret, ok := strings.Cut(strings.TrimSpace(string(text)), ": ")
	if !ok {
		return errors.New(`incamerad: the file of the relay's keys holds no "id: secret"`)
	}
	c.Relay = service.Relay{URL: s.relayURL, Keys: ticket.Set(id, secret)}
	return nil
}

// announce writes the ready file, whole or not at all.
func (s *settings) announce(address string) error {
	if s.readyFile == "" {
		return nil
	}
	b, err := json.Marshal(struct {
		Address string `json:"address"`
	}{address})
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.readyFile+".new", append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(s.readyFile+".new", s.readyFile)
}
