package cardcmd

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// writeText prints a report for people.
func writeText(w io.Writer, r *report) error {
	var b strings.Builder
	textPolicy(&b, r.Policy)
	if len(r.Readers) == 0 {
		b.WriteString("\nNo card reader.\n")
	}
	for _, reader := range r.Readers {
		textReader(&b, reader, r.At)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func textPolicy(b *strings.Builder, p policyReport) {
	switch {
	case p.Error != "":
		fmt.Fprintf(b, "Policy: %s\n", strings.ReplaceAll(p.Error, "\n", "\n        "))
	case len(p.SetBy) == 0:
		b.WriteString("Policy: nothing is set\n")
	default:
		sources := slices.Compact(slices.Sorted(maps.Values(p.SetBy)))
		fmt.Fprintf(b, "Policy: %s\n", strings.Join(sources, ", "))
	}
	if p.Offline {
		b.WriteString("Nobody is asked whether a certificate was revoked (--offline).\n")
	}
}

func textReader(b *strings.Builder, r readerReport, at time.Time) {
	name := r.Name
	if name == "" {
		name = "Readers"
	}
	fmt.Fprintf(b, "\n%s\n", name)
	switch {
	case r.Card != nil:
		textCard(b, *r.Card, at)
	case r.Error != "":
		fmt.Fprintf(b, "  %s\n", r.Error)
	default:
		b.WriteString("  empty\n")
	}
}

func textCard(b *strings.Builder, c cardReport, at time.Time) {
	row := func(label, text string) { fmt.Fprintf(b, "  %-12s%s\n", label, text) }
	made := c.Make
	if c.Serial != "" {
		made += ", serial number " + c.Serial
	}
	row("Card", made)
	row("PIN", tries(c.Tries))
	if c.Touch {
		row("Touch", "asked for at each signature")
	}
	for _, slot := range c.Slots {
		textSlot(row, slot, at)
	}
	if c.Error != "" {
		row("Slots", c.Error)
	}
	row("Attested", map[bool]string{true: "yes: the maker vouches for the key", false: "no"}[c.Attested])
	if c.Admitted {
		row("Admitted", "yes, if the PIN is right")
		return
	}
	row("Admitted", "NO. "+c.Why)
	if c.Detail != "" {
		row("", c.Detail)
	}
}

func tries(left *int) string {
	switch {
	case left == nil:
		return "the card does not tell how many tries are left"
	case *left == 0:
		return "BLOCKED, no tries left"
	case *left == 1:
		return "1 try left"
	}
	return fmt.Sprintf("%d tries left", *left)
}

func textSlot(row func(label, text string), s slotReport, at time.Time) {
	row("Slot "+s.Slot, s.Subject)
	row("", "issued by "+s.Issuer)
	row("", fmt.Sprintf("%s, number %s", s.Key, s.Serial))
	row("", fmt.Sprintf("valid %s to %s%s", s.NotBefore.Format(time.DateOnly), s.NotAfter.Format(time.DateOnly), outOfTime(s, at)))
	row("", "for "+listed(s.Usage))
	row("", "policies "+listed(s.Policies))
	for _, name := range s.Names {
		row("", name)
	}
}

func outOfTime(s slotReport, at time.Time) string {
	switch {
	case at.After(s.NotAfter):
		return " (EXPIRED)"
	case at.Before(s.NotBefore):
		return " (NOT YET VALID)"
	}
	return ""
}

func listed(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
