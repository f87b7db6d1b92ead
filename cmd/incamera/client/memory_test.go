package client

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"incamera/identity/keystore"
	"incamera/media"
	"incamera/media/device"
	"incamera/sitting"
)

// A lasting store is one that is not emptied when it is closed.
type lasting struct{ keystore.Store }

func (lasting) Close() error { return nil }

// What is kept is there after a restart: devices, heads, roots.
func TestMemory(t *testing.T) {
	disk := lasting{keystore.Memory()}
	log := slog.New(slog.DiscardHandler)
	m := NewMemory(disk, log)
	r := NewRack(device.New(), "", "", "")
	r.Remember(t.Context(), m)
	for range 20 { // the last counts
		r.Choose(media.Device{ID: "other", Kind: media.MicrophoneDevice})
		r.Choose(media.Device{ID: "headset", Kind: media.MicrophoneDevice})
	}
	head := sitting.Head{Seq: 17, Hash: sitting.Hash{1, 2, 3}}
	m.keepHead("budget", sitting.Head{Seq: 3})
	m.keepHead("budget", head)
	if err := m.Pin(t.Context(), "house:8443", []byte("roots"), false); err != nil {
		t.Error(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}

	m = NewMemory(disk, log)
	r = NewRack(device.New(), "", "", "")
	r.Remember(t.Context(), m)
	if id, _ := r.Chosen(media.MicrophoneDevice); id != "headset" {
		t.Errorf("the microphone is %q", id)
	}
	if id, _ := r.Chosen(media.CameraDevice); id != "" {
		t.Errorf("the camera is %q", id)
	}
	named := NewRack(device.New(), "named", "", "")
	if named.Remember(t.Context(), m); named.chosen[media.MicrophoneDevice] != "named" {
		t.Error("what was named on the command line counts less than what was chosen once")
	}
	if got := m.head(t.Context(), "budget"); got != head {
		t.Errorf("the last head is %v", got)
	}
	if got := m.head(t.Context(), "other"); got != (sitting.Head{}) {
		t.Errorf("of another sitting there is %v", got)
	}
	if err := m.Pin(t.Context(), "house:8443", []byte("others"), false); !errors.Is(err, ErrOtherRoots) {
		t.Errorf("other roots: %v", err)
	}
	if err := m.Pin(t.Context(), "else:8443", []byte("others"), false); err != nil {
		t.Errorf("another service: %v", err)
	}
	if err := m.Pin(t.Context(), "house:8443", []byte("others"), true); err != nil {
		t.Errorf("roots that were accepted: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	m = NewMemory(disk, log)
	if err := m.Pin(t.Context(), "house:8443", []byte("roots"), false); !errors.Is(err, ErrOtherRoots) {
		t.Errorf("the old roots are still good: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
}

// A shared machine has no memory, and nobody needs to know.
func TestNoMemory(t *testing.T) {
	var m *Memory
	m.keepDevice(media.CameraDevice, "x")
	m.keepHead("budget", sitting.Head{Seq: 1})
	if err := errors.Join(m.Pin(t.Context(), "s", nil, false), m.Close()); err != nil || m.device(t.Context(), media.CameraDevice) != "" {
		t.Error("nothing remembers something")
	}
}

// A store that waits for the person does not keep the program from ending.
func TestMemoryIsNotWaitedFor(t *testing.T) {
	m := NewMemory(locked{keystore.Memory()}, slog.New(slog.DiscardHandler))
	m.keepDevice(media.CameraDevice, "x")
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// locked waits for the person, who does nothing.
type locked struct{ keystore.Store }

func (locked) Set(ctx context.Context, _ string, _ []byte) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// On a shared machine the log has no words of a member's.
func TestSharedLog(t *testing.T) {
	for _, shared := range []bool{false, true} {
		var b bytes.Buffer
		log := NewLog(&b, slog.LevelDebug, shared).With("member", "tremblay", "epoch", 7)
		log.Info("a seat", "error", &namedError{"tremblay"}, "in", slog.GroupValue(slog.String("who", "tremblay"), slog.Int("n", 9)))
		for _, kept := range []string{"a seat", "epoch=7", "n=9"} {
			if !strings.Contains(b.String(), kept) {
				t.Errorf("shared %v: no %q in %q", shared, kept, b.String())
			}
		}
		if strings.Contains(b.String(), "tremblay") == shared {
			t.Errorf("shared %v: %q", shared, b.String())
		}
		if shared && !strings.Contains(b.String(), "error=*client.namedError") {
			t.Errorf("what kind of error it was is lost: %q", b.String())
		}
	}
}

type namedError struct{ name string }

func (e *namedError) Error() string { return e.name + " did it" }
