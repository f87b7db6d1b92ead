//go:build !windows && !darwin

package policy

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestWhoseFile(t *testing.T) {
	for _, c := range []struct {
		mode   fs.FileMode
		ofRoot bool
		good   bool
	}{
		{0o644, true, true},
		{0o600, true, true},
		{0o755 | fs.ModeDir, true, true},
		{0o644, false, false},
		{0o664, true, false},
		{0o666, true, false},
		{0o777 | fs.ModeDir, true, false},
	} {
		if err := mayBelieve("policy.toml", c.mode, c.ofRoot); (err == nil) != c.good {
			t.Errorf("%v, of root %v: %v", c.mode, c.ofRoot, err)
		}
	}
}

func TestWhoseRealFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.toml")
	if err := onlyRootWrites(path); err != nil {
		t.Errorf("nothing is there: %v", err)
	}
	write(t, path, "")
	if err := onlyRootWrites(path); (err == nil) != (os.Getuid() == 0) {
		t.Errorf("a file of user %d: %v", os.Getuid(), err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := onlyRootWrites(path); err == nil {
		t.Error("a file that all can write was believed")
	}
}

// A place that is empty is no policy; one that cannot be read is an error.
func TestEmptyPlace(t *testing.T) {
	dir := t.TempDir()
	if sources, err := fileIfAny(filepath.Join(dir, "policy.toml")); len(sources) != 0 || err != nil {
		t.Errorf("%v, %v", sources, err)
	}
	write(t, filepath.Join(dir, "policy.toml"), "shared = true")
	if sources, err := fileIfAny(filepath.Join(dir, "policy.toml")); len(sources) != 1 || err != nil {
		t.Errorf("%v, %v", sources, err)
	}
	write(t, filepath.Join(dir, "policy.toml"), "shared =")
	if _, err := fileIfAny(filepath.Join(dir, "policy.toml")); err == nil {
		t.Error("a damaged file was taken for none")
	}
}
