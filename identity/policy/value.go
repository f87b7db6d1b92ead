package policy

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// maxFile bounds files that policy names.
const maxFile = 4 << 20

// A value is what a source holds under a key, before its rule is applied.
// Sources differ in what they can hold: the registry has numbers for switches,
// a template may write a list of one as a text.
type value struct {
	raw any
	dir string
}

func (v value) text() (string, error) {
	if s, ok := v.raw.(string); ok {
		return strings.TrimSpace(s), nil
	}
	return "", fmt.Errorf("%s is not a text", v.kind())
}

func (v value) boolean() (bool, error) {
	switch raw := v.raw.(type) {
	case bool:
		return raw, nil
	case int64:
		if raw == 0 || raw == 1 {
			return raw == 1, nil
		}
	case string:
		switch raw {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
	}
	return false, fmt.Errorf("%s is neither true nor false", v.kind())
}

func (v value) list() ([]string, error) {
	switch raw := v.raw.(type) {
	case string:
		return []string{strings.TrimSpace(raw)}, nil
	case []any:
		var out []string
		for _, item := range raw {
			text, err := value{raw: item}.text()
			if err != nil {
				return nil, err
			}
			out = append(out, text)
		}
		return out, nil
	}
	return nil, fmt.Errorf("%s is not a list of texts", v.kind())
}

// kind says what was found, in words.
func (v value) kind() string {
	switch raw := v.raw.(type) {
	case string:
		return fmt.Sprintf("%q", raw)
	case bool, int64, float64:
		return fmt.Sprint(raw)
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return "this value"
}

// certificates gathers PEM from files and from texts that are PEM themselves,
// and checks that each holds certificates and nothing else.
func (v value) certificates() ([]byte, error) {
	list, err := v.list()
	if err != nil {
		return nil, err
	}
	var all []byte
	for _, item := range list {
		text, name, err := v.open(item)
		if err != nil {
			return nil, err
		}
		if err := checkPEM(text); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(append(all, bytes.TrimSpace(text)...), '\n')
	}
	if len(all) == 0 {
		return nil, errors.New("no certificate")
	}
	return all, nil
}

// open returns the PEM that item is or names, and what to call it.
func (v value) open(item string) (text []byte, name string, err error) {
	if strings.HasPrefix(item, "-----BEGIN") {
		return []byte(item), "the text", nil
	}
	if !filepath.IsAbs(item) {
		if v.dir == "" {
			return nil, "", fmt.Errorf("file %q: its name must be absolute", item)
		}
		item = filepath.Join(v.dir, item)
	}
	text, err = readFile(item)
	return text, item, err
}

// readFile reads a regular file of a sensible size.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("file %q: %w", name, plain(err))
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("file %q is not an ordinary file of at most %d bytes", name, maxFile)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("file %q: %w", name, plain(err))
	}
	return text, nil
}

// plain drops the name that package os puts in front.
func plain(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

func checkPEM(text []byte) error {
	n := 0
	for rest := text; ; n++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			if bytes.Contains(rest, []byte("-----BEGIN")) {
				return errors.New("a certificate is cut off")
			}
			break
		}
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("a %q among the certificates", block.Type)
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return err
		}
	}
	if n == 0 {
		return errors.New("no certificate in PEM")
	}
	return nil
}
