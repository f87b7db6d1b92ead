package client

import (
	"fmt"
	"io"
	"log/slog"
)

// NewLog logs to w; nothing that is logged anywhere holds a secret. On a
// shared machine no words are logged that could be a member's: of what comes
// with a message numbers stay, and of an error its type.
func NewLog(w io.Writer, level slog.Level, shared bool) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if shared {
		o.ReplaceAttr = wordless
	}
	return slog.New(slog.NewTextHandler(w, o))
}

func wordless(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
		return a
	}
	switch a.Value.Kind() {
	case slog.KindBool, slog.KindDuration, slog.KindInt64, slog.KindUint64, slog.KindFloat64, slog.KindTime:
		return a
	}
	if err, ok := a.Value.Any().(error); ok {
		return slog.String(a.Key, fmt.Sprintf("%T", err))
	}
	return slog.Attr{}
}
