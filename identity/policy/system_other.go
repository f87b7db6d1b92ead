//go:build !windows && !darwin

package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// systemFile is where a House sets policy on Linux.
const systemFile = "/etc/incamera/policy.toml"

func system() ([]Source, error) {
	if err := onlyRootWrites(systemFile); err != nil {
		return nil, err
	}
	return fileIfAny(systemFile)
}

// onlyRootWrites refuses a policy that somebody else than the system's
// administrator can change.
func onlyRootWrites(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && owner.Uid != 0 {
		return fmt.Errorf("policy: %s does not belong to root", path)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("policy: %s can be written by others than root", path)
	}
	return nil
}
