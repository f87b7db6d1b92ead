//go:build !linux

package rehearsal

import (
	"errors"
	"time"
)

var errUsage = errors.New("rehearsal: processor time and memory are read on Linux only")

func used(int) (time.Duration, uint64, error) { return 0, 0, errUsage }

func children(int) (map[string]int, error) { return nil, errUsage }
