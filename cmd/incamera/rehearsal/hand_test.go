package rehearsal

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestHand(t *testing.T) {
	var did []string
	fails := true
	h := hand{
		pull: func() { did = append(did, "pull") },
		insert: func() error {
			did = append(did, "insert")
			if fails {
				fails = false
				return errors.New("the reader has gone")
			}
			return nil
		},
	}
	var failed []error
	h.obey(strings.NewReader(strings.Repeat("\n", 4)), func(err error) { failed = append(failed, err) })
	if want := []string{"pull", "insert", "insert", "pull"}; !slices.Equal(did, want) || len(failed) != 1 {
		t.Errorf("did %q, failed %v; want %q and one failure", did, failed, want)
	}
}
