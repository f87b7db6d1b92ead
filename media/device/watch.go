package device

import (
	"context"
	"slices"
	"time"

	"incamera/media"
)

// Watch looks every so often which devices there are, and calls changed with
// all of them, as [System.List] gives them: once at the beginning, then
// whenever they are not the same as before. Watch returns when ctx ends, and
// says why it did.
func (s *System) Watch(ctx context.Context, every time.Duration, changed func([]media.Device)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var last []media.Device
	for first := true; ; first = false {
		now := s.list(ctx)
		if first || !slices.Equal(now, last) {
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
