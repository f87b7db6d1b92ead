//go:build unix

package seat_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tellPID has the relay's program write down its process.
func (w *world) tellPID() (pid func() int) {
	w.t.Helper()
	dir := w.t.TempDir()
	script, file := filepath.Join(dir, "relay"), filepath.Join(dir, "pid")
	text := fmt.Sprintf("#!/bin/sh\necho $$ > '%s'\nexec '%s' \"$@\"\n", file, w.relay)
	check(w.t, os.WriteFile(script, []byte(text), 0o700))
	w.relay = script
	return func() int {
		b, err := os.ReadFile(file)
		check(w.t, err)
		n, _ := strconv.Atoi(strings.TrimSpace(string(b))) // 0 while it is being written
		return n
	}
}

// A relay that is killed is started again, and members come back by themselves.
func TestRelayKilled(t *testing.T) {
	w := newWorld(t)
	pid := w.tellPID()
	all := w.meet("a.martin")
	chair, martin := all[0], all[1]
	chair.gives(martin)
	chair.hears(martin)
	first := pid()
	relay, err := os.FindProcess(first)
	check(t, err)
	began := time.Now()
	check(t, relay.Kill())
	until(t, "the loss is seen", func() bool { return !chair.Media.Meter().Connected })
	chair.hears(martin)
	t.Log("heard again, for a second, after", time.Since(began))
	if now := pid(); now == first || now == 0 {
		t.Errorf("the relay is still process %d", now)
	}
	chair.sees(martin)
	if !chair.state().HasFloor(martin.id) || !chair.Session.State().Line.Up {
		t.Error("the sitting was disturbed")
	}
	chair.quiet()
}
