// Command delegate is a participant without a screen: for demonstration, load
// and tests. It signs in with a software card and sits with the same code as
// the client. It takes its cues from standard input and tells what happens to
// it on standard output, see package cue.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"incamera/cmd/cue"
	"incamera/cmd/seat"
	"incamera/identity/trust"
	"incamera/media/device"
	"incamera/sitting"
)

type flags struct {
	service, anchors, card, sitting string
	microphone, loudspeaker, camera string
	hue                             float64
	loopback, verbose               bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "delegate:", err)
		os.Exit(1)
	}
}

func parse(args []string, stderr io.Writer) (f flags, err error) {
	set := flag.NewFlagSet("delegate", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.StringVar(&f.service, "service", "", "the service's `address`, host:port")
	set.StringVar(&f.anchors, "anchors", "", "the House's certificates, a PEM `file`")
	set.StringVar(&f.card, "card", "", "the software card: certificate and key, a PEM `file`; its PIN is 123456")
	set.StringVar(&f.sitting, "sitting", "", "which sitting to enter, by `id`; else the first")
	set.StringVar(&f.microphone, "microphone", seat.None, "a device's `id`, a WAV file, or none")
	set.StringVar(&f.loudspeaker, "loudspeaker", seat.None, "a device's `id`, or none")
	set.StringVar(&f.camera, "camera", "pattern", "a device's `id`, a Y4M file, pattern, or none")
	set.Float64Var(&f.hue, "hue", 0, "the pattern's colour, in `turns`")
	set.BoolVar(&f.loopback, "loopback", false, "media stays on this machine")
	set.BoolVar(&f.verbose, "verbose", false, "log what only those who debug want")
	err = set.Parse(args)
	if err == nil && (f.service == "" || f.anchors == "" || f.card == "") {
		err = errors.New("-service, -anchors and -card are asked for")
	}
	return f, err
}

func run(ctx context.Context, args []string, in io.Reader, out, stderr io.Writer) error {
	f, err := parse(args, stderr)
	if err != nil {
		return err
	}
	level := slog.LevelInfo
	if f.verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	pem, err := os.ReadFile(f.anchors)
	if err != nil {
		return err
	}
	anchors, err := trust.LoadAnchors(pem)
	if err != nil {
		return err
	}
	card, err := readCard(f.card)
	if err != nil {
		return err
	}
	system := device.New()
	defer func() { _ = system.Close() }() // the process ends
	p := &part{
		card: card, line: cue.NewLine(out), sitting: sitting.ID(f.sitting),
		devices: named(system, f),
		options: seat.Options{Service: f.service, Anchors: anchors, Loopback: f.loopback, Log: log},
	}
	return p.play(ctx, in)
}
