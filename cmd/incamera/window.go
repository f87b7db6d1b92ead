package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"fyne.io/fyne/v2/app"
	"golang.org/x/term"

	"incamera/cmd/incamera/client"
	"incamera/cmd/seat"
	"incamera/identity"
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
	readers := piv.NewReaders()
	defer func() { _ = readers.Close() }() // nothing is held any more
	system := device.New()
	defer func() { _ = system.Close() }() // all that it opened is closed
	return client.Run(ctx, client.Options{
		App: app.NewWithID(client.AppID), Readers: readers, Seat: o, Shared: rules.Shared,
		Window: ui.Options{Language: rules.Language, Rules: shown(rules)},
		Rack:   client.NewRack(system, "", "", ""),
	})
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
	return seat.Options{
		Service: service, Anchors: a, Log: newLog(os.Stderr, p.LogLevel),
		Ranges: p.RelayAddresses, Suite: p.AllowsSuite, NoPicture: !p.Has(policy.Camera),
	}, err
}

// shown are the values of the policy that the window shows as settled, and by
// whom each was.
func shown(p *policy.Policy) (rules []settings.Rule) {
	for _, r := range []struct {
		name  string
		key   settings.Key
		value string
	}{
		{"language", settings.Language, p.Language},
		{"services", settings.Service, strings.Join(p.Services, ", ")},
		{"suites", settings.Suite, strings.Join(p.Suites, ", ")},
		{"policy_oids", settings.Cards, strings.Join(p.PolicyOIDs, ", ")},
		{"revocation", settings.Revocation, string(p.Revocation)},
	} {
		if by := p.By(r.name); by != "" {
			rules = append(rules, settings.Rule{Key: r.key, Value: r.value, By: by})
		}
	}
	return rules
}

// A terminal asks for PINs where there is no window.
type terminal struct{}

// PIN implements [identity.Asker]: what is typed is not shown.
func (terminal) PIN(ctx context.Context, q identity.PINQuestion) ([]byte, error) {
	switch {
	case q.Left == 1:
		fmt.Fprint(os.Stderr, "One try is left before the card blocks. PIN: ")
	case q.Left >= 0:
		fmt.Fprintf(os.Stderr, "PIN (%d tries left): ", q.Left)
	default:
		fmt.Fprint(os.Stderr, "PIN: ")
	}
	if in := int(os.Stdin.Fd()); term.IsTerminal(in) {
		defer fmt.Fprintln(os.Stderr)
		return term.ReadPassword(in)
	}
	line, err := bufio.NewReader(os.Stdin).ReadBytes('\n')
	if err != nil {
		return nil, identity.ErrCancelled
	}
	return []byte(strings.TrimRight(string(line), "\r\n")), context.Cause(ctx)
}

// Touch implements [identity.Asker].
func (terminal) Touch(context.Context, identity.CardInfo) {
	fmt.Fprintln(os.Stderr, "Touch the card.")
}
