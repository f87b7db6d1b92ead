package ordercmd

import (
	"fmt"
	"path/filepath"
	"strings"

	"incamera/sitting"
)

// A source is an order's file, to say on which line something is.
type source struct {
	name  string
	lines []string
}

func newSource(name string, text []byte) source {
	return source{filepath.Base(name), strings.Split(string(text), "\n")}
}

// at says what is wrong on a line, as compilers do.
func (s source) at(line int, what string) error {
	return fmt.Errorf("%s:%d: %s", s.name, line, what)
}

// wrong says what is wrong with an order, on the line of the field.
func (s source) wrong(e *sitting.OrderError) error {
	fields := []string{e.Field}
	if e.Field == "cards" {
		fields = append(fields, "card") // either will do
	}
	return s.at(s.find(e.At, fields...), e.What)
}

// find returns the line of a field: of the place on the roster, or, for -1, of
// the order itself. A field that is not there is missed where its table begins.
func (s source) find(at int, fields ...string) int {
	table, place, began := "", -1, 1
	for i, text := range s.lines {
		text = strings.TrimSpace(text)
		if strings.HasPrefix(text, "[") {
			table = strings.TrimSpace(strings.Trim(strings.SplitN(text, "#", 2)[0], " \t[]"))
			if table == "roster" {
				place++
			}
			if at >= 0 && table == "roster" && place == at || at < 0 && table == fields[0] && began == 1 {
				began = i + 1
			}
			continue
		}
		key, _, isKey := strings.Cut(text, "=")
		here := at < 0 && table == "" || at >= 0 && table == "roster" && place == at
		for _, f := range fields {
			if isKey && here && strings.Trim(strings.TrimSpace(key), `"'`) == f {
				return i + 1
			}
		}
	}
	return began
}

// stray returns the line of a key that has no place in an order.
func (s source) stray(key string) int {
	for i, text := range s.lines {
		text = strings.TrimSpace(text)
		left, _, _ := strings.Cut(text, "=")
		if strings.Trim(strings.TrimSpace(left), `[]"'`) == key {
			return i + 1
		}
	}
	return 1
}
