package engine

import (
	"testing"
	"time"

	"incamera/media/vp8"
)

func TestHaste(t *testing.T) {
	o := vp8.Options{Rate: 30, Speed: 6}
	var h haste
	for _, step := range []struct {
		name string
		took time.Duration
		n    int // pictures
		want int
	}{
		{"a strong machine", 4 * time.Millisecond, 600, 6},
		{"one slow picture", 60 * time.Millisecond, 1, 6},
		{"a strong machine", 4 * time.Millisecond, 600, 6},
		{"soon after it is busy", 20 * time.Millisecond, hasteSoon + 5, 8},
		{"busy for long", 20 * time.Millisecond, 600, 12},
		{"neither", 10 * time.Millisecond, 1200, 12},
		{"hardly free", 4 * time.Millisecond, 60, 12},
		{"free for long", 4 * time.Millisecond, 1200, 6},
	} {
		got := 0
		for range step.n {
			got = h.note(step.took, o)
		}
		if got != step.want {
			t.Errorf("%s: speed %d, want %d", step.name, got, step.want)
		}
	}
}
