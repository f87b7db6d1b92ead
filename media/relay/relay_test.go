package relay_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"log/slog"
	"net/http"
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

type frame struct {
	data []byte
	info relay.Info
}

// frames reads r until the link is closed.
func frames(r *relay.Remote) <-chan frame {
	out := make(chan frame, 1024)
	go func() {
		defer close(out)
		for {
			f, info, err := r.Read(nil)
			if err != nil {
				return
			}
			select {
			case out <- frame{f, info}:
			default:
			}
		}
	}()
	return out
}

// until waits for a fact.
func until(t *testing.T, what string, fact func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for !fact() {
		select {
		case <-deadline:
			t.Fatalf("not %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// drained waits for the track's end.
func drained(t *testing.T, from <-chan frame) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case _, open := <-from:
			if !open {
				return
			}
		case <-deadline:
			t.Fatal("the track does not end")
		}
	}
}

// quiet waits until nothing has come for half a second.
func quiet(t *testing.T, from <-chan frame) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case <-from:
		case <-time.After(500 * time.Millisecond):
			return
		case <-deadline:
			t.Fatal("frames keep coming")
		}
	}
}

func await(t *testing.T, what string, from <-chan frame, ok func([]byte) bool) {
	t.Helper()
	awaitFrame(t, what, from, func(f frame) bool { return ok(f.data) })
}

