package cardcmd

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// A page is a report as people read it, while it is written.
type page struct {
	*words
	text strings.Builder
	at   time.Time
}

// writeText prints a report for people.
func writeText(w io.Writer, r *report, in *words) error {
	p := page{words: in, at: r.At}
	p.decided(r.Policy)
	if len(r.Readers) == 0 {
		p.line("\n%s", p.noReader)
	}
	for _, reader := range r.Readers {
		p.reader(reader)
	}
	_, err := io.WriteString(w, p.text.String())
	return err
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

// row is a line with a label, which may be empty.
func (p *page) row(label, text string) { p.line("  %-12s%s", label, text) }

// decided says where the policy is from, and what of it can keep a card out.
func (p *page) decided(r policyReport) {
	sources := strings.Join(slices.Compact(slices.Sorted(maps.Values(r.SetBy))), ", ")
	said := strings.ReplaceAll(cmp.Or(r.Error, sources, p.nothingSet), "\n", "\n    ")
	p.line(p.policyF, said)
	for _, row := range [][2]string{
		{p.revocation, r.Revocation},
		{p.attestation, r.Attestation},
		{p.policies, strings.Join(r.PolicyOIDs, ", ")},
	} {
		if row[1] != "" {
			p.row(row[0], row[1])
		}
	}
	if r.Offline {
		p.line("%s", p.offline)
	}
}

func (p *page) reader(r readerReport) {
	p.line("\n%s", cmp.Or(r.Name, p.readers))
	switch {
	case r.Card != nil:
		p.cardIn(*r.Card)
	case r.Why != "":
		p.line("  %s", r.Why)
		p.detail("  ", r.Detail)
	default:
		p.line("  %s", p.empty)
	}
}

func (p *page) detail(indent, text string) {
	if text != "" {
		p.line("%s(%s)", indent, text)
	}
}

func (p *page) cardIn(c cardReport) {
	made := c.Make
	if c.Serial != "" {
		made = fmt.Sprintf(p.serialF, made, c.Serial)
	}
	p.row(p.card, made)
	p.row(p.pin, p.tries(c.Tries))
	if c.Touch {
		p.row(p.touch, p.touched)
	}
	for _, slot := range c.Slots {
		p.slotOf(slot)
	}
	if c.Error != "" && c.Detail != c.Error && c.Cause == "" {
		p.row(p.slots, c.Error)
	}
	p.row(p.attested, map[bool]string{true: p.vouched, false: p.no}[c.Attested])
	if c.Admitted {
		p.row(p.admitted, p.yes)
		return
	}
	p.row(p.admitted, fmt.Sprintf(p.refusedF, c.Why))
	p.detail(strings.Repeat(" ", 14), c.Detail)
}

func (p *page) tries(left *int) string {
	switch {
	case left == nil:
		return p.triesUnknown
	case *left == 0:
		return p.blocked
	case *left == 1:
		return p.oneTry
	}
	return fmt.Sprintf(p.triesF, *left)
}

func (p *page) slotOf(s slotReport) {
	p.row(p.slot+" "+s.Slot, s.Subject)
	p.row("", fmt.Sprintf(p.issuedF, s.Issuer))
	p.row("", fmt.Sprintf(p.numberF, s.Key, s.Serial))
	valid := fmt.Sprintf(p.validF, day(s.NotBefore), day(s.NotAfter))
	if warning := p.outOfTime(s); warning != "" {
		valid += " (" + warning + ")"
	}
	p.row("", valid)
	p.row("", fmt.Sprintf(p.forF, p.listed(s.Usage)))
	p.row("", fmt.Sprintf(p.policiesF, p.listed(s.Policies)))
	for _, name := range s.Names {
		p.row("", name)
	}
}

// soon is when the end of a certificate is near enough to be told.
const soon = 60 * 24 * time.Hour

func (p *page) outOfTime(s slotReport) string {
	left := s.NotAfter.Sub(p.at)
	switch days := int(left.Hours() / 24); {
	case left < 0:
		return p.expired
	case p.at.Before(s.NotBefore):
		return p.notYet
	case left > soon:
		return ""
	case days == 1:
		return p.oneDay
	default:
		return fmt.Sprintf(p.daysF, days)
	}
}

func (p *page) listed(list []string) string {
	if len(list) == 0 {
		return p.none
	}
	return strings.Join(list, ", ")
}
