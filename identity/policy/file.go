package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/BurntSushi/toml"
)

// Load reads the policy of this workstation. With a path, it is that TOML file
// alone, which must exist; without, the system's own places, all of which may
// be empty.
func Load(path string) (*Policy, error) {
	if path != "" {
		source, err := File(path)
		if err != nil {
			return nil, err
		}
		return Read(source)
	}
	sources, err := system()
	if err != nil {
		return nil, err
	}
	return Read(sources...)
}

// File reads a TOML file. Relative file names in it start from where it lies.
func File(path string) (Source, error) {
	text, err := readFile(path)
	if err != nil {
		return Source{}, fmt.Errorf("policy: %w", err)
	}
	values := map[string]any{}
	if _, err := toml.Decode(string(text), &values); err != nil {
		return Source{}, fmt.Errorf("policy: %s: %w", path, err)
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return Source{}, fmt.Errorf("policy: %s: %w", path, err)
	}
	return Source{Name: path, Dir: filepath.Dir(whole), Values: values}, nil
}

// fileIfAny is [File] for a place that may be empty.
func fileIfAny(path string) ([]Source, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	source, err := File(path)
	if err != nil {
		return nil, err
	}
	return []Source{source}, nil
}
