package main

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"incamera/identity"
)

func TestFirstLine(t *testing.T) {
	for in, want := range map[string]string{"123456\nmore": "123456", "123456\r\n": "123456", "\n": ""} {
		r := strings.NewReader(in)
		got, err := firstLine(iotest.OneByteReader(r))
		if err != nil || string(got) != want {
			t.Errorf("firstLine(%q) = %q, %v", in, got, err)
		}
		if rest := strings.SplitAfterN(in, "\n", 2)[1]; r.Len() != len(rest) {
			t.Errorf("firstLine(%q) leaves %d bytes, want %q", in, r.Len(), rest)
		}
	}
	for in, want := range map[string]error{"123456": identity.ErrCancelled, "": identity.ErrCancelled, strings.Repeat("1", 100): identity.ErrPINFormat} {
		if got, err := firstLine(strings.NewReader(in)); !errors.Is(err, want) || got != nil {
			t.Errorf("firstLine(%q) = %q, %v; want %v", in, got, err, want)
		}
	}
}
