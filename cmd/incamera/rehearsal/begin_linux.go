package rehearsal

import (
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// late is by how much the timers of a child may be late. By the system's own
// figure, 50 µs, Go's runtime, which sleeps 20 µs at a time while anything is
// done, takes a tenth of a busy child's time.
const late = time.Millisecond

// begin starts cmd so that it ends with this process.
func begin(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// The child has it from the thread that starts it. That it cannot be set costs only time.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(late), 0, 0, 0)
	defer func() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) }()
	return cmd.Start()
}
