package delivery

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// crashDir names, for a child of the test, the directory to write to until killed.
const crashDir = "INCAMERA_CRASH_DIR"

// crashed is the child's whole life: it appends, says so, and waits to be killed.
func crashed() bool {
	dir := os.Getenv(crashDir)
	if dir == "" {
		return false
	}
	d, err := Open(Options{Dir: dir})
	if err != nil {
		fmt.Println(err)
		return true
	}
	ctx, blob := context.Background(), []byte("a welcome")
	if err := d.PutBlob(ctx, "budget", sha256.Sum256(blob), blob); err != nil {
		fmt.Println(err)
		return true
	}
	for i := uint64(0); ; i++ {
		if _, err := d.Append(ctx, "budget", fmt.Appendf(nil, "entry %d", i+1), i); err != nil {
			fmt.Println(err)
			return true
		}
		fmt.Println(i + 1)
	}
}

// What was acknowledged before a kill is there after it.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var acknowledged int
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, err := fmt.Sscan(lines.Text(), &acknowledged); err != nil {
			t.Fatal(lines.Text())
		}
		if acknowledged == 50 {
			_ = child.Process.Kill()
		}
	}
	_ = child.Wait() // it was killed

	ctx, d := within(t), open(t, dir)
	last, err := d.Last(ctx, "budget")
	if err != nil || last < uint64(acknowledged) {
		t.Fatalf("Last = %d, %v; %d were acknowledged", last, err, acknowledged)
	}
	for i, e := range entries(ctx, t, d, 1, acknowledged) {
		if want := fmt.Sprintf("entry %d", i+1); e != want {
			t.Fatalf("entry %d is %q", i+1, e)
		}
	}
	if blob, err := d.GetBlob(ctx, "budget", sha256.Sum256([]byte("a welcome"))); err != nil || string(blob) != "a welcome" {
		t.Errorf("GetBlob = %q, %v", blob, err)
	}
	if seq, err := d.Append(ctx, "budget", []byte("on"), last); seq != last+1 || err != nil {
		t.Errorf("Append = %d, %v", seq, err)
	}
}
