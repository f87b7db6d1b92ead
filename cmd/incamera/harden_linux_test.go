package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestHarden hardens a process of its own: this one is to be debugged still.
func TestHarden(t *testing.T) {
	if os.Getenv("INCAMERA_HARDEN") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestHarden$")
		cmd.Env = append(os.Environ(), "INCAMERA_HARDEN=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	free := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	unlimited := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &free) == nil
	if err := harden(); err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	if locked := !strings.Contains(string(status), "VmLck:\t       0 kB"); locked != unlimited {
		t.Errorf("memory is locked: %v, it may be: %v", locked, unlimited)
	}
	var core unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &core); err != nil || core.Cur != 0 || core.Max != 0 {
		t.Errorf("core dumps of %d bytes, %v", core.Max, err)
	}
	if n, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || n != 0 {
		t.Errorf("dumpable is %d, %v", n, err)
	}
}
