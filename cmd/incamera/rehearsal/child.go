package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"incamera/cmd/cue"
)

// sibling is a program that was built beside this one.
func sibling(name string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	file := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(file); err != nil {
		return "", fmt.Errorf("rehearsal: %s is not beside this program: make build puts it there", name)
	}
	return file, nil
}

// A child is a process of the rehearsal's. It ends with the rehearsal.
type child struct {
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	done  chan struct{}
	err   error // read after done
}

// start runs a program with its log in the stage's folder.
func (s *stage) start(program, name string, out io.Writer, args ...string) (*child, error) {
	file, err := sibling(program)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(s.path(name + ".log"))
	if err != nil {
		return nil, err
	}
	c := &child{name: name, cmd: exec.Command(file, args...), done: make(chan struct{})}
	c.cmd.Stdout, c.cmd.Stderr = out, log
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if out == nil {
		c.cmd.Stdout = log
	}
	if err := begin(c.cmd); err != nil {
		log.Close()
		return nil, fmt.Errorf("rehearsal: %s: %w", name, err)
	}
	go func() {
		defer close(c.done)
		defer log.Close()
		c.err = c.cmd.Wait()
	}()
	return c, nil
}

// stop asks the process to end, and ends it if it does not within 5 s.
func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	select {
	case <-c.done:
	case <-time.After(5 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// startService starts incamerad and returns its address once it is ready.
func (s *stage) startService(ctx context.Context) (*child, string, error) {
	ready := s.path("ready.json")
	c, err := s.start("incamerad", "incamerad", nil,
		"-listen", "127.0.0.1:0", "-data", s.path("data"), "-orders", s.path("orders"),
		"-anchors", s.path("anchors.pem"), "-certificate", s.path("service.pem"), "-key", s.path("service.key"),
		"-loopback", "-ready-file", ready)
	if err != nil {
		return nil, "", err
	}
	for {
		var told struct{ Address string }
		if b, err := os.ReadFile(ready); err == nil && json.Unmarshal(b, &told) == nil && told.Address != "" {
			return c, told.Address, nil
		}
		select {
		case <-c.done:
			return nil, "", fmt.Errorf("rehearsal: the service did not start; see %s", s.path("incamerad.log"))
		case <-ctx.Done():
			c.stop()
			return nil, "", context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// A delegate is a process that plays one member.
type delegate struct {
	*child
	player
	line *cue.Line

	mu      sync.Mutex
	notes   []cue.Note
	changed chan struct{} // closed and replaced at each note
}

// startDelegate starts the process of one player.
func (s *stage) startDelegate(p player, address string, args ...string) (*delegate, error) {
	stdout, out := io.Pipe()
	d := &delegate{player: p, changed: make(chan struct{})}
	args = append([]string{
		"-service", address, "-anchors", s.path("anchors.pem"),
		"-card", s.path(p.cardFile()), "-sitting", string(sittingID), "-loopback",
	}, args...)
	var err error
	if d.child, err = s.start("delegate", "delegate-"+string(p.ID), out, args...); err != nil {
		return nil, err
	}
	d.line = cue.NewLine(d.stdin)
	go func() {
		<-d.done
		out.Close()
	}()
	go func() { _ = cue.Hear(stdout, d.note) }() // ends when the process does
	return d, nil
}

func (d *delegate) note(n cue.Note) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notes = append(d.notes, n)
	close(d.changed)
	d.changed = make(chan struct{})
}

// find returns the first note that fits, and a channel that tells of a newer one.
func (d *delegate) find(fits func(cue.Note) bool) (cue.Note, bool, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range d.notes {
		if fits(n) {
			return n, true, nil
		}
	}
	return cue.Note{}, false, d.changed
}

var errEnded = errors.New("rehearsal: a delegate has ended")

// wait waits for a note of that kind.
func (d *delegate) wait(ctx context.Context, what cue.Event) (cue.Note, error) {
	return d.waitFor(ctx, func(n cue.Note) bool { return n.What == what })
}

func (d *delegate) waitFor(ctx context.Context, fits func(cue.Note) bool) (cue.Note, error) {
	for {
		n, ok, changed := d.find(fits)
		if ok {
			return n, nil
		}
		select {
		case <-changed:
		case <-d.done:
			if n, ok, _ := d.find(fits); ok {
				return n, nil
			}
			return cue.Note{}, fmt.Errorf("%w: %s", errEnded, d.name)
		case <-ctx.Done():
			return cue.Note{}, fmt.Errorf("rehearsal: waiting for %s: %w", d.name, context.Cause(ctx))
		}
	}
}

func (d *delegate) do(verb cue.Verb, who ...string) error {
	c := cue.Cue{Do: verb}
	if len(who) > 0 {
		c.Who = who[0]
	}
	return d.line.Say(c)
}
