package relay

import (
	"bufio"
	"os"
	"os/exec"
	"testing"
	"time"
)

// A relay does not outlive a parent that was killed.
func TestEndsWithParent(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), orphanage+"="+binary(t))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the parent said nothing")
	}
	url := lines.Text()
	if err := get(t, url); err != nil {
		t.Fatalf("the relay at %s: %v", url, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	for gone := time.Now().Add(20 * time.Second); get(t, url) == nil; {
		if time.Now().After(gone) {
			t.Fatal("the relay lives on")
		}
	}
}
