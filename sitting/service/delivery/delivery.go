// Package delivery keeps what a sitting must not lose: its order, as one
// JetStream stream in which the stream's sequence is the entry's place, and its
// blobs (welcomes, commits, trees), by SHA-256. It knows bytes, not their
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
	lock     *os.File       // of the directory; nil on a cluster
	conn     *nats.Conn
	js       jetstream.JetStream
	replicas int

	// One blob is written at a time, so that two writers of one blob do not
	// take each other's chunks away.
	blobs sync.Mutex
}

// Open starts the embedded server, or connects to the cluster.
func Open(o Options) (*Delivery, error) {
	d := &Delivery{replicas: 1}
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
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("delivery: %w", err)
	}
	var err error
	if d.lock, err = hold(filepath.Join(dir, "lock")); err != nil {
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
