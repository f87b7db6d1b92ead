// Package keystore keeps small things that must outlive a restart on a personal
// machine, such as the last order heads seen and the fingerprints of pinned roots,
// in the system's own store: Keychain, Credential Manager or Secret Service.
// On a shared PC it keeps nothing that outlives the process. It is the only
// importer of the three and touches nothing else.
package keystore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// Max is the most bytes that a value may have: what Windows takes, less some
// for ourselves.
const Max = 2048

var (
	// ErrNotFound reports a name without a value. It is [fs.ErrNotExist].
	ErrNotFound = fmt.Errorf("keystore: nothing is kept under this name: %w", fs.ErrNotExist)
	// ErrTooLong reports a value of more than Max bytes.
	ErrTooLong = fmt.Errorf("keystore: more than %d bytes", Max)
	// ErrLocked reports that the person did not unlock the store.
	ErrLocked = errors.New("keystore: the keyring was not unlocked")
	// ErrUnavailable reports a system without a store.
	ErrUnavailable = errors.New("keystore: this system has no keyring")
)

// A Store keeps values by name. Its methods may be called from any goroutine
// and wait for no longer than their context: a prompt to unlock the store is
// then taken from the screen. Values belong to the caller.
type Store interface {
	// Get returns what is kept under name, or an error that is [ErrNotFound].
	Get(ctx context.Context, name string) ([]byte, error)
	// Set keeps value, of at most [Max] bytes, instead of what was kept under name.
	Set(ctx context.Context, name string, value []byte) error
	// Delete forgets what is kept under name, if anything.
	Delete(ctx context.Context, name string) error
	// Close lets go of the store. A shared PC's has forgotten all then.
	Close() error
}

// Open opens the store of this machine. On a shared PC that is one which holds
// things in memory only, until it is closed.
func Open(ctx context.Context, shared bool) (Store, error) {
	if shared {
		return passing(ctx)
	}
	return lasting(ctx)
}

// application is under what name things are kept.
const application = "Incamera"

// version is written before each value: a value that the system has lost or
// spoilt is told from an empty one.
const version = 1

func wrap(value []byte) ([]byte, error) {
	if len(value) > Max {
		return nil, ErrTooLong
	}
	return append([]byte{version}, value...), nil
}

func unwrap(kept []byte) ([]byte, error) {
	if len(kept) == 0 || kept[0] != version {
		return nil, errors.New("keystore: what is kept under this name cannot be read")
	}
	return kept[1:], nil
}

// Memory returns a store that is forgotten with the process.
func Memory() Store { return &memory{kept: map[string][]byte{}} }

type memory struct {
	mu   sync.Mutex
	kept map[string][]byte // guarded by mu
}

func (m *memory) Get(ctx context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	value, ok := m.kept[name]
	if !ok {
		return nil, ErrNotFound
	}
	return bytes.Clone(value), nil
}

func (m *memory) Set(ctx context.Context, name string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if len(value) > Max {
		return ErrTooLong
	}
	clear(m.kept[name])
	m.kept[name] = append([]byte{}, value...)
	return nil
}

func (m *memory) Delete(ctx context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.kept[name])
	delete(m.kept, name)
	return context.Cause(ctx)
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, value := range m.kept {
		clear(value)
	}
	clear(m.kept)
	return nil
}
