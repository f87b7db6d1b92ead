package identitytest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

// pcscd and where it can be talked to. Debian: packages pcscd, vsmartcard-vpcd.
const (
	pcscdProgram = "/usr/sbin/pcscd"
	pcscdSocket  = "/run/pcscd/pcscd.comm"
)

// A Service is the system's smartcard service with a virtual reader of two
// slots, held by one process at a time.
type Service struct {
	lock   *os.File     // flock'ed while the service is ours to use
	daemon *exec.Cmd    // nil: the service was running already
	said   bytes.Buffer // what daemon wrote; read after it has ended
	ended  chan error   // gets daemon's end
}

// StartService waits until no other process uses the virtual reader, and
// starts the smartcard service if none is running, which takes root. The caller
// stops it.
func StartService(ctx context.Context) (*Service, error) {
	lock, err := locked(ctx, filepath.Join(os.TempDir(), "incamera-smartcard-service.lock"))
	if err != nil {
		return nil, fmt.Errorf("identitytest: smartcard service: %w", err)
	}
	s := &Service{lock: lock}
	if answers() {
		return s, nil
	}
	if err := s.start(ctx); err != nil {
		lock.Close()
		return nil, fmt.Errorf("identitytest: smartcard service: %w", err)
	}
	return s, nil
}

// locked opens path and waits for its lock, which ends with the process at the latest.
func locked(ctx context.Context, path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if err := pausing(ctx); err != nil {
			f.Close()
			return nil, err
		}
	}
}

func answers() bool {
	conn, err := net.Dial("unix", pcscdSocket)
	if err == nil {
		conn.Close()
	}
	return err == nil
}

// start starts the daemon and waits until it answers: by then it has its readers.
func (s *Service) start(ctx context.Context) error {
	if err := s.spawn(); err != nil {
		return err
	}
	for !answers() {
		select {
		case err := <-s.ended:
			s.daemon = nil
			return fmt.Errorf("it ended: %w: %s", err, bytes.TrimSpace(s.said.Bytes()))
		default:
		}
		if err := pausing(ctx); err != nil {
			return err
		}
	}
	return nil
}

// spawn starts the daemon, which the system ends with this process if nobody
// else does.
func (s *Service) spawn() error {
	s.said.Reset()
	daemon := exec.Command(pcscdProgram, "--foreground", "--error")
	daemon.Stdout, daemon.Stderr = &s.said, &s.said
	daemon.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	started := make(chan error)
	s.ended = make(chan error, 1)
	go func() {
		runtime.LockOSThread() // whose end, too, would end the daemon
		err := daemon.Start()
		started <- err
		if err == nil {
			s.ended <- daemon.Wait()
		}
	}()
	s.daemon = daemon
	return <-started
}

// Own reports whether the service was started here and can be restarted.
func (s *Service) Own() bool { return s.daemon != nil }

// Kill ends the service as a crash would. Only for an own one.
func (s *Service) Kill() error {
	if err := s.daemon.Process.Kill(); err != nil {
		return err
	}
	<-s.ended
	s.daemon = nil
	return nil
}

// Revive starts the service again after [Service.Kill].
func (s *Service) Revive(ctx context.Context) error { return s.start(ctx) }

// Stop ends the service if it was started here, and lets other processes use
// the virtual reader.
func (s *Service) Stop() error {
	defer s.lock.Close()
	if s.daemon == nil {
		return nil
	}
	if err := s.daemon.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-s.ended
	s.daemon = nil
	return nil
}
