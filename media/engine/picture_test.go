package engine

import (
	"testing"
	"time"

	"incamera/media/relay"
)

// TestLargeLayersInEarnest: what the relay says for a moment makes nobody
// encode a large picture, unless it is of the one who has the floor.
func TestLargeLayersInEarnest(t *testing.T) {
	var p pictureSender
	p.restart()
	on := func(floor bool, after time.Duration) (all [relay.Layers]bool) {
		for i := range all {
			all[i] = p.on(i, floor, time.Now().Add(after))
		}
		return all
	}
	small, every := [relay.Layers]bool{true}, [relay.Layers]bool{true, true, true}
	for _, step := range []struct {
		name  string
		want  [relay.Layers]bool // what the relay says
		floor bool
		after time.Duration
		sent  [relay.Layers]bool
	}{
		{"at first", small, true, 2 * earnest, small},
		{"all, for a moment", every, false, earnest / 2, small},
		{"all, with the floor", every, true, 0, every},
		{"all, for long", every, false, earnest, every},
		{"only the smallest again", small, true, earnest, small},
		{"all, for another moment", every, false, earnest / 2, small},
		{"nothing", [relay.Layers]bool{}, true, earnest, [relay.Layers]bool{}},
	} {
		p.want(step.want)
		if got := on(step.floor, step.after); got != step.sent {
			t.Errorf("%s: %v, want %v", step.name, got, step.sent)
		}
	}
}
