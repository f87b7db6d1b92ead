package engine

import (
	"testing"
	"time"
)

func TestThrift(t *testing.T) {
	now := time.UnixMilli(1_000_000)
	var f thrift
	if f.share() != 1 {
		t.Errorf("share %v at first", f.share())
	}
	for _, step := range []struct {
		name string
		lost float64
		n    int
		want float64
	}{
		{"nothing lost", 0, 5, 1},
		{"a little lost", 0.05, 5, 1},
		{"much lost", 0.2, 1, 0.9},
		{"a little lost again", 0.05, 5, 0.9},
		{"nearly all lost", 0.9, 10, 0.2},
		{"nothing lost any more", 0, 30, 1},
	} {
		for range step.n {
			f.note(step.lost, now)
			f.note(step.lost, now.Add(shareEvery/2)) // too soon
			now = now.Add(shareEvery)
		}
		if got := f.share(); got != step.want {
			t.Errorf("%s: share %v, want %v", step.name, got, step.want)
		}
	}
}
