package rehearsal

import (
	"bufio"
	"io"
)

// A hand is at the own card, which is in to begin with.
type hand struct {
	pull   func()
	insert func() error
}

// obey pulls the card at the first line, puts it in at the next, and so on.
func (h hand) obey(in io.Reader, failed func(error)) {
	out := false
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if !out {
			h.pull()
			out = true
		} else if err := h.insert(); err != nil {
			failed(err)
		} else {
			out = false
		}
	}
}
