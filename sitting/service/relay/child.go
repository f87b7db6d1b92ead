package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"
)

// How often a child is looked after.
const (
	startEvery = 25 * time.Millisecond
	startLimit = 20 * time.Second
	checkEvery = 3 * time.Second
	checkLimit = 3 // failures in a row
)

// live runs one child from start to end. It holds its thread all that time:
// the child ends with the thread that started it, see [bind].
func (c *Child) live(ctx context.Context) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	api, err := free()
	if err != nil {
		return err
	}
	config, err := c.o.Network.config(api)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	cmd := c.command(ctx, config)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	c.pid.Store(int64(cmd.Process.Pid))
	defer c.pid.Store(0)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		end(c.watch(ctx, "http://127.0.0.1:"+strconv.Itoa(int(api))))
	}()
	err = cmd.Wait()
	end(nil)
	<-watched
	c.url.Store(nil)
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// command is the child, which gets nothing from this process's environment but
// what it needs. When ctx ends it is killed: it keeps nothing that outlives it,
// and asked politely it would wait for its participants to leave.
func (c *Child) command(ctx context.Context, config string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.o.Binary)
	cmd.Env = []string{
		"LIVEKIT_CONFIG=" + config,
		"LIVEKIT_KEYS=" + c.o.Keys,
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + os.TempDir(),
	}
	log := &lines{log: c.o.Log, secret: secretOf(c.o.Keys)}
	cmd.Stdout, cmd.Stderr = log, log
	bind(cmd)
	return cmd
}

// watch says that the relay is up once it is, and returns why it is not any more.
func (c *Child) watch(ctx context.Context, url string) error {
	look := &http.Client{Timeout: checkEvery, Transport: &http.Transport{DisableKeepAlives: true}}
	for began := time.Now(); healthy(ctx, look, url) != nil; pause(ctx, startEvery) {
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) > startLimit {
			return errors.New("relay: it did not come up")
		}
	}
	c.url.Store(&url)
	select {
	case c.up <- struct{}{}:
	default:
	}
	for failed := 0; ; pause(ctx, checkEvery) {
		err := healthy(ctx, look, url)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			failed = 0
		default:
			if failed++; failed == checkLimit {
				return fmt.Errorf("relay: it does not answer: %w", err)
			}
		}
	}
}

// healthy asks the relay whether it is well.
func healthy(ctx context.Context, look *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	res, err := look.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // nothing is lost by a close that fails
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 4<<10)); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return nil
}
