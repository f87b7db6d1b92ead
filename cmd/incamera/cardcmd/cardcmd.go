// Package cardcmd is "incamera card": what a service desk needs to know of the
// readers and cards of a workstation, and whether its policy would let them in,
// and if not, why. It owns nothing and decides nothing; it asks identity/piv,
// identity/trust and identity/policy. It never asks for a PIN.
package cardcmd

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"time"

	"incamera/identity"
	"incamera/identity/piv"
	"incamera/identity/policy"
	"incamera/identity/trust"
)

const usage = `incamera card [--json] [--offline] [--policy FILE]
	says which readers and cards are there, and whether this workstation's
	policy would let them in. It asks for no PIN.
	--json     the same, for a program to read
	--offline  asks no server whether a certificate was revoked
	--policy   judges by FILE instead of this workstation's policy`

// Exit codes: a card would be let in; none would; the question could not be asked.
const (
	exitAdmitted = 0
	exitRefused  = 1
	exitUsage    = 2
)

// Time limits: for all readers to be looked at, and for one server to answer.
const (
	lookFor   = 5 * time.Second
	settleFor = 700 * time.Millisecond
	answerIn  = 10 * time.Second
)

// Run runs the command and returns what the process is to exit with.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cards := piv.NewReaders()
	d := desk{cards: cards, now: time.Now, fetch: trust.HTTP(&http.Client{Timeout: answerIn})}
	code := d.run(ctx, args, stdout, stderr)
	if err := cards.Close(); err != nil {
		fmt.Fprintln(stderr, "incamera card:", err)
	}
	return code
}

// A desk is everything that a report is made of.
type desk struct {
	cards identity.Readers
	now   func() time.Time
	fetch trust.Fetch
}

func (d desk) run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("card", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	asJSON := flags.Bool("json", false, "")
	offline := flags.Bool("offline", false, "")
	path := flags.String("policy", "", "")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		fmt.Fprintln(stderr, usage)
		if errors.Is(err, flag.ErrHelp) {
			return exitAdmitted
		}
		return exitUsage
	}
	r, err := d.report(ctx, *path, *offline)
	if err != nil {
		fmt.Fprintln(stderr, "incamera card:", err)
		return exitUsage
	}
	write := writeText
	if *asJSON {
		write = writeJSON
	}
	if err := write(stdout, r); err != nil {
		fmt.Fprintln(stderr, "incamera card:", err)
		return exitUsage
	}
	if r.admitted() {
		return exitAdmitted
	}
	return exitRefused
}

// report looks at everything once.
func (d desk) report(ctx context.Context, path string, offline bool) (*report, error) {
	readers, err := look(ctx, d.cards)
	if err != nil {
		return nil, err
	}
	r := &report{At: d.now().UTC().Truncate(time.Second), Policy: policyReport{SetBy: map[string]string{}}, Readers: []readerReport{}}
	j := d.judge(&r.Policy, path, offline)
	for _, reader := range readers {
		r.Readers = append(r.Readers, j.reader(ctx, reader))
	}
	return r, nil
}

// judge reads the policy into p. A policy that cannot be read is part of the
// report: it is what the desk has to mend.
func (d desk) judge(p *policyReport, path string, offline bool) judge {
	j := judge{now: d.now}
	decided, err := policy.Load(path)
	if err != nil {
		p.Error = err.Error()
		j.why = "this workstation's policy cannot be read"
		return j
	}
	p.describe(decided)
	j.anchors, err = trust.Decided(decided)
	if err != nil {
		p.Error = err.Error()
		j.why = "this workstation's policy names no root to judge by"
		return j
	}
	if !offline {
		j.revocation = trust.DecidedRevocation(decided, j.anchors, d.fetch, "", nil)
	}
	p.Offline = offline
	return j
}

// look waits until the readers have been looked at: until nothing has changed
// for a while, since a card that is being read shows up late.
func look(ctx context.Context, cards identity.Readers) ([]identity.Reader, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookFor, errLooked)
	defer cancel()
	seen := make(chan []identity.Reader, 1)
	done := make(chan error, 1)
	go func() {
		done <- cards.Watch(ctx, func(readers []identity.Reader) {
			select {
			case <-seen: // the newest counts
			default:
			}
			seen <- readers
		})
	}()
	readers, err := settle(ctx, seen, done)
	cancel()
	if err == nil {
		<-done
	}
	return readers, err
}

var errLooked = errors.New("the readers took too long")

// settle returns the last of what is seen before a pause, or why there is
// nothing.
func settle(ctx context.Context, seen <-chan []identity.Reader, done <-chan error) ([]identity.Reader, error) {
	var readers []identity.Reader
	var pause <-chan time.Time
	for {
		select {
		case readers = <-seen:
			pause = time.After(settleFor)
		case <-pause:
			return readers, nil
		case err := <-done:
			if readers != nil && errors.Is(err, errLooked) {
				return readers, nil
			}
			return nil, err
		}
	}
}

func writeJSON(w io.Writer, r *report) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
