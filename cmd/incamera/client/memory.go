package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"time"

	"incamera/identity/keystore"
	"incamera/media"
	"incamera/sitting"
)

// A Memory is what outlives a restart on a personal machine: which devices
// were chosen, the last place seen of each sitting, so that a service with
// another history is found out, and the House's roots, where no policy names
// them. It is kept in the system's own store. A nil Memory, of a shared
// machine, keeps nothing and knows nothing.
//
// What is kept is written on a goroutine of its own, for the store may ask the
// person to unlock it; the newest of each name counts.
type Memory struct {
	store keystore.Store
	log   *slog.Logger

	mu      sync.Mutex
	pending map[string][]byte // guarded by mu; to be written
	writing bool              // guarded by mu
	wait    sync.WaitGroup
	ctx     context.Context // ends with Close
	end     context.CancelFunc
}

// askLimit is how long the store is waited for where somebody waits.
const askLimit = 20 * time.Second

// NewMemory keeps things in store, which it closes.
func NewMemory(store keystore.Store, log *slog.Logger) *Memory {
	m := &Memory{store: store, log: log, pending: map[string][]byte{}}
	m.ctx, m.end = context.WithCancel(context.Background())
	return m
}

// closeLimit is how long Close waits for what is still to be written.
const closeLimit = 2 * time.Second

// Close writes what is left, as far as the store can be had, and lets go of it.
func (m *Memory) Close() error {
	if m == nil {
		return nil
	}
	late := time.AfterFunc(closeLimit, m.end)
	m.wait.Wait()
	late.Stop()
	m.end()
	return m.store.Close()
}

// keep has value written under name.
func (m *Memory) keep(name string, value []byte) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending[name] = value
	if !m.writing {
		m.writing = true
		m.wait.Go(m.write)
	}
}

// write writes until nothing is left.
func (m *Memory) write() {
	for {
		m.mu.Lock()
		var name string
		var value []byte
		for name, value = range m.pending {
			break
		}
		if delete(m.pending, name); value == nil {
			m.writing = false
			m.mu.Unlock()
			return
		}
		m.mu.Unlock()
		if err := m.store.Set(m.ctx, name, value); err != nil {
			m.log.Warn("something could not be kept for the next start", "error", err)
		}
	}
}

// recall returns what is kept under name, nil if nothing is, or the store
// cannot be had.
func (m *Memory) recall(ctx context.Context, name string) []byte {
	if m == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	value, err := m.store.Get(ctx, name)
	if err != nil && !errors.Is(err, keystore.ErrNotFound) {
		m.log.Warn("what was kept at an earlier start cannot be read", "error", err)
	}
	return value
}

func deviceName(k media.DeviceKind) string {
	return []string{"device/microphone", "device/loudspeaker", "device/camera"}[k]
}

// device is which one was chosen, "" if none was.
func (m *Memory) device(ctx context.Context, k media.DeviceKind) string {
	return string(m.recall(ctx, deviceName(k)))
}

func (m *Memory) keepDevice(k media.DeviceKind, id string) { m.keep(deviceName(k), []byte(id)) }

func headName(id sitting.ID) string {
	sum := sha256.Sum256([]byte(id))
	return "head/" + hex.EncodeToString(sum[:16])
}

// head is the last place seen of a sitting; zero if none was.
func (m *Memory) head(ctx context.Context, id sitting.ID) (h sitting.Head) {
	if kept := m.recall(ctx, headName(id)); len(kept) == 8+len(h.Hash) {
		h.Seq = binary.BigEndian.Uint64(kept)
		copy(h.Hash[:], kept[8:])
	}
	return h
}

func (m *Memory) keepHead(id sitting.ID, h sitting.Head) {
	if h.Seq > 0 {
		m.keep(headName(id), append(binary.BigEndian.AppendUint64(nil, h.Seq), h.Hash[:]...))
	}
}

// ErrOtherRoots reports roots that are not those of an earlier start.
var ErrOtherRoots = errors.New("client: these are not the House's certificates that this service was used with before; -new-anchors accepts them")

// Pin holds roots, in PEM, against those that the service was first used with;
// accept takes new ones.
func (m *Memory) Pin(ctx context.Context, service string, roots []byte, accept bool) error {
	name, sum := "roots/"+service, sha256.Sum256(roots)
	kept := m.recall(ctx, name)
	if kept != nil && !accept && !bytes.Equal(kept, sum[:]) {
		return ErrOtherRoots
	}
	m.keep(name, sum[:])
	return nil
}
