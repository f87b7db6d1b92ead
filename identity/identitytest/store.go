package identitytest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"sync"
	"testing"
)

// A Store keeps values by name, as identity/keystore's does.
type Store interface {
	Get(ctx context.Context, name string) ([]byte, error)
	Set(ctx context.Context, name string, value []byte) error
	Delete(ctx context.Context, name string) error
}

// TestStore checks what every keystore promises. open returns a store that can
// be written to; what it keeps under names that begin with "test/" is lost.
func TestStore(t *testing.T, open func(*testing.T) Store) {
	for _, tt := range []struct {
		name string
		test func(*testing.T, Store)
	}{
		{"keeps", testKeeps},
		{"keeps apart", testKeepsApart},
		{"replaces", testReplaces},
		{"forgets", testDeletes},
		{"keeps any bytes", testKeepsBytes},
		{"does not share memory", testOwns},
		{"takes calls from many goroutines", testStoreConcurrently},
		{"ended context", testStoreEnded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t)
			for _, name := range []string{"test/one", "test/two", "test/Ünïcödé \"'/"} {
				if err := s.Delete(t.Context(), name); err != nil {
					t.Fatal(err)
				}
			}
			tt.test(t, s)
		})
	}
}

func set(t *testing.T, s Store, name string, value []byte) {
	t.Helper()
	if err := s.Set(t.Context(), name, value); err != nil {
		t.Fatalf("Set: %v", err)
	}
}

func get(t *testing.T, s Store, name string, want []byte) {
	t.Helper()
	got, err := s.Get(t.Context(), name)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("Get = %q, %v; want %q", got, err, want)
	}
}

func absent(t *testing.T, s Store, name string) {
	t.Helper()
	if got, err := s.Get(t.Context(), name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Get = %q, %v; want fs.ErrNotExist", got, err)
	}
}

func testKeeps(t *testing.T, s Store) {
	absent(t, s, "test/one")
	set(t, s, "test/one", []byte("value"))
	get(t, s, "test/one", []byte("value"))
	get(t, s, "test/one", []byte("value"))
}

func testKeepsApart(t *testing.T, s Store) {
	set(t, s, "test/one", []byte("1"))
	set(t, s, "test/two", []byte("2"))
	set(t, s, "test/Ünïcödé \"'/", []byte("3"))
	get(t, s, "test/one", []byte("1"))
	get(t, s, "test/two", []byte("2"))
	get(t, s, "test/Ünïcödé \"'/", []byte("3"))
}

func testReplaces(t *testing.T, s Store) {
	set(t, s, "test/one", []byte("a longer value"))
	set(t, s, "test/one", []byte("short"))
	get(t, s, "test/one", []byte("short"))
}

func testDeletes(t *testing.T, s Store) {
	set(t, s, "test/one", []byte("value"))
	for range 2 {
		if err := s.Delete(t.Context(), "test/one"); err != nil {
			t.Errorf("Delete: %v", err)
		}
		absent(t, s, "test/one")
	}
}

func testKeepsBytes(t *testing.T, s Store) {
	all := make([]byte, 2048)
	for i := range all {
		all[i] = byte(i * 7)
	}
	for _, value := range [][]byte{{}, {0}, []byte("\x00\xff\n"), all} {
		set(t, s, "test/one", value)
		get(t, s, "test/one", value)
	}
	get(t, s, "test/one", all)
	if err := s.Set(t.Context(), "test/one", append(all, 0)); err == nil {
		t.Error("Set takes more than 2,048 bytes")
	}
	get(t, s, "test/one", all)
}

func testOwns(t *testing.T, s Store) {
	value := []byte("value")
	set(t, s, "test/one", value)
	clear(value)
	got, err := s.Get(t.Context(), "test/one")
	if err != nil {
		t.Fatal(err)
	}
	clear(got)
	get(t, s, "test/one", []byte("value"))
}

func testStoreConcurrently(t *testing.T, s Store) {
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			set := s.Set(t.Context(), "test/one", []byte("value"))
			got, err := s.Get(t.Context(), "test/one")
			if set != nil || err != nil || string(got) != "value" {
				t.Errorf("Set = %v; Get = %q, %v", set, got, err)
			}
		})
	}
	all.Wait()
}

func testStoreEnded(t *testing.T, s Store) {
	why := errors.New("the window is closed")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	_, got := s.Get(ctx, "test/one")
	for _, err := range []error{got, s.Set(ctx, "test/one", nil), s.Delete(ctx, "test/one")} {
		if !errors.Is(err, why) {
			t.Errorf("with an ended context: %v, want %v", err, why)
		}
	}
}
