package identitytest

import (
	"context"
	"errors"
	"testing"
	"time"
)

// ErrNoVirtualReader reports a system that has no virtual reader.
var ErrNoVirtualReader = errors.New("identitytest: this system has no virtual card reader")

// NewService is [StartService] for the time of a test.
func NewService(t testing.TB) *Service {
	t.Helper()
	s, err := StartService(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Insert puts a card as c says into a slot of the virtual reader for the time
// of a test.
func Insert(t testing.TB, slot int, c AppletConfig) (*Plug, *Applet) {
	t.Helper()
	a := NewApplet(c)
	p := NewPlug(slot, a)
	if err := p.Insert(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Pull)
	return p, a
}

// pausing waits for a moment, or returns why ctx has ended.
func pausing(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(20 * time.Millisecond):
		return nil
	}
}
