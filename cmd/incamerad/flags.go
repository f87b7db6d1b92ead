package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"incamera/identity/trust"
	"incamera/sitting/service/delivery"
)

// settings are what the command line and the configuration file say.
type settings struct {
	listen, data, orders, anchors, policies string
	certificate, key, revocation            string
	attestation, attesters                  string
	relay, relayURL, relayKeys              string
	mediaAddress, mediaUDP                  string
	mediaTCP                                uint
	natsURL, natsCredentials                string
	natsReplicas                            int
	readyFile, config                       string
	loopback, verbose                       bool
	grace, revocationInterval               time.Duration
}

// flags names the settings.
func (s *settings) flags() *flag.FlagSet {
	f := flag.NewFlagSet("incamerad", flag.ContinueOnError)
	f.StringVar(&s.config, "config", "", "a `file` with a line \"name = value\" for any of these; the command line goes first")
	f.StringVar(&s.listen, "listen", ":8443", "the `address` that members reach")
	f.StringVar(&s.data, "data", "", "the `folder` that keeps the sittings (required)")
	f.StringVar(&s.orders, "orders", "", "the `folder` of the signed orders of the day (required)")
	f.StringVar(&s.anchors, "anchors", "", "the House's root and issuing certificates, a PEM `file` (required)")
	f.StringVar(&s.policies, "policies", "", "certificate policies, any of which a card must have: `identifiers` divided by commas")
	f.StringVar(&s.revocation, "revocation", "soft", "how strictly cards are looked up with their issuers: off, soft or hard (an unknown answer refuses)")
	f.DurationVar(&s.revocationInterval, "revocation-interval", 10*time.Minute, "within which `time` a card that was called back is out of the sitting, from 1m to 24h")
	f.StringVar(&s.attestation, "attestation", "report", "whether a card's maker has to vouch for its key: report or require")
	f.StringVar(&s.attesters, "attesters", "", "certificates of card makers beyond those built in, a PEM `file`")
	f.StringVar(&s.certificate, "certificate", "", "the service's certificate chain, a PEM `file` (required)")
	f.StringVar(&s.key, "key", "", "the key of that certificate, a PEM `file` (required)")
	f.StringVar(&s.relay, "relay", "", "the relay server's `program`; else livekit-server beside incamerad, else on the PATH")
	f.StringVar(&s.relayURL, "relay-url", "", "the `URL` of a relay that runs already, on a closed network")
	f.StringVar(&s.relayKeys, "relay-keys", "", "the \"id: secret\" of that relay, in a `file` that only its owner may read")
	f.StringVar(&s.mediaAddress, "media-address", "", "the IP `address` at which members reach the relay's media")
	f.StringVar(&s.mediaUDP, "media-udp", "7882", "the UDP `port`, or range 7882-7885, for media")
	f.UintVar(&s.mediaTCP, "media-tcp", 7881, "the TCP `port` for media where UDP is blocked; 0 for none")
	f.StringVar(&s.natsURL, "nats-url", "", "the `URL` of a NATS cluster; else the order is kept in the data folder")
	f.StringVar(&s.natsCredentials, "nats-credentials", "", "a NATS credentials `file` for that cluster")
	f.IntVar(&s.natsReplicas, "nats-replicas", 3, "on how many servers of that cluster each sitting is kept")
	f.StringVar(&s.readyFile, "ready-file", "", "a `file` to write {\"address\": …} to when ready")
	f.BoolVar(&s.loopback, "loopback", false, "media on this machine only: a rehearsal")
	f.BoolVar(&s.verbose, "verbose", false, "log what only those who debug want, also from the relay")
	f.DurationVar(&s.grace, "grace", 20*time.Second, "how long a seat is kept for a member whose link is lost")
	return f
}

// read reads the command line, and after it the file that it names.
func read(args []string, out io.Writer) (*settings, error) {
	s := new(settings)
	f := s.flags()
	f.SetOutput(out)
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("incamerad: what is %q?", f.Arg(0))
	}
	if s.config != "" {
		if err := fill(f, s.config); err != nil {
			return nil, err
		}
	}
	return s, s.check(f)
}

// fill sets from the file what the command line has not.
func fill(f *flag.FlagSet, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("incamerad: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	given := map[string]bool{"config": true}
	f.Visit(func(g *flag.Flag) { given[g.Name] = true })
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if !ok || f.Lookup(name) == nil {
			return fmt.Errorf("incamerad: %s, line %d: no setting %q", path, n, name)
		}
		if given[name] {
			continue
		}
		if err := f.Set(name, strings.TrimSpace(value)); err != nil {
			return fmt.Errorf("incamerad: %s, line %d: %s: %w", path, n, name, err)
		}
	}
	return lines.Err()
}

// check says what is missing, all at once.
func (s *settings) check(f *flag.FlagSet) error {
	var wrong []error
	for _, name := range []string{"data", "orders", "anchors", "certificate", "key"} {
		if f.Lookup(name).Value.String() == "" {
			wrong = append(wrong, fmt.Errorf("incamerad: -%s is required", name))
		}
	}
	if s.relayURL != "" && s.relayKeys == "" {
		wrong = append(wrong, errors.New("incamerad: -relay-url needs -relay-keys"))
	}
	if s.relayURL == "" && !s.loopback {
		if _, err := netip.ParseAddr(s.mediaAddress); err != nil {
			wrong = append(wrong, errors.New("incamerad: -media-address must be the relay's IP address, unless -loopback or -relay-url is given"))
		}
	}
	if mode := trust.Mode(s.revocation); mode != trust.Off && mode != trust.Soft && mode != trust.Hard {
		wrong = append(wrong, errors.New("incamerad: -revocation is off, soft or hard"))
	}
	if s.revocationInterval < time.Minute || s.revocationInterval > 24*time.Hour {
		wrong = append(wrong, errors.New("incamerad: -revocation-interval is from 1m to 24h"))
	}
	if s.attestation != "report" && s.attestation != "require" {
		wrong = append(wrong, errors.New("incamerad: -attestation is report or require"))
	}
	if s.grace < time.Second || s.grace > delivery.BlobLife/2 {
		wrong = append(wrong, fmt.Errorf("incamerad: -grace is %v to %v", time.Second, delivery.BlobLife/2))
	}
	if s.mediaTCP > 65535 {
		wrong = append(wrong, errors.New("incamerad: -media-tcp is no port"))
	}
	return errors.Join(wrong...)
}

// relayBinary finds the relay server: as told, beside this program, on the PATH.
func (s *settings) relayBinary() string {
	if s.relay != "" {
		return s.relay
	}
	const name = "livekit-server"
	if own, err := os.Executable(); err == nil {
		if beside := filepath.Join(filepath.Dir(own), name); exists(beside) {
			return beside
		}
	}
	return name
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
