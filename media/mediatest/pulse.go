package mediatest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A Pulse is a PulseAudio server of our own, without hardware. What is played
// to one of its sinks can be recorded from the sink's monitor, the source
// named as the sink and ".monitor": a microphone for whoever opens it.
type Pulse struct {
	Server string // for PULSE_SERVER

	dir  string
	cmd  *exec.Cmd
	done chan struct{} // closed when the server has ended
	said bytes.Buffer  // valid then

	listeners sync.WaitGroup // programs that end with the server
}

// StartPulse starts a server with these sinks, the first of which is the
// default one, and waits until it answers. It ends with Close, or with ctx.
func StartPulse(ctx context.Context, sinks ...string) (*Pulse, error) {
	dir, err := os.MkdirTemp("", "incamera-pulse-")
	if err != nil {
		return nil, err
	}
	p := &Pulse{Server: "unix:" + filepath.Join(dir, "native"), dir: dir, done: make(chan struct{})}
	if err := p.start(ctx, sinks); err != nil {
		_ = os.RemoveAll(dir) // the error before says more
		return nil, err
	}
	if err := errors.Join(p.ready(ctx), p.attend(ctx, sinks)); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// attend listens to each sink all the time: a null sink that nobody needs
// soon makes the next one who does wait for two seconds.
func (p *Pulse) attend(ctx context.Context, sinks []string) error {
	for _, s := range sinks {
		cmd := p.command(ctx, "parec", format(s+".monitor", attending)...)
		cmd.Stdout = deaf{} // a pipe to us: should we die, so does it, and then the server
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("mediatest: cannot listen to %s: %w", s, err)
		}
		p.listeners.Go(func() {
			_ = cmd.Wait() // it ends with the server
		})
	}
	return nil
}

func (p *Pulse) start(ctx context.Context, sinks []string) error {
	var script strings.Builder
	fmt.Fprintf(&script, "load-module module-native-protocol-unix auth-anonymous=1 socket=%s\n", filepath.Join(p.dir, "native"))
	for _, s := range sinks {
		fmt.Fprintf(&script, "load-module %s\n", strings.Join(nullSink(s), " "))
	}
	if len(sinks) > 0 {
		fmt.Fprintf(&script, "set-default-sink %s\nset-default-source %s.monitor\n", sinks[0], sinks[0])
	}
	path := filepath.Join(p.dir, "script")
	if err := os.WriteFile(path, []byte(script.String()), 0o600); err != nil {
		return err
	}
	p.cmd = exec.CommandContext(ctx, "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=30", "--use-pid-file=no",
		"--disable-shm=yes", "--log-target=stderr", "-F", path)
	p.cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+p.dir, "XDG_CONFIG_HOME="+p.dir, "PULSE_RUNTIME_PATH="+p.dir,
		"PULSE_STATE_PATH="+p.dir, "HOME="+p.dir, "PULSE_SERVER=", "DBUS_SESSION_BUS_ADDRESS=")
	p.cmd.Stderr = &p.said
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("mediatest: cannot start pulseaudio: %w", err)
	}
	go func() {
		_ = p.cmd.Wait() // it is ended by a signal
		close(p.done)
	}()
	return nil
}

// nullSink is the module for a sink called name.
func nullSink(name string) []string {
	return []string{
		"module-null-sink", "sink_name=" + name, "rate=48000", "channels=1", "format=float32le",
		"sink_properties=device.description=" + name,
	}
}

// ready waits until the server answers.
func (p *Pulse) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		if p.Control(ctx, "info") == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("mediatest: pulseaudio ended: %s", bytes.TrimSpace(p.said.Bytes()))
		case <-ctx.Done():
			return fmt.Errorf("mediatest: pulseaudio does not answer: %w", context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// deaf takes no notice of what it is told.
type deaf struct{}

func (deaf) Write(b []byte) (int, error) { return len(b), nil }

// Environ is the environment of a program that is to use the server.
func (p *Pulse) Environ() []string { return append(os.Environ(), "PULSE_SERVER="+p.Server) }

// command is a program that uses the server.
func (p *Pulse) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = p.Environ()
	return cmd
}

// Control tells the server something, in pactl's words.
func (p *Pulse) Control(ctx context.Context, args ...string) error {
	if out, err := p.command(ctx, "pactl", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("mediatest: pactl %s: %w: %s", args[0], err, bytes.TrimSpace(out))
	}
	return nil
}

// Plug adds a sink, and with it its monitor, as if a device were plugged in.
func (p *Pulse) Plug(ctx context.Context, sink string) (pull func(context.Context) error, err error) {
	out, err := p.command(ctx, "pactl", append([]string{"load-module"}, nullSink(sink)...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("mediatest: cannot plug %s: %w", sink, err)
	}
	module := string(bytes.TrimSpace(out))
	return func(ctx context.Context) error { return p.Control(ctx, "unload-module", module) }, nil
}

// Close ends the server and removes its files.
func (p *Pulse) Close() error {
	_ = p.cmd.Process.Signal(os.Interrupt) // it may have ended
	select {
	case <-p.done:
	case <-time.After(3 * time.Second):
		_ = p.cmd.Process.Kill() // as before
		<-p.done
	}
	p.listeners.Wait()
	return os.RemoveAll(p.dir)
}
