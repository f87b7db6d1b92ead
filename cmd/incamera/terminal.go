package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"incamera/identity"
)

// A terminal asks for PINs where there is no window.
type terminal struct{}

// PIN implements [identity.Asker]: what is typed is not shown. Reading from a
// terminal cannot be interrupted, but nobody waits for it when ctx has ended.
func (terminal) PIN(ctx context.Context, q identity.PINQuestion) ([]byte, error) {
	switch {
	case q.Left == 1:
		fmt.Fprint(os.Stderr, "One try is left before the card blocks. PIN: ")
	case q.Left >= 0:
		fmt.Fprintf(os.Stderr, "PIN (%d tries left): ", q.Left)
	default:
		fmt.Fprint(os.Stderr, "PIN: ")
	}
	in := int(os.Stdin.Fd())
	before, err := term.GetState(in)
	if err != nil { // no terminal
		return firstLine(os.Stdin)
	}
	defer fmt.Fprintln(os.Stderr)
	answer := make(chan []byte, 1)
	go func() {
		pin, err := term.ReadPassword(in)
		if err != nil {
			clear(pin)
			pin = nil
		}
		answer <- pin
	}()
	select {
	case pin := <-answer:
		if pin == nil {
			return nil, identity.ErrCancelled
		}
		return pin, nil
	case <-ctx.Done():
		_ = term.Restore(in, before)
		return nil, context.Cause(ctx)
	}
}

// firstLine reads up to the end of a line and no further, and keeps no copy.
func firstLine(r io.Reader) ([]byte, error) {
	line := make([]byte, 0, 64) // no PIN is longer
	for len(line) < cap(line) {
		next := line[len(line) : len(line)+1]
		n, err := r.Read(next)
		switch {
		case n == 1 && next[0] == '\n':
			return bytes.TrimSuffix(line, []byte("\r")), nil
		case n == 1:
			line = append(line, next[0])
		case err != nil:
			clear(line)
			return nil, identity.ErrCancelled
		}
	}
	clear(line)
	return nil, identity.ErrPINFormat
}

// Touch implements [identity.Asker].
func (terminal) Touch(context.Context, identity.CardInfo) {
	fmt.Fprintln(os.Stderr, "Touch the card.")
}
