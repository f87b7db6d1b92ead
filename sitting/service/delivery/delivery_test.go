package delivery

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"incamera/sitting"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if crashed() {
		return
	}
	// The client of NATS leaves one behind where a blob is put faster than it begins.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect"))
}

func open(t *testing.T, dir string) *Delivery {
	t.Helper()
	d, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// entries reads n entries of the sitting from the place from.
func entries(ctx context.Context, t *testing.T, d *Delivery, from uint64, n int) []string {
	t.Helper()
	var got []string
	for s, err := range d.Follow(ctx, "budget", from) {
		if err != nil {
			t.Fatal(err)
		}
		if want := from + uint64(len(got)); s.Seq != want {
			t.Fatalf("entry %d where %d was due", s.Seq, want)
		}
		if got = append(got, string(s.Bytes)); len(got) == n {
			break
		}
	}
	return got
}

func TestOrder(t *testing.T) {
	ctx, d := within(t), open(t, t.TempDir())
	if last, err := d.Last(ctx, "budget"); last != 0 || err != nil {
		t.Errorf("Last of nothing = %d, %v", last, err)
	}
	for i := range uint64(5) {
		if seq, err := d.Append(ctx, "budget", fmt.Appendf(nil, "entry %d", i+1), i); seq != i+1 || err != nil {
			t.Fatalf("Append = %d, %v, want %d", seq, err, i+1)
		}
	}
	for _, last := range []uint64{0, 4, 6} {
		if _, err := d.Append(ctx, "budget", []byte("late"), last); !errors.Is(err, ErrMoved) {
			t.Errorf("Append after %d = %v, want ErrMoved", last, err)
		}
	}
	if last, err := d.Last(ctx, "budget"); last != 5 || err != nil {
		t.Errorf("Last = %d, %v, want 5", last, err)
	}
	if got := entries(ctx, t, d, 4, 2); got[0] != "entry 4" || got[1] != "entry 5" {
		t.Errorf("entries = %q", got)
	}
	if _, err := d.Append(ctx, "budget", make([]byte, MaxEntry+1), 5); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Append of too much = %v", err)
	}
	if _, err := d.Append(ctx, "budget", make([]byte, MaxEntry), 5); err != nil {
		t.Errorf("Append of the largest = %v", err)
	}
}

func TestFollowGoesOn(t *testing.T) {
	ctx, d := within(t), open(t, t.TempDir())
	if _, err := d.Append(ctx, "budget", []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	seen := make(chan Stored)
	done := make(chan error, 1)
	following, stop := context.WithCancel(ctx)
	go func() {
		for s, err := range d.Follow(following, "budget", 1) {
			if err != nil {
				done <- err
				return
			}
			seen <- s
		}
	}()
	for seq := uint64(1); seq <= 4; seq++ {
		if s := <-seen; s.Seq != seq {
			t.Fatalf("saw %d, want %d", s.Seq, seq)
		}
		if _, err := d.Append(ctx, "budget", []byte("more"), seq); err != nil {
			t.Fatal(err)
		}
	}
	<-seen
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Follow ended with %v", err)
	}
}

func TestSittings(t *testing.T) {
	ctx, d := within(t), open(t, t.TempDir())
	if ids, err := d.Sittings(ctx); len(ids) != 0 || err != nil {
		t.Errorf("Sittings of nothing = %v, %v", ids, err)
	}
	for _, id := range []sitting.ID{"estimates-2", "budget"} {
		if _, err := d.Append(ctx, id, []byte("1"), 0); err != nil {
			t.Fatal(err)
		}
	}
	ids, err := d.Sittings(ctx)
	if err != nil || fmt.Sprint(ids) != "[budget estimates-2]" {
		t.Errorf("Sittings = %v, %v", ids, err)
	}
}

func TestBlobs(t *testing.T) {
	ctx, d := within(t), open(t, t.TempDir())
	blob := bytes.Repeat([]byte("tree "), MaxBlob/5)
	hash := sha256.Sum256(blob)
	if _, err := d.GetBlob(ctx, "budget", hash); !errors.Is(err, ErrNoBlob) {
		t.Errorf("GetBlob before any = %v", err)
	}
	for range 2 {
		if err := d.PutBlob(ctx, "budget", hash, blob); err != nil {
			t.Fatal(err)
		}
	}
	got, err := d.GetBlob(ctx, "budget", hash)
	if err != nil || !bytes.Equal(got, blob) {
		t.Errorf("GetBlob = %d bytes, %v", len(got), err)
	}
	if _, err := d.GetBlob(ctx, "budget", [32]byte{1}); !errors.Is(err, ErrNoBlob) {
		t.Errorf("GetBlob of another = %v", err)
	}
	if _, err := d.GetBlob(ctx, "estimates", hash); !errors.Is(err, ErrNoBlob) {
		t.Errorf("GetBlob of another sitting's = %v", err)
	}
	if err := d.PutBlob(ctx, "budget", [32]byte{1}, blob); !errors.Is(err, ErrHash) {
		t.Errorf("PutBlob under a wrong hash = %v", err)
	}
	if err := d.PutBlob(ctx, "budget", hash, make([]byte, MaxBlob+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("PutBlob of too much = %v", err)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	if _, err := Open(Options{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("second Open = %v, want ErrInUse", err)
	}
}

// What could not be kept once is no failure, nor is what the caller gave up; a
// stream that keeps nothing any more is.
func TestFailed(t *testing.T) {
	d, err := Open(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	fails := func(ctx context.Context, want bool) {
		t.Helper()
		if _, err := d.Append(ctx, "budget", []byte("y"), 1); err == nil {
			t.Fatal("appended")
		}
		if err := d.Failed(); errors.Is(err, ErrStopped) != want {
			t.Errorf("Failed = %v", err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 {
		fails(gone, false)
	}
	fails(t.Context(), false) // there is no stream yet
	if _, err := d.Append(t.Context(), "budget", []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	if err := d.js.DeleteStream(t.Context(), streamPrefix+"budget"); err != nil {
		t.Fatal(err)
	}
	fails(t.Context(), false)
	fails(t.Context(), true)
}

// A folder in which nothing can be kept is said to be so.
func TestNoRoom(t *testing.T) {
	if err := probe(filepath.Join(t.TempDir(), "none", "probe")); err == nil {
		t.Error("kept in a folder that is not there")
	}
}
