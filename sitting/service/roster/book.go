package roster

import (
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"incamera/identity"
	"incamera/sitting"
	"incamera/sitting/wire"
)

// MaxOrder is the largest order that is read, in bytes.
const MaxOrder = wire.MaxOrder

// maxFiles is how many files of the directory are looked at.
const maxFiles = 10_000

// A Book is the orders in a directory: every file in it whose name does not
// begin with a dot. Files that come, change or go are noticed when the book is
// next asked. What is taken or refused is logged once, with the reason. Its methods may
// be called from any goroutine.
type Book struct {
	// Constant.
	dir    string
	open   Open
	verify Verify
	log    *slog.Logger

	// Guarded by mu.
	mu    sync.Mutex
	files map[string]page
	named []string               // the files in order of name
	begun map[sitting.ID]*Listed // orders of sittings that have begun
}

// A page is one file as it was last read.
type page struct {
	size    int64
	changed time.Time
	listed  *Listed // nil if it was refused
	again   time.Time
}

// retry is when a refused order is judged again: a card may become valid.
const retry = time.Minute

// NewBook returns the book of the orders in dir.
func NewBook(dir string, open Open, verify Verify, log *slog.Logger) *Book {
	return &Book{dir: dir, open: open, verify: verify, log: log, files: map[string]page{}, begun: map[sitting.ID]*Listed{}}
}

// Begin notes that the sitting of l has begun: whatever its file says from now
// on, it goes on by l, as long as there is a file for it.
func (b *Book) Begin(l *Listed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begun[l.Order.Sitting] = l
}

// Find returns the order of a sitting, or [ErrUnknown].
func (b *Book) Find(id sitting.ID, at time.Time) (*Listed, error) {
	all, err := b.read(at)
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		if l.Order.Sitting == id {
			return l, nil
		}
	}
	return nil, ErrUnknown
}

// Of returns the orders whose roster has person on it and that are not over.
func (b *Book) Of(person identity.Person, at time.Time) ([]*Listed, error) {
	all, err := b.read(at)
	if err != nil {
		return nil, err
	}
	var hers []*Listed
	for _, l := range all {
		if _, err := Match(l.Order, person); err == nil && !at.After(l.Order.Closes) {
			hers = append(hers, l)
		}
	}
	return hers, nil
}

// read brings the book up to date and returns its good orders, by name of
// file, one for each sitting.
func (b *Book) read(at time.Time) ([]*Listed, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.look(at); err != nil {
		return nil, err
	}
	var all []*Listed
	seen := map[sitting.ID]bool{}
	for _, name := range b.named {
		l := b.files[name].listed
		if l == nil || seen[l.Order.Sitting] {
			continue
		}
		if first := b.begun[l.Order.Sitting]; first != nil {
			l = first
		}
		all = append(all, l)
		seen[l.Order.Sitting] = true
	}
	return all, nil
}

// look reads the files that are new or have changed, and forgets those gone.
func (b *Book) look(at time.Time) error {
	entries, err := os.ReadDir(b.dir) // in order of name
	if err != nil {
		return fmt.Errorf("roster: %w", err)
	}
	seen := make(map[string]page, len(entries))
	taken := map[sitting.ID]*Listed{}
	b.named = b.named[:0]
	for _, e := range entries[:min(len(entries), maxFiles)] {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		p, err := b.page(e.Name(), at)
		if err == nil && p.listed != nil {
			err = claim(taken, p.listed)
			b.warn(e.Name(), p.listed)
		}
		if err != nil {
			b.log.Warn("an order was refused", "file", e.Name(), "error", err)
			p.listed = nil
		} else if old := b.files[e.Name()].listed; p.listed != nil && p.listed != old {
			b.log.Info("an order was taken", "file", e.Name(), "sitting", p.listed.Order.Sitting,
				"opens", p.listed.Order.Opens, "roster", len(p.listed.Order.Roster), "clerk", p.listed.Clerk)
		}
		seen[e.Name()] = p
		b.named = append(b.named, e.Name())
	}
	b.files = seen
	return nil
}

// warn says once of a file that it changes nothing: its sitting has begun.
func (b *Book) warn(file string, l *Listed) {
	first, old := b.begun[l.Order.Sitting], b.files[file].listed
	if first != nil && first.Order.Hash != l.Order.Hash && (old == nil || old.Order.Hash != l.Order.Hash) {
		b.log.Warn("an order came too late: its sitting has begun, and goes on by the order that it began with",
			"file", file, "sitting", l.Order.Sitting)
	}
}

// claim notes that l is its sitting's order, unless there is another.
func claim(taken map[sitting.ID]*Listed, l *Listed) error {
	if first := taken[l.Order.Sitting]; first != nil && first.Order.Hash != l.Order.Hash {
		return &DoubleError{Sitting: l.Order.Sitting}
	} else if first == nil {
		taken[l.Order.Sitting] = l
	}
	return nil
}

// page returns the file as it is now. The error says why it was refused just
// now; a page refused earlier comes without.
func (b *Book) page(name string, at time.Time) (page, error) {
	path := filepath.Join(b.dir, name)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return page{}, nil // gone already, or a folder
	}
	old, known := b.files[name]
	if known && old.size == info.Size() && old.changed.Equal(info.ModTime()) &&
		(old.listed != nil || at.Before(old.again)) {
		return old, nil
	}
	p := page{size: info.Size(), changed: info.ModTime(), again: at.Add(retry)}
	p.listed, err = b.judge(path, info, at)
	if known && old.listed == nil && old.changed.Equal(p.changed) && err != nil {
		return p, nil // as before
	}
	return p, err
}

func (b *Book) judge(path string, info fs.FileInfo, at time.Time) (*Listed, error) {
	if info.Size() > MaxOrder {
		return nil, ErrTooLarge
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("roster: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	signed, err := io.ReadAll(io.LimitReader(f, MaxOrder+1))
	if err != nil {
		return nil, fmt.Errorf("roster: %w", err)
	}
	if len(signed) > MaxOrder {
		return nil, ErrTooLarge
	}
	return Judge(signed, b.open, b.verify, at)
}
