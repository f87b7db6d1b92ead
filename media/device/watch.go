package device

import (
	"context"
	"slices"
	"time"

	"incamera/media"
)

// Watch looks every so often which devices there are, and calls changed with
// all of them, as [System.List] gives them: once at the beginning, then
// whenever they are not the same as before. What is open and has gone fails
// with [media.Pulled]; sound servers would move it to another device in
// silence. Watch returns when ctx ends, and says why it did.
func (s *System) Watch(ctx context.Context, every time.Duration, changed func([]media.Device)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var last []media.Device
	for first := true; ; first = false {
		now := s.List()
		if first || !slices.Equal(now, last) {
			s.loseMissing()
			changed(now)
		}
		last = now
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// loseMissing tells what is open that its device has gone.
func (s *System) loseMissing() {
	s.mu.Lock()
	defer s.mu.Unlock()
	there, err := s.enumerate()
	for h := range s.open {
		same := func(d soundDevice) bool { return d.Kind == h.device.Kind && d.ID == h.device.ID }
		if err != nil || !slices.ContainsFunc(there, same) {
			h.lose()
		}
	}
}
