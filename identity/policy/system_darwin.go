package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
)

// Where configuration profiles put what they force, see CFPreferences.
const (
	managedDir = "/Library/Managed Preferences"
	domain     = "ca.incamera.client.plist" // the identifier in FyneApp.toml
)

// system reads what is forced for the machine, then for the user: the machine
// wins. What a person has set with defaults(1) is not policy and is not read.
func system() ([]Source, error) {
	places := []string{filepath.Join(managedDir, domain)}
	if u, err := user.Current(); err == nil && u.Username != "" {
		places = append(places, filepath.Join(managedDir, u.Username, domain))
	}
	var sources []Source
	for _, place := range places {
		data, err := os.ReadFile(place)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("policy: %w", err)
		}
		values, err := parsePlist(data)
		if err != nil {
			return nil, fmt.Errorf("policy: %s: %w", place, err)
		}
		sources = append(sources, Source{Name: place, Values: forced(values)})
	}
	return sources, nil
}
