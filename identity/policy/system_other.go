//go:build !windows && !darwin

package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// systemFile is where a House sets policy on Linux.
const systemFile = "/etc/incamera/policy.toml"

func system() ([]Source, error) {
	for _, path := range []string{filepath.Dir(systemFile), systemFile} {
		if err := onlyRootWrites(path); err != nil {
			return nil, err
		}
	}
	return fileIfAny(systemFile)
}

// onlyRootWrites refuses a policy, or the folder of one, that somebody else
// than the system's administrator can change. What is not there is right.
func onlyRootWrites(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	return mayBelieve(path, info.Mode(), !ok || owner.Uid == 0)
}

func mayBelieve(path string, mode fs.FileMode, ofRoot bool) error {
	if !ofRoot {
		return fmt.Errorf("policy: %s does not belong to root", path)
	}
	if mode.Perm()&0o022 != 0 {
		return fmt.Errorf("policy: %s can be written by others than root", path)
	}
	return nil
}