func awaitFrame(t *testing.T, what string, from <-chan frame, ok func(frame) bool) {
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

// A hall is a node with one speaker in it.
type hall struct {
	node   *relaytest.Node
	ada    *relay.Link
	key    [relay.Layers]atomic.Bool
	asked  atomic.Int64 // key frames that the relay asked ada for
	wanted atomic.Pointer[[relay.Layers]bool]
}

// enter starts a node in which ada sends from sources.
func enter(t *testing.T, sources ...string) *hall {
	h := &hall{node: relaytest.Start(t)}
	h.ada = dial(t, h.node.Ticket("r", "ada", sources...), relay.Options{
		KeyFrame: func(layer int) { h.asked.Add(1); h.key[layer].Store(true) },
		Wanted:   func(w [relay.Layers]bool) { h.wanted.Store(&w) },
	})
	h.ada.Wish(relay.Wish{Sound: true, Picture: true})
	send(t, h.ada, &h.key)
	return h
}

// listener is another member who wants ada's picture at size.
func (h *hall) listener(t *testing.T, name string, size image.Point) *relay.Link {
	t.Helper()
	l := dial(t, h.node.Ticket("r", name), relay.Options{})
	l.Wish(relay.Wish{Fetch: map[string]image.Point{"ada": size}})
	return l
}

func isSound(f []byte) bool { return string(f) == "sealed sound" }

func isLayer(layer int) func([]byte) bool {
	return func(f []byte) bool { return len(f) > 2 && int(f[1]) == layer }
}

func TestMeet(t *testing.T) {
	h := enter(t, "microphone", "camera")
	bob := h.listener(t, "bob", sizes[2])
	tracks := map[media.Track]<-chan frame{}
	for len(tracks) < 2 {
		r, ok := <-bob.Remotes()
		if !ok {
			t.Fatal(bob.Err())
		}
		if r.Member != "ada" {
			t.Errorf("track of %q", r.Member)
		}
		tracks[r.Track] = frames(r)
	}
	await(t, "sound", tracks[media.Microphone], isSound)
	for _, layer := range []int{2, 0, 1} {
		bob.Wish(relay.Wish{Fetch: map[string]image.Point{"ada": sizes[layer]}})
		await(t, "layer", tracks[media.Camera], isLayer(layer))
	}
	if h.asked.Load() == 0 {
		t.Error("no key-frame request has reached the publisher")
	}
}

// TestLateJoiner: the relay asks for the key frame that a newcomer needs.
func TestLateJoiner(t *testing.T) {
	h := enter(t, "camera")
	bob := h.listener(t, "bob", sizes[2])
	await(t, "picture", frames(remote(t, bob, "ada", media.Camera)), isLayer(2))
	began := time.Now()
	eve := h.listener(t, "eve", sizes[2])
	await(t, "picture", frames(remote(t, eve, "ada", media.Camera)), func([]byte) bool { return true })
	t.Log("late joiner's picture after", time.Since(began))
}

// TestAskForKeyFrame: a receiver that lost a frame of tier 0 gets a key frame.
func TestAskForKeyFrame(t *testing.T) {
	h := enter(t, "camera")
	bob := h.listener(t, "bob", sizes[0])
	r := remote(t, bob, "ada", media.Camera)
	buf, info, err := r.Read(nil)
	for ; err == nil && (info.Key || info.Tier != 0); buf, info, err = r.Read(buf[:0]) {
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Lost(0)
	if _, info, err = r.Read(buf[:0]); err != nil || !info.Key {
		t.Errorf("after the loss came %+v, %v; want a key frame", info, err)
	}
}

// TestFloor: the microphone is published when the relay allows it, withdrawn
// when not, and published again.
func TestFloor(t *testing.T) {
	h := enter(t, "camera")
	bob := h.listener(t, "bob", image.Point{})
	for range 6 {
		if err := h.node.SetSources(t.Context(), "r", "ada", "microphone", "camera"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		sound := frames(remote(t, bob, "ada", media.Microphone))
		await(t, "sound", sound, isSound)
		t.Log("sound after", time.Since(began))
		if err := h.node.SetSources(t.Context(), "r", "ada", "camera"); err != nil {
			t.Fatal(err)
		}
		drained(t, sound)
	}
	if n := h.ada.Sections(); n != 2 {
		t.Errorf("%d media sections after six turns on the floor, want camera and microphone", n)
	}
}

// TestMute: the relay makes up clear silence, and says so; nothing else comes.
func TestMute(t *testing.T) {
	h := enter(t, "microphone")
	silent := make(chan bool, 8)
	bob := dial(t, h.node.Ticket("r", "bob"), relay.Options{
		Silent: func(_ string, _ media.Track, now bool) { silent <- now },
	})
	bob.Wish(relay.Wish{})
	sound := frames(remote(t, bob, "ada", media.Microphone))
	await(t, "sound", sound, isSound)
	h.ada.Wish(relay.Wish{})
	awaitFrame(t, "injected silence", sound, func(f frame) bool { return f.info.Injected && !isSound(f.data) })
	for <-silent != true {
	}
	h.ada.Wish(relay.Wish{Sound: true})
	await(t, "sound again", sound, isSound)
	for <-silent {
	}
}

// TestLayersWanted: layers that nobody fetches are not wanted.
func TestLayersWanted(t *testing.T) {
	h := enter(t, "camera")
	bob := h.listener(t, "bob", sizes[0])
	await(t, "picture", frames(remote(t, bob, "ada", media.Camera)), isLayer(0))
	until(t, "top layers not wanted", func() bool {
		w := h.wanted.Load()
		return w != nil && w[0] && !w[1] && !w[2]
	})
	bob.Wish(relay.Wish{Fetch: map[string]image.Point{"ada": sizes[2]}})
	until(t, "top layer wanted", func() bool { return h.wanted.Load()[2] })
}

// TestHeldBack: a picture that is not on show stops coming, and comes back.
func TestHeldBack(t *testing.T) {
	h := enter(t, "camera")
	bob := h.listener(t, "bob", sizes[1])
	pictures := frames(remote(t, bob, "ada", media.Camera))
	await(t, "picture", pictures, isLayer(1))
	bob.Wish(relay.Wish{})
	quiet(t, pictures)
	bob.Wish(relay.Wish{Fetch: map[string]image.Point{"ada": sizes[1]}})
	await(t, "picture again", pictures, isLayer(1))
}

func TestEnds(t *testing.T) {
	tests := []struct {
		name string
		do   func(*testing.T, *hall)
		want error
	}{
		{"removed", func(t *testing.T, h *hall) {
			if err := h.node.Drop(t.Context(), "r", "ada"); err != nil {
				t.Fatal(err)
			}
		}, relay.ErrRemoved},
		{"replaced", func(t *testing.T, h *hall) { dial(t, h.node.Ticket("r", "ada"), relay.Options{}) }, relay.ErrReplaced},
		{"relay killed", func(_ *testing.T, h *hall) { h.node.Kill() }, nil},
		{"closed", func(_ *testing.T, h *hall) { h.ada.Close() }, relay.ErrClosed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := enter(t, "microphone")
			until(t, "connected", h.ada.Connected)
			tt.do(t, h)
			select {
			case <-h.ada.Done():
			case <-time.After(patience):
				t.Fatal("the link does not end")
			}
			if err := h.ada.Err(); err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("ended with %v, want %v", err, tt.want)
			}
			if h.ada.Connected() {
				t.Error("still connected")
			}
			if err := h.ada.WriteSound([]byte("x"), 0); !errors.Is(err, relay.ErrNotSending) {
				t.Errorf("write after the end: %v", err)
			}
		})
	}
}

func TestBadTicket(t *testing.T) {
	node := relaytest.Start(t)
	ticket := node.Ticket("r", "ada")
	ticket.Token += "x"
	_, err := relay.Dial(t.Context(), ticket, relay.Options{Loopback: true, Log: slog.New(slog.DiscardHandler)})
	if refused, ok := errors.AsType[*relay.RefusedError](err); !ok || refused.Status != http.StatusUnauthorized {
		t.Errorf("Dial = %v, want a refusal", err)
	}
	ticket.URL = "http://127.0.0.1:1"
	if _, err = relay.Dial(t.Context(), ticket, relay.Options{Loopback: true, Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("dialled a port where nobody is")
	}
}
