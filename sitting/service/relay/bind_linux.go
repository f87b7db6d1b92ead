package relay

import (
	"os/exec"
	"syscall"
)

// bind makes the child end with the thread that starts it, even if this
// process is killed, and keeps a terminal's signals from it: its end is ours
// to order.
func bind(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
