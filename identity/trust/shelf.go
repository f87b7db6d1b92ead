package trust

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A shelf keeps lists and answers on disk, one file each, whose time of
// change is when it was asked for. What is taken from it is judged like what
// comes from the network, so nobody gains by writing there; at worst it must
// be fetched again. A shelf without a directory keeps nothing.
type shelf struct{ dir string }

// take returns what is kept under name, nil if nothing is.
func (s shelf) take(name string) ([]byte, time.Time, error) {
	if s.dir == "" {
		return nil, time.Time{}, nil
	}
	path := filepath.Join(s.dir, name)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	if info.Size() > maxList {
		return nil, time.Time{}, errors.New("the file is too long")
	}
	der, err := os.ReadFile(path)
	return der, info.ModTime(), err
}

// put keeps der under name: whole or not at all.
func (s shelf) put(name string, der []byte, asked time.Time) error {
	if s.dir == "" {
		return nil
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(s.dir, name+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(der)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Chtimes(f.Name(), asked, asked)
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(s.dir, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
