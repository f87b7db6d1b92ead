//go:build unix

package mediatest

import "syscall"

// Pause has the server hang: it is there, and answers nobody, until Resume.
func (p *Pulse) Pause() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume has a server that was paused go on.
func (p *Pulse) Resume() error { return p.cmd.Process.Signal(syscall.SIGCONT) }
