package identitytest

import (
	"net"
	"syscall"
)

// quickAck has the system acknowledge at once: the virtual reader sends length
// and body apart and would wait 40 ms for each. The option lasts for one read.
func quickAck(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	if raw, err := tcp.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
		})
	}
}
