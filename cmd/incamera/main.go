// Command incamera is the desktop client. It also holds the small commands of
// clerks, service desks and rehearsals: incamera card, order, rehearse.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"fyne.io/fyne/v2/lang"

	"incamera/cmd/incamera/cardcmd"
	"incamera/cmd/incamera/client"
	"incamera/cmd/incamera/ordercmd"
	"incamera/identity/piv"
)

const usage = `incamera             takes part in a sitting, in a window
incamera rehearse    rehearses a sitting on this machine; -h lists what it takes
incamera card        says what the cards in readers are; -json for programs
incamera order sign  signs an order of the day with a clerk's card
incamera order show  says what a signed order holds
`

// garbage is how much the heap may grow, in percent, before it is collected.
// Little is made anew while a sitting goes on, so a fifth of Go's own figure
// keeps the client small for less than a percent of a core.
const garbage = 20

func main() {
	debug.SetGCPercent(garbage)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int {
	command := ""
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		command, args = args[0], args[1:]
	}
	switch command {
	case "":
		err := window(ctx, args)
		if errors.Is(err, client.ErrNext) {
			err = again()
		}
		return report(err)
	case "rehearse":
		return report(rehearse(ctx, args))
	case "card":
		return cardcmd.Run(ctx, args, lang.SystemLocale().String(), os.Stdout, os.Stderr)
	case "order":
		readers := piv.NewReaders()
		defer func() { _ = readers.Close() }() // nothing is held any more
		return ordercmd.Run(ctx, readers, terminal{}, args, os.Stdout, os.Stderr)
	}
	fmt.Fprint(os.Stderr, usage)
	return 2
}

// report says what went wrong.
func report(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "incamera:", err)
	return 1
}
