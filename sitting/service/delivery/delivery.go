// Package delivery keeps what a sitting must not lose: its order, as one
// JetStream stream in which the stream's sequence is the entry's place, and its
// blobs (welcomes, commits, trees), by SHA-256, for a while. It knows bytes, not their
// meaning. It owns the NATS server when that is embedded, which then opens no
// port, and is the only importer of NATS.
package delivery

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What can be wrong with a call, sorted by who can act.
var (
	ErrMoved    = errors.New("delivery: the order has moved on")          // catch up, judge again
	ErrTooLarge = errors.New("delivery: larger than delivery takes")      // the sender's fault
	ErrHash     = errors.New("delivery: the bytes do not have this hash") // the sender's fault
	ErrNoBlob   = errors.New("delivery: no such blob")
	ErrInUse    = errors.New("delivery: another process uses the directory")
	ErrStopped  = errors.New("delivery: nothing can be kept any more, the server has stopped")
)

// The largest entry and the largest blob, in bytes.
const (
	MaxEntry = 512 << 10
	MaxBlob  = 8 << 20
)

// Options say where order and blobs are kept.
type Options struct {
	Dir         string // of the embedded server; made if missing; one process at a time
	URL         string // a NATS cluster's URL; "" embeds a server
	Credentials string // the path of a NATS credentials file for URL, or ""
	Replicas    int    // of each stream, on a cluster; 0 is 1
}

// A Delivery holds the orders and blobs of all sittings. Its methods may be
// called from any goroutine.
type Delivery struct {
	// Constant.
	server   *server.Server // nil on a cluster
	dir      string         // of the embedded server
	lock     *os.File       // of the directory; nil on a cluster
	conn     *nats.Conn
	js       jetstream.JetStream
	replicas int

	mu      sync.Mutex
	failing map[string]failure // by stream; guarded by mu

	// One blob is written at a time, so that two writers of one blob do not
	// take each other's chunks away.
	blobs sync.Mutex
}

// Open starts the embedded server, or connects to the cluster.
func Open(o Options) (*Delivery, error) {
	d := &Delivery{replicas: 1, failing: map[string]failure{}}
	var err error
	if o.URL == "" {
		err = d.embed(o.Dir)
	} else {
		d.replicas = max(o.Replicas, 1)
		err = d.join(o)
	}
	if err == nil {
		d.js, err = jetstream.New(d.conn)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// embed starts a server without a listener. Each entry is on the disk, not
// only with the kernel, before it is acknowledged.
func (d *Delivery) embed(dir string) error {
	d.dir = dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("delivery: %w", err)
	}
	var err error
	if d.lock, err = hold(filepath.Join(dir, "lock")); err != nil {
		return fmt.Errorf("%w: %s", err, dir)
	}
	if err := probe(filepath.Join(dir, "probe")); err != nil {
		return err
	}
	d.server, err = server.NewServer(&server.Options{
		ServerName: "incamerad",
		DontListen: true,
		JetStream:  true,
		StoreDir:   dir,
		SyncAlways: true,
		MaxPayload: MaxEntry + 64<<10,
		NoLog:      true,
		NoSigs:     true,
	})
	if err != nil {
		return fmt.Errorf("delivery: %w", err)
	}
	d.server.Start()
	if !d.server.ReadyForConnections(30 * time.Second) {
		return errors.New("delivery: the embedded server did not start")
	}
	d.conn, err = nats.Connect("", nats.InProcessServer(d.server), nats.Name("incamerad"))
	if err != nil {
		return fmt.Errorf("delivery: %w", err)
	}
	return nil
}

// probeSize is how much has to find room on the disk for a start to make sense,
// in bytes.
const probeSize = 4 << 20

// probe says in the system's words why nothing can be kept at path; the server
// would only fall silent.
func probe(path string) error {
	err := os.WriteFile(path, make([]byte, probeSize), 0o600)
	if err := errors.Join(err, os.Remove(path)); err != nil {
		return fmt.Errorf("delivery: %w", err)
	}
	return nil
}

// join connects to a cluster and stays with it through its restarts.
func (d *Delivery) join(o Options) error {
	with := []nats.Option{nats.Name("incamerad"), nats.MaxReconnects(-1)}
	if o.Credentials != "" {
		with = append(with, nats.UserCredentials(o.Credentials))
	}
	var err error
	if d.conn, err = nats.Connect(o.URL, with...); err != nil {
		return fmt.Errorf("delivery: %w", err)
	}
	return nil
}

// Ready reports whether order and blobs can be reached.
func (d *Delivery) Ready(ctx context.Context) error {
	if _, err := d.js.AccountInfo(ctx); err != nil {
		return fmt.Errorf("delivery: %w", err)
	}
	return nil
}

// strikes is how often in a row a stream may fail to keep something.
const strikes = 2

// Failed returns [ErrStopped], with the reason, once nothing can be kept: a
// stream of the embedded server whose disk was full takes nothing any more,
// even when there is room again, until the server is started anew.
func (d *Delivery) Failed() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.failing {
		if f.times < strikes {
			continue
		}
		if full := probe(filepath.Join(d.dir, "probe")); full != nil {
			return fmt.Errorf("%w: %w", ErrStopped, full)
		}
		return fmt.Errorf("%w: %w", ErrStopped, f.last)
	}
	return nil
}

// tried notes whether a stream of the embedded server has kept something.
func (d *Delivery) tried(ctx context.Context, stream string, err error) {
	if d.server == nil || err != nil && ctx.Err() != nil {
		return // the cluster's affair, or the caller's
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		delete(d.failing, stream)
		return
	}
	d.failing[stream] = failure{d.failing[stream].times + 1, err}
}

// A failure is how often in a row a stream has failed, and how at last.
type failure struct {
	times int
	last  error
}

// Close ends the connection and the embedded server, and waits for it.
func (d *Delivery) Close() {
	if d.conn != nil {
		d.conn.Close()
	}
	if d.server != nil {
		d.server.Shutdown()
		d.server.WaitForShutdown()
	}
	if d.lock != nil {
		_ = d.lock.Close() // which also unlocks; there is nothing written in it
	}
}
