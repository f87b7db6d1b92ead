// The interop command is this MLS as a client of the MLS working group's
// interoperability harness (mlswg/mls-implementations, interop/): a gRPC server
// that does what the harness says and answers with what came of it.
//
// It is for tests alone: it accepts every credential, gives out private keys
// when asked, and listens on the loopback address. It is a module of its own so
// that the product carries no gRPC.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc"

	"incamera/e2ee/mls/interop/harness"
)

func main() {
	port := flag.Uint("port", 50051, "TCP port on the loopback address")
	flag.Parse()
	if err := run(*port); err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
}

func run(port uint) error {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	s := grpc.NewServer()
	harness.RegisterMLSClientServer(s, newServer())
	return s.Serve(l)
}
