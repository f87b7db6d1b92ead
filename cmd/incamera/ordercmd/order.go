// Package ordercmd is `incamera order`: a clerk's way from an order of the day
// as text to one that a card has signed. It reads and writes files, and asks
// for the PIN at the terminal.
package ordercmd

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"incamera/identity"
	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/service/roster"
	"incamera/sitting/wire"
)

// Sign signs an order with a card's key.
func Sign(o *sitting.Order, card *x509.Certificate, key crypto.Signer) ([]byte, error) {
	return wire.SignOrder(o, key, [][]byte{card.Raw})
}

// ErrNotClerk reports a card that is on the order's roster as no clerk's.
var ErrNotClerk = errors.New("this card is no clerk's on the order's roster: the service would refuse the order")

const usage = `incamera order sign FILE.toml [-o FILE.order]
	shows an order of the day, and signs it with the clerk's card that is in a
	reader; an order that this card has signed already is left as it is
incamera order show FILE.order [-anchors FILE.pem]
	says what a signed order holds, and whose card signed it; with the House's
	certificates also whether the service would take it, and if not, why`

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
	out, anchors, name := new(string), new(string), args[1]
	switch args[0] {
	case "sign":
		flags.StringVar(out, "o", strings.TrimSuffix(name, ".toml")+".order", "")
	case "show":
		flags.StringVar(anchors, "anchors", "", "")
	default:
		return errors.New(usage)
	}
	if err := flags.Parse(args[2:]); err != nil || flags.NArg() > 0 {
		return errors.New(usage)
	}
	if args[0] == "show" {
		return show(name, *anchors, stdout)
	}
	return sign(ctx, cards, ask, name, *out, stdout)
}

// sign says what is to be signed before the card is asked: the clerk answers
// for it with the PIN.
func sign(ctx context.Context, cards identity.Readers, ask identity.Asker, in, out string, stdout io.Writer) error {
	order, err := Read(in)
	if err != nil {
		return err
	}
	if time.Now().After(order.Closes) {
		return fmt.Errorf("%s: this sitting was over on %s", in, order.Closes.Local().Format(time.DateTime))
	}
	card, err := theCard(ctx, cards)
	if err != nil {
		return err
	}
	cert, err := card.Certificate(ctx)
	if err != nil {
		return err
	}
	if m, ok := order.Known(trust.Names(cert)); !ok || m.Role != sitting.RoleClerk {
		return ErrNotClerk
	}
	describe(stdout, order)
	if signedBefore(out, order, cert) {
		_, err = fmt.Fprintf(stdout, "%s: this card has signed just this already; nothing to do\n", out)
		return err
	}
	var signed []byte
	err = card.Use(ctx, ask, func(key crypto.Signer) error {
		signed, err = Sign(order, cert, key)
		return err
	})
	if err != nil {
		return err
	}
	if err := write(out, signed); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: signed by %s\n", out, cert.Subject.CommonName)
	return err
}

// signedBefore reports whether the file is order, signed by this card. Signed
// anew it would be another order, and not that of a sitting that has begun.
func signedBefore(name string, order *sitting.Order, card *x509.Certificate) bool {
	signed, err := os.ReadFile(name)
	if err != nil {
		return false
	}
	old, chain, err := wire.OpenOrder(signed)
	if err != nil || !bytes.Equal(chain[0], card.Raw) {
		return false
	}
	now := *order
	now.Hash, now.Opens, now.Closes = old.Hash, atMilli(order.Opens), atMilli(order.Closes)
	return reflect.DeepEqual(*old, now)
}

// atMilli is a time as an order keeps it.
func atMilli(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }

// write replaces the file, whole or not at all: a service may be looking. It
// passes over names that begin with a dot.
func write(name string, signed []byte) error {
	dir, base := filepath.Split(name)
	part := filepath.Join(dir, "."+base+".new")
	if err := os.WriteFile(part, signed, 0o644); err != nil {
		return err
	}
	return os.Rename(part, name)
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

func show(name, anchors string, stdout io.Writer) error {
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
	describe(stdout, o)
	fmt.Fprintf(stdout, "signed by %s (issued by %s)\n", card.Subject.CommonName, card.Issuer.CommonName)
	if anchors == "" {
		return nil
	}
	text, err := os.ReadFile(anchors)
	if err != nil {
		return err
	}
	a, err := trust.LoadAnchors(text)
	if err != nil {
		return err
	}
	if _, err := roster.Judge(signed, wire.OpenOrder, a.Verify, time.Now()); err != nil {
		return fmt.Errorf("%s: the service would refuse it: %w", name, err)
	}
	_, err = fmt.Fprintln(stdout, "the service would take it")
	return err
}

// describe says what an order holds, for the clerk to read.
func describe(w io.Writer, o *sitting.Order) {
	fmt.Fprintf(w, "sitting %s · %s\n", o.Sitting, o.Kind)
	for _, l := range o.Languages {
		fmt.Fprintf(w, "  %s: %s · %s\n", l, o.House.In(l), o.Title[l])
	}
	fmt.Fprintf(w, "%s – %s\nsuite %s\n", o.Opens.Local().Format(time.DateTime), o.Closes.Local().Format(time.DateTime), o.Suite)
	for _, m := range o.Roster {
		fmt.Fprintf(w, "  %-20s %-12s %s\n", m.ID, m.Role, strings.TrimSuffix(m.Name+", "+m.Seat, ", "))
	}
}
