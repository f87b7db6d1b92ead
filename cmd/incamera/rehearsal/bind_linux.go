package rehearsal

import (
	"os/exec"
	"syscall"
)

// bind has the process end when this one does, however that ends.
func bind(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
