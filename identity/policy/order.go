package policy

import (
	"cmp"
	"strconv"
	"strings"
)

// What the sources of some systems need; kept apart so that it is tested on all.

// byNumber orders "2" before "10", and what is no number after all numbers.
func byNumber(a, b string) int {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	switch {
	case errX == nil && errY == nil:
		return cmp.Compare(x, y)
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

// anys is texts as sources hold lists.
func anys(texts []string) []any {
	out := make([]any, len(texts))
	for i, text := range texts {
		out[i] = text
	}
	return out
}

// forced drops what macOS itself writes among managed preferences.
func forced(values map[string]any) map[string]any {
	for name := range values {
		if strings.HasPrefix(name, "Payload") || strings.HasPrefix(name, "_") {
			delete(values, name)
		}
	}
	return values
}
