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
	"slices"
	"time"

	"incamera/identity"
	"incamera/identity/piv"
	"incamera/identity/policy"
	"incamera/identity/trust"
)

const usage = `incamera card [--json] [--offline] [--policy FILE] [--lang en|fr]
	says which readers and cards are there, and whether this workstation's
	policy would let them in. It asks for no PIN.
	--json     the same, for a program to read
	--offline  asks no server whether a certificate was revoked
	--policy   judges by FILE instead of this workstation's policy
	--lang     speaks English or French instead of the policy's language, or
	           this machine's`

// Exit codes: a card would be let in; none would; the question could not be asked.
const (
	exitAdmitted = 0
	exitRefused  = 1
	exitUsage    = 2
)

// Time limits: for all readers to be looked at, and for one server to answer.
const (
	lookFor   = 20 * time.Second // cards can be slow
	settleFor = 700 * time.Millisecond
	answerIn  = 10 * time.Second
)

// Run runs the command on a machine of a language and returns what the process
// is to exit with.
func Run(ctx context.Context, args []string, language string, stdout, stderr io.Writer) int {
	cards := piv.NewReaders()
	d := desk{cards: cards, now: time.Now, fetch: trust.HTTP(&http.Client{Timeout: answerIn}), language: language}
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
	// language is the machine's.
	language string
}

// options are the command's flags.
type options struct {
	json, offline    bool
	policy, language string
}

func (d desk) run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("card", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&o.json, "json", false, "")
	flags.BoolVar(&o.offline, "offline", false, "")
	flags.StringVar(&o.policy, "policy", "", "")
	flags.StringVar(&o.language, "lang", "", "")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		fmt.Fprintln(stderr, usage)
		if errors.Is(err, flag.ErrHelp) {
			return exitAdmitted
		}
		return exitUsage
	}
	r, in, err := d.report(ctx, o)
	if err == nil && o.json {
		err = writeJSON(stdout, r)
	} else if err == nil {
		err = writeText(stdout, r, in)
	}
	if err != nil {
		fmt.Fprintln(stderr, "incamera card:", err)
		return exitUsage
	}
	if r.admitted() {
		return exitAdmitted
	}
	return exitRefused
}

// report looks at everything once.
func (d desk) report(ctx context.Context, o options) (*report, *words, error) {
	readers, err := look(ctx, d.cards)
	if err != nil {
		return nil, nil, err
	}
	r := &report{At: d.now().UTC().Truncate(time.Second), Policy: policyReport{SetBy: map[string]string{}}, Readers: []readerReport{}}
	j := d.judge(&r.Policy, o)
	for _, reader := range readers {
		r.Readers = append(r.Readers, j.reader(ctx, reader))
	}
	return r, j.words, nil
}

// judge reads the policy into p. A policy that cannot be read is part of the
// report: it is what the desk has to mend.
func (d desk) judge(p *policyReport, o options) judge {
	j := judge{now: d.now, words: inLanguage(o.language, d.language)}
	decided, err := policy.Load(o.policy)
	if err != nil {
		p.Error, j.why = err.Error(), j.words.unreadPolicy
		return j
	}
	j.words = inLanguage(o.language, decided.Language, d.language)
	p.describe(decided)
	j.anchors, err = trust.Decided(decided)
	if err != nil {
		p.Error, j.why = err.Error(), j.words.noRoots
		return j
	}
	if !o.offline {
		j.revocation = trust.DecidedRevocation(decided, j.anchors, d.fetch, "", nil)
	}
	p.Offline = o.offline
	return j
}

// look waits until the readers have been looked at and their cards read: until
// nothing has changed for a while, since some cards are read more than once.
func look(ctx context.Context, cards identity.Readers) ([]identity.Reader, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookFor, errLooked)
	defer cancel()
	seen := make(chan []identity.Reader, 1)
	done := make(chan error, 1)
	go func() {
		defer close(done)
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

// settle returns the last of what is seen before a pause in which no card is
// being read, or why there is nothing.
func settle(ctx context.Context, seen <-chan []identity.Reader, done <-chan error) ([]identity.Reader, error) {
	var readers []identity.Reader
	var pause <-chan time.Time
	for {
		select {
		case readers = <-seen:
			pause = nil
			if !slices.ContainsFunc(readers, func(r identity.Reader) bool { return r.Reading }) {
				pause = time.After(settleFor)
			}
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
