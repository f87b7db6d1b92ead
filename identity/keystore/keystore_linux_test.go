package keystore_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"incamera/identity/identitytest"
	"incamera/identity/keystore"
)

// keyring runs a keyring of its own on a bus of its own for the time of a
// test, unlocked, and returns the directory that it writes to.
func keyring(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_DATA_HOME", home+"/data")
	t.Setenv("XDG_RUNTIME_DIR", home)
	bus := run(t, "", "dbus-daemon", "--session", "--nofork", "--print-address=1")
	address, _, err := bufio.NewReader(bus).ReadLine()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", string(address))
	run(t, "a password", "gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
	// Whoever asks a keyring that is not there yet has the bus start another.
	await(t, "boolean true", "org.freedesktop.DBus", "/org/freedesktop/DBus",
		"org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets")
	await(t, "boolean false", "org.freedesktop.secrets", "/org/freedesktop/secrets/collection/login",
		"org.freedesktop.DBus.Properties.Get", "string:org.freedesktop.Secret.Collection", "string:Locked")
	return home
}

// await asks over the bus until it is answered so.
func await(t *testing.T, answer, who string, what ...string) {
	t.Helper()
	for range 200 {
		ask := exec.Command("dbus-send", append([]string{"--session", "--print-reply", "--dest=" + who}, what...)...)
		if out, err := ask.Output(); err == nil && bytes.Contains(out, []byte(answer)) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s never says %s", what[1], answer)
}

// run starts a program for the time of the test and returns what it writes.
func run(t *testing.T, input, program string, args ...string) io.Reader {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	return out
}

func open(t *testing.T, shared bool) keystore.Store {
	t.Helper()
	s, err := keystore.Open(t.Context(), shared)
	for i := 0; errors.Is(err, keystore.ErrUnavailable) && i < 100; i++ { // the keyring comes up
		time.Sleep(20 * time.Millisecond)
		s, err = keystore.Open(t.Context(), shared)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSecretService(t *testing.T) {
	keyring(t)
	lasting := open(t, false)
	identitytest.TestStore(t, func(*testing.T) identitytest.Store { return lasting })
	if err := lasting.Set(t.Context(), "test/one", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, false).Get(t.Context(), "test/one")
	if err != nil || string(got) != "kept" {
		t.Errorf("Get from another store = %q, %v", got, err)
	}
}

// On a shared PC nothing is left in the keyring when the store is closed, and
// nothing is ever written to the disk.
func TestSecretServiceShared(t *testing.T) {
	home := keyring(t)
	identitytest.TestStore(t, func(t *testing.T) identitytest.Store { return open(t, true) })
	s := open(t, true)
	if err := s.Set(t.Context(), "marker/name", []byte("marker value")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, true)
	if got, err := again.Get(t.Context(), "marker/name"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Close: Get = %q, %v; want nothing", got, err)
	}
	err := fs.WalkDir(os.DirFS(home), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(home + "/" + path)
		if bytes.Contains(b, []byte("marker")) {
			t.Errorf("%s holds what was kept", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A locked keyring asks to be unlocked; the caller can stop waiting for that.
func TestSecretServiceLocked(t *testing.T) {
	keyring(t)
	s := open(t, false)
	if err := s.Set(t.Context(), "test/one", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	lock := exec.Command("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.secrets",
		"/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock",
		"array:objpath:/org/freedesktop/secrets/aliases/default")
	if out, err := lock.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := s.Get(ctx, "test/one")
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, keystore.ErrLocked) {
		t.Errorf("Get from a locked keyring = %v", err)
	}
	shared := open(t, true)
	if err := shared.Set(t.Context(), "test/one", []byte("kept")); err != nil {
		t.Errorf("the session collection is locked, too: %v", err)
	}
}

func TestNoSecretService(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
	if _, err := keystore.Open(t.Context(), false); !errors.Is(err, keystore.ErrUnavailable) {
		t.Errorf("Open = %v, want ErrUnavailable", err)
	}
	s, err := keystore.Open(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	identitytest.TestStore(t, func(*testing.T) identitytest.Store { return s })
}
