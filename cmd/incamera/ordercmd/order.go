// Package ordercmd is `incamera order`: a clerk's way from an order of the day
// as text to one that a card has signed. It reads and writes files, and asks
// for the PIN at the terminal.
package ordercmd

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"incamera/identity"
	"incamera/sitting"
	"incamera/sitting/wire"
)

// Sign signs an order with a card's key.
func Sign(o *sitting.Order, card *x509.Certificate, key crypto.Signer) ([]byte, error) {
	return wire.SignOrder(o, key, [][]byte{card.Raw})
}

// ErrNotClerk reports a card that is on the order's roster as no clerk's.
var ErrNotClerk = errors.New("this card is no clerk's on the order's roster: the service would refuse the order")

const usage = `incamera order sign FILE.toml [-o FILE.order]
	signs an order of the day with the clerk's card that is in a reader
incamera order show FILE.order
	says what a signed order holds, and whose card signed it`

// Run runs the command and returns what the process is to exit with.
func Run(ctx context.Context, cards identity.Readers, ask identity.Asker, args []string, stdout, stderr io.Writer) int {
	if err := run(ctx, cards, ask, args, stdout); err != nil {
		fmt.Fprintln(stderr, "incamera order:", err)
		return 1
	}
	return 0
}

func run(ctx context.Context, cards identity.Readers, ask identity.Asker, args []string, stdout io.Writer) error {
	if len(args) < 2 {
		return errors.New(usage)
	}
	flags := flag.NewFlagSet("order", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	out := flags.String("o", "", "")
	name := args[1]
	if err := flags.Parse(args[2:]); err != nil || flags.NArg() > 0 {
		return errors.New(usage)
	}
	switch args[0] {
	case "sign":
		if *out == "" {
			*out = strings.TrimSuffix(name, ".toml") + ".order"
		}
		return sign(ctx, cards, ask, name, *out, stdout)
	case "show":
		return show(name, stdout)
	}
	return errors.New(usage)
}

func sign(ctx context.Context, cards identity.Readers, ask identity.Asker, in, out string, stdout io.Writer) error {
	order, err := Read(in)
	if err != nil {
		return err
	}
	card, err := theCard(ctx, cards)
	if err != nil {
		return err
	}
	cert, err := card.Certificate(ctx)
	if err != nil {
		return err
	}
	if m, ok := order.Known([]string{CardName(cert)}); !ok || m.Role != sitting.RoleClerk {
		return ErrNotClerk
	}
	var signed []byte
	err = card.Use(ctx, ask, func(key crypto.Signer) error {
		signed, err = Sign(order, cert, key)
		return err
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, signed, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: signed by %s, %d on the roster\n", out, cert.Subject.CommonName, len(order.Roster))
	return err
}

// findCard is how long readers may take to tell what is in them.
const findCard = 3 * time.Second

// theCard returns the one card that is in a reader.
func theCard(ctx context.Context, readers identity.Readers) (identity.Card, error) {
	ctx, cancel := context.WithTimeout(ctx, findCard)
	defer cancel()
	var cards []identity.Card
	err := readers.Watch(ctx, func(all []identity.Reader) {
		cards = nil
		for _, r := range all {
			if r.Card != nil {
				cards = append(cards, r.Card)
			}
		}
		if len(cards) > 0 {
			cancel()
		}
	})
	switch {
	case len(cards) == 1:
		return cards[0], nil
	case len(cards) > 1:
		return nil, errors.New("there is more than one card: leave only the clerk's in")
	case err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled):
		return nil, err
	}
	return nil, errors.New("put the clerk's card in a reader")
}

func show(name string, stdout io.Writer) error {
	signed, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	o, chain, err := wire.OpenOrder(signed)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	card, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(stdout, "%s · %s · %s\n%s – %s\nsuite %s\nsigned by %s (issued by %s)\n", o.House, o.Title["en"], o.Kind,
		o.Opens.Local().Format(time.DateTime), o.Closes.Local().Format(time.DateTime), o.Suite,
		card.Subject.CommonName, card.Issuer.CommonName)
	for _, m := range o.Roster {
		fmt.Fprintf(stdout, "  %-20s %-12s %s\n", m.ID, m.Role, m.Name)
	}
	return nil
}
