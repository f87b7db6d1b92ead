package relay

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
)

// maxLine is the longest line of the relay's log that is kept, in bytes.
const maxLine = 8 << 10

// lines passes the relay's log on to ours, line by line. A line that held the
// relay's secret would be left out.
type lines struct {
	log    *slog.Logger
	secret string
	rest   []byte // a line that has not ended; owned by the one goroutine that writes
}

// secretOf is the secret in "id: secret".
func secretOf(keys string) string {
	_, secret, _ := strings.Cut(keys, ": ")
	return secret
}

func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte{'\n'})
		if !whole {
			break
		}
		l.say(line)
		l.rest = rest
	}
	if len(l.rest) > maxLine {
		l.say(l.rest[:maxLine])
		l.rest = nil
	}
	l.rest = bytes.Clone(l.rest)
	return len(p), nil
}

// say logs one line: the relay's errors as warnings, all else for those who debug.
func (l *lines) say(line []byte) {
	if l.secret != "" && bytes.Contains(line, []byte(l.secret)) {
		l.log.Warn("relay: a line that held a secret was left out")
		return
	}
	var entry struct {
		Level string `json:"level"`
		Msg   string `json:"msg"`
	}
	if json.Unmarshal(line, &entry) == nil && entry.Level == "error" {
		l.log.Warn("relay: "+entry.Msg, "line", string(line))
		return
	}
	l.log.Debug("relay", "line", string(line))
}
