//go:build unix

package relaytest

import "syscall"

// Freeze stops the server without ending it: to its clients, the network has
// gone silent.
func (n *Node) Freeze() { n.signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (n *Node) Thaw() { n.signal(syscall.SIGCONT) }

func (n *Node) signal(s syscall.Signal) {
	n.tb.Helper()
	if err := n.command.Process.Signal(s); err != nil {
		n.tb.Fatal(err)
	}
}
