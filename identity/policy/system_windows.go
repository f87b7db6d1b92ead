package policy

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/windows/registry"
)

// registryPath is where group policy and device management write.
const registryPath = `Software\Policies\Incamera`

// system reads the machine's hive, then the user's: the machine wins.
func system() ([]Source, error) {
	var sources []Source
	for _, hive := range []struct {
		key  registry.Key
		name string
	}{
		{registry.LOCAL_MACHINE, `HKEY_LOCAL_MACHINE\` + registryPath},
		{registry.CURRENT_USER, `HKEY_CURRENT_USER\` + registryPath},
	} {
		values, err := readHive(hive.key)
		if err != nil {
			return nil, fmt.Errorf("policy: %s: %w", hive.name, err)
		}
		if values != nil {
			sources = append(sources, Source{Name: hive.name, Values: values})
		}
	}
	return sources, nil
}

// readHive returns nil when hive holds no policy of ours.
func readHive(hive registry.Key) (map[string]any, error) {
	key, err := registry.OpenKey(hive, registryPath, registry.READ)
	if errors.Is(err, registry.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	values, err := readKey(key)
	if err != nil {
		return nil, errors.Join(err, key.Close())
	}
	return values, key.Close()
}

// readKey reads plain values, and subkeys as lists: administrative templates
// write a list as a subkey with the values 1, 2, 3, ….
func readKey(key registry.Key) (map[string]any, error) {
	names, err := key.ReadValueNames(-1)
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	for _, name := range names {
		if values[name], err = readValue(key, name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	lists, err := key.ReadSubKeyNames(-1)
	if err != nil {
		return nil, err
	}
	for _, name := range lists {
		if _, twice := values[name]; twice {
			return nil, fmt.Errorf("%s is there both as a value and as a list", name)
		}
		if values[name], err = readList(key, name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return values, nil
}

func readValue(key registry.Key, name string) (any, error) {
	_, kind, err := key.GetValue(name, nil)
	if err != nil {
		return nil, err
	}
	switch kind {
	case registry.SZ:
		text, _, err := key.GetStringValue(name)
		return text, err
	case registry.EXPAND_SZ: // %ProgramData%\Incamera\house.pem
		text, _, err := key.GetStringValue(name)
		if err != nil {
			return nil, err
		}
		return registry.ExpandString(text)
	case registry.MULTI_SZ:
		texts, _, err := key.GetStringsValue(name)
		return anys(texts), err
	case registry.DWORD, registry.QWORD:
		n, _, err := key.GetIntegerValue(name)
		return int64(n), err
	}
	return nil, fmt.Errorf("a registry value of type %d", kind)
}

// readList reads the values of a subkey in the order of their names' numbers.
func readList(parent registry.Key, name string) (any, error) {
	key, err := registry.OpenKey(parent, name, registry.READ)
	if err != nil {
		return nil, err
	}
	texts, err := listTexts(key)
	if err != nil {
		return nil, errors.Join(err, key.Close())
	}
	return anys(texts), key.Close()
}

func listTexts(key registry.Key) ([]string, error) {
	names, err := key.ReadValueNames(-1)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(names, byNumber)
	var texts []string
	for _, name := range names {
		text, _, err := key.GetStringValue(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		texts = append(texts, text)
	}
	return texts, nil
}
