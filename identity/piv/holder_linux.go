package piv

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// suspects returns the names of the processes, other than this one and the
// service, that have the PC/SC library loaded, as far as we may look.
func suspects() (names []string) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	self := strconv.Itoa(os.Getpid())
	for _, dir := range dirs {
		if filepath.Base(dir) == self {
			continue
		}
		maps, err := os.ReadFile(filepath.Join(dir, "maps"))
		if err != nil || !bytes.Contains(maps, []byte("/libpcsclite.so")) {
			continue
		}
		if name, err := os.ReadFile(filepath.Join(dir, "comm")); err == nil {
			names = append(names, strings.TrimSpace(string(name)))
		}
	}
	return names
}
