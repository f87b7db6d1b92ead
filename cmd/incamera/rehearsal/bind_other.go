//go:build !linux

package rehearsal

import "os/exec"

// bind has nothing to do: a rehearsal stops its children as it ends.
func bind(*exec.Cmd) {}
