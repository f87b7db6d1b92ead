//go:build !linux

package rehearsal

import "os/exec"

// begin starts cmd; a rehearsal stops its children as it ends.
func begin(cmd *exec.Cmd) error { return cmd.Start() }
