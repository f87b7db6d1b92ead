package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2/app"

	"incamera/cmd/incamera/client"
	"incamera/cmd/seat"
	"incamera/identity/keystore"
	"incamera/identity/piv"
	"incamera/identity/policy"
	"incamera/identity/trust"
	"incamera/media/device"
	"incamera/ui"
	"incamera/ui/settings"
)

// window is `incamera` by itself: the client.
func window(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("incamera", flag.ContinueOnError)
	service := set.String("service", "", "the service's `address`, host:port; else the first that policy allows")
	anchors := set.String("anchors", "", "the House's certificates, a PEM `file`; else those of the policy")
	again := set.Bool("new-anchors", false, "accept other certificates of the House than at an earlier start")
	file := set.String("policy", "", "a policy `file`; else what the system has")
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	rules, err := policy.Load(*file)
	if err != nil {
		return err
	}
	o, err := options(rules, *service, *anchors)
	if err != nil {
		return err
	}
	if err := harden(); err != nil {
		return err
	}
	memory, err := remember(ctx, rules, o, *again)
	if err != nil {
		return err
	}
	defer func() { _ = memory.Close() }() // what could not be kept has been logged
	readers := piv.NewReaders()
	defer func() { _ = readers.Close() }() // nothing is held any more
	system := device.New()
	defer func() { _ = system.Close() }() // all that it opened is closed
	return client.Run(ctx, client.Options{
		App: app.NewWithID(client.AppID), Readers: readers, Seat: o, Shared: rules.Shared, Memory: memory,
		Window: windowOptions(rules),
		Rack:   client.NewRack(system, "", "", ""),
	})
}

func windowOptions(p *policy.Policy) ui.Options {
	return ui.Options{
		Language: p.Language, Rules: shown(p),
		NoDetails: !p.Has(policy.Details), KeepPINs: !p.Has(policy.ChangePIN),
	}
}

// remember opens the memory of a personal machine, and holds the House's
// certificates against those of an earlier start, where no policy names them.
// A system without a keyring has none; it is nil on a shared machine.
func remember(ctx context.Context, p *policy.Policy, o seat.Options, accept bool) (*client.Memory, error) {
	if p.Shared {
		return nil, nil
	}
	store, err := keystore.Open(ctx, false)
	if err != nil {
		o.Log.Warn("nothing is kept for the next start", "error", err)
		store = keystore.Memory()
	}
	m := client.NewMemory(store, o.Log)
	if p.By("anchors") != "" {
		return m, nil
	}
	if err := m.Pin(ctx, o.Service, p.Anchors, accept); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// options are what policy says, completed by the command line where policy
// says nothing.
func options(p *policy.Policy, service, anchors string) (seat.Options, error) {
	if service == "" && len(p.Services) > 0 {
		service = p.Services[0]
	}
	if service == "" {
		return seat.Options{}, errors.New("which service? neither the policy nor -service says")
	}
	if !strings.Contains(service, ":") {
		service += ":8443"
	}
	if !p.AllowsService(service) {
		return seat.Options{}, fmt.Errorf("the policy, set by %s, does not allow the service %s", p.By("services"), service)
	}
	if len(p.Anchors) == 0 {
		if anchors == "" {
			return seat.Options{}, errors.New("whose cards are good? neither the policy nor -anchors says")
		}
		var err error
		if p.Anchors, err = os.ReadFile(anchors); err != nil {
			return seat.Options{}, err
		}
	}
	a, err := trust.Decided(p)
	if err != nil {
		return seat.Options{}, err
	}
	log := client.NewLog(os.Stderr, p.LogLevel, p.Shared)
	o := seat.Options{
		Service: service, Anchors: a, Log: log, Every: p.RevocationInterval / 2,
		Ranges: p.RelayAddresses, Suite: p.AllowsSuite, NoPicture: !p.Has(policy.Camera),
	}
	if p.Revocation != policy.Off {
		o.Revocation = trust.DecidedRevocation(p, a, trust.HTTP(&http.Client{Timeout: revocationTimeout}), cacheDir(), log)
	}
	return o, nil
}

// revocationTimeout is how long an issuer's answer may take.
const revocationTimeout = 5 * time.Second

// cacheDir is where lists of revoked cards are kept on a personal machine; ""
// keeps them in memory.
func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "incamera", "revocation")
}

// places are where the window shows what each key of the policy has set.
var places = map[string]settings.Key{
	"anchors": settings.Anchors, "services": settings.Service, "policy_oids": settings.Cards, "suites": settings.Suite,
	"relay_addresses": settings.Relay, "shared": settings.Shared, "revocation": settings.Revocation,
	"revocation_interval": settings.Interval, "attestation": settings.Attestation, "attesters": settings.Attesters,
	"features_off": settings.Features, "log_level": settings.Log, "language": settings.Language,
}

// shown are the values of the policy that the window shows as settled, and by
// whom each was.
func shown(p *policy.Policy) (rules []settings.Rule) {
	for _, s := range p.Settled() {
		rules = append(rules, settings.Rule{Key: places[s.Name], Value: s.Value, By: s.By})
	}
	return rules
}
