package rehearsal

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor time in /proc: 1/100 s on every Linux system.
const tick = 10 * time.Millisecond

// used returns the processor time that a process and its ended children have
// used, and the most memory it has held, in bytes (proc(5)).
func used(pid int) (cpu time.Duration, rss uint64, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	// The second field, the name, is in brackets and may hold anything.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, 0, fmt.Errorf("rehearsal: cannot read /proc/%d/stat", pid)
	}
	for _, f := range fields[11:13] { // utime, stime
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, 0, err
		}
		cpu += time.Duration(n) * tick
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseUint(strings.Fields(text)[0], 10, 64)
			return cpu, kb * 1024, err
		}
	}
	return cpu, 0, nil
}

// children returns the processes that pid's threads have started, by name.
func children(pid int) (map[string]int, error) {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil, err
	}
	found := map[string]int{}
	for _, file := range lists {
		list, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, f := range strings.Fields(string(list)) {
			child, err := strconv.Atoi(f)
			if err != nil {
				return nil, err
			}
			name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", child))
			if err == nil {
				found[strings.TrimSpace(string(name))] = child
			}
		}
	}
	return found, nil
}
