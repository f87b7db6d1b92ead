package relay_test

import (
	"bytes"
	"context"
	"image"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"incamera/media"
	"incamera/media/relay"
	"incamera/media/relay/relaytest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what should take a second.
const patience = 20 * time.Second

var sizes = [relay.Layers]image.Point{{X: 320, Y: 180}, {X: 640, Y: 360}, {X: 1280, Y: 720}}

func dial(t *testing.T, ticket media.Ticket, o relay.Options) *relay.Link {
	t.Helper()
	o.Loopback, o.Sizes = true, sizes
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	l, err := relay.Dial(ctx, ticket, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// send writes sound and picture frames every 20 ms until the test ends. A
// frame says its layer after the clear byte.
func send(t *testing.T, l *relay.Link, key *[relay.Layers]atomic.Bool) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			at := time.Duration(n) * 20 * time.Millisecond
			_ = l.WriteSound([]byte("sealed sound"), at)
			for layer := range relay.Layers {
				clear := byte(1)
				if key[layer].Swap(false) {
					clear = 0
				}
				frame := append([]byte{clear, byte(layer)}, bytes.Repeat([]byte{byte(n)}, 700<<layer)...)
				_ = l.WritePicture(layer, n&1, n&1 == 1, frame, at)
			}
		}
	}()
}

// remote waits for a member's track.
func remote(t *testing.T, l *relay.Link, member string, track media.Track) *relay.Remote {
	t.Helper()
	for {
		select {
		case r, ok := <-l.Remotes():
			if !ok {
				t.Fatalf("link ended: %v", l.Err())
			}
			if r.Member == member && r.Track == track {
				return r
			}
		case <-time.After(patience):
			t.Fatalf("no track %d of %s", track, member)
		}
	}
}

// frames reads r until the link is closed.
func frames(r *relay.Remote) <-chan []byte {
	out := make(chan []byte, 1024)
	go func() {
		defer close(out)
		for {
			f, _, err := r.Read(nil)
			if err != nil {
				return
			}
			select {
			case out <- f:
			default:
			}
		}
	}()
	return out
}

func await(t *testing.T, what string, from <-chan []byte, ok func([]byte) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case f, open := <-from:
			if !open {
				t.Fatalf("track ended before %s", what)
			}
			if ok(f) {
				return
			}
		case <-deadline:
			t.Fatalf("no %s", what)
		}
	}
}

func TestMeet(t *testing.T) {
	node := relaytest.Start(t)
	var key [relay.Layers]atomic.Bool
	ada := dial(t, node.Ticket("r", "ada", "microphone", "camera"), relay.Options{
		KeyFrame: func(layer int) { key[layer].Store(true) },
	})
	ada.Wish(relay.Wish{Sound: true, Picture: true})
	send(t, ada, &key)

	began := time.Now()
	bob := dial(t, node.Ticket("r", "bob"), relay.Options{})
	bob.Wish(relay.Wish{Fetch: map[string]image.Point{"ada": {X: 1280, Y: 720}}})
	tracks := map[media.Track]<-chan []byte{}
	for len(tracks) < 2 {
		r, ok := <-bob.Remotes()
		if !ok {
			t.Fatal(bob.Err())
		}
		tracks[r.Track] = frames(r)
	}
	await(t, "sound", tracks[media.Microphone], func(f []byte) bool { return string(f) == "sealed sound" })
	t.Log("sound after", time.Since(began))
	await(t, "picture", tracks[media.Camera], func(f []byte) bool { return len(f) > 2 })
	t.Log("picture after", time.Since(began))
	for _, layer := range []int{2, 0, 1} {
		size := sizes[layer]
		bob.Wish(relay.Wish{Fetch: map[string]image.Point{"ada": size}})
		began := time.Now()
		await(t, "layer", tracks[media.Camera], func(f []byte) bool { return int(f[1]) == layer })
		t.Log("layer", layer, "after", time.Since(began))
	}
}

var _ = io.EOF
