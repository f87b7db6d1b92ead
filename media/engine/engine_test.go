package engine_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"testing"
	"time"

	"incamera/media"
	"incamera/media/engine"
	"incamera/media/relay/relaytest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what should take a second.
const patience = 20 * time.Second

// keys are those of one group in tests: AES-GCM, a key for each member and
// track, a counter in front of each sealed frame.
func keys(group, me string) media.Keys {
	aead := func(member string, t media.Track) cipher.AEAD {
		key := sha256.Sum256([]byte{group[0], byte(t), member[0], member[1], member[2]})
		block, _ := aes.NewCipher(key[:])
		aead, _ := cipher.NewGCM(block)
		return aead
	}
	return media.Keys{
		Sealer: func(t media.Track) media.Sealer { return &sealer{aead: aead(me, t)} },
		Opener: func(member string, t media.Track) media.Opener { return opener{aead(member, t)} },
	}
}

type sealer struct {
	aead  cipher.AEAD
	count uint64
}

func (s *sealer) Seal(dst, clear, payload []byte) ([]byte, error) {
	s.count++
	nonce := binary.BigEndian.AppendUint64(make([]byte, 4), s.count)
	dst = append(dst, clear...)
	dst = append(dst, nonce[4:]...)
	return s.aead.Seal(dst, nonce, payload, clear), nil
}

type opener struct{ aead cipher.AEAD }

func (o opener) Open(dst, clear, sealed []byte) ([]byte, error) {
	if len(sealed) < 8 {
		return dst, errors.New("short")
	}
	nonce := append(make([]byte, 4), sealed[:8]...)
	return o.aead.Open(dst, nonce, sealed[8:], clear)
}

// A person is one member with an engine and devices.
type person struct {
	*engine.Engine
	*devices
	name string
}

// enter runs an engine until the test ends.
func enter(t testing.TB, node *relaytest.Node, name string, edit func(*engine.Options)) *person {
	t.Helper()
	p := &person{name: name, devices: &devices{hz: 440, grey: 60}}
	o := engine.Options{
		Keys: keys("g", name), Me: name, Loopback: true,
		Microphone: p.microphone, Camera: p.camera, Loudspeaker: p.loudspeaker,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)).With("me", name),
		Ticket: func(context.Context) (media.Ticket, error) {
			return node.Ticket("r", name, "microphone", "camera"), nil
		},
	}
	if edit != nil {
		edit(&o)
	}
	p.Engine = engine.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Run = %v", name, err)
		}
		if n := p.microphones.Load() + p.cameras.Load() + p.speakers.Load(); n != 0 {
			t.Errorf("%s: %d devices are left open", name, n)
		}
	})
	return p
}

func until(t testing.TB, what string, fact func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for !fact() {
		select {
		case <-deadline:
			t.Fatalf("not %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

var everybody = []string{"ada", "bob", "eve"}

// full lets p do all there is, with everybody shown at size.
func (p *person) full(size image.Point) *person {
	p.Permit(media.Permission{Heard: everybody, Seen: everybody, Speak: true, Show: true})
	p.Microphone(true)
	p.Camera(true)
	p.show(size)
	return p
}

// show shows everybody at size.
func (p *person) show(size image.Point) {
	tiles := map[string]image.Point{}
	for _, who := range everybody {
		tiles[who] = size
	}
	p.Visible(tiles)
}

func (p *person) hears(t testing.TB) {
	t.Helper()
	from := p.heard.Load()
	until(t, p.name+" hears", func() bool { return p.heard.Load() > from+50 })
}

func (p *person) sees(t testing.TB, who string, size image.Point) {
	t.Helper()
	until(t, fmt.Sprintf("%s sees %s at %v", p.name, who, size), func() bool { return p.Screen(who).Size() == size })
}

// decoded is how many pictures of who p has decoded.
func (p *person) decoded(who string) uint64 { return p.Stats().Members[who].Decoded }

var small, large = image.Pt(320, 180), image.Pt(1280, 720)

func TestMeet(t *testing.T) {
	node := relaytest.Start(t)
	ada, bob := enter(t, node, "ada", nil).full(large), enter(t, node, "bob", nil).full(large)
	for _, p := range []*person{ada, bob} {
		other := map[*person]string{ada: "bob", bob: "ada"}[p]
		p.hears(t)
		p.sees(t, other, large)
		dst := image.NewRGBA(image.Rect(0, 0, 160, 90))
		until(t, "painted", func() bool { return p.Screen(other).Paint(dst) })
		if got, want := dst.RGBAAt(80, 45).R, byte(51); got < want-4 || got > want+4 {
			t.Errorf("%s looks like %d, want about %d", other, got, want)
		}
		until(t, "all well on the meter", func() bool {
			m := p.Meter()
			return m.Connected && m.Live && m.OnAir && m.Fault == nil && m.Members[other].RMS > -20 && m.Microphone.RMS > -20
		})
		s := p.Stats()
		if s.Rejected+s.Unsealed+s.Undecodable+s.Unpermitted != 0 {
			t.Errorf("stats: %+v", s)
		}
	}
}

// TestLayers: the relay sends the layer that fits the tile, and nothing when
// there is none.
func TestLayers(t *testing.T) {
	node := relaytest.Start(t)
	enter(t, node, "ada", nil).full(small)
	bob := enter(t, node, "bob", nil).full(small)
	bob.sees(t, "ada", small)
	bob.show(image.Pt(600, 480))
	bob.sees(t, "ada", image.Pt(1280, 720)) // 360p would be too low for a tile that crops the sides
	bob.show(image.Pt(640, 360))
	bob.sees(t, "ada", image.Pt(640, 360))
	bob.Visible(nil)
	stopped(t, func() uint64 { return bob.decoded("ada") })
	bob.show(large)
	bob.sees(t, "ada", large)
	for _, height := range []int{180, 360, 720} {
		if bob.Stats().Members["ada"].Layers[height] == 0 {
			t.Errorf("no picture of height %d", height)
		}
	}
}

// stopped waits until count has not changed for half a second.
func stopped(t *testing.T, count func() uint64) {
	t.Helper()
	last, since := count(), time.Now()
	until(t, "stopped", func() bool {
		if n := count(); n != last {
			last, since = n, time.Now()
		}
		return time.Since(since) > 500*time.Millisecond
	})
}

func TestLateJoiner(t *testing.T) {
	node := relaytest.Start(t)
	ada, bob := enter(t, node, "ada", nil).full(large), enter(t, node, "bob", nil).full(large)
	ada.sees(t, "bob", large)
	bob.sees(t, "ada", large)
	stopped(t, func() uint64 { return ada.Stats().Picture.Sent / 1000 })
	began := time.Now()
	eve := enter(t, node, "eve", nil).full(large)
	until(t, "a picture", func() bool { return eve.decoded("ada") > 0 && eve.decoded("bob") > 0 })
	t.Log("late joiner saw both after", time.Since(began))
}

// TestRelayKilled: members come back by themselves, with a new ticket each.
func TestRelayKilled(t *testing.T) {
	node := relaytest.Start(t)
	ada, bob := enter(t, node, "ada", nil).full(small), enter(t, node, "bob", nil).full(small)
	ada.hears(t)
	bob.sees(t, "ada", small)
	node.Kill()
	until(t, "noticed", func() bool { return !ada.Meter().Connected && !bob.Meter().Connected })
	node.Run()
	began := time.Now()
	ada.hears(t)
	t.Log("heard again after", time.Since(began))
	n := bob.decoded("ada")
	until(t, "seen again", func() bool { return bob.decoded("ada") > n+10 })
	if n := ada.Stats().Entries; n < 2 {
		t.Errorf("%d entries", n)
	}
}

// TestSpy: one who is not in the group opens nothing, and is not heard.
func TestSpy(t *testing.T) {
	node := relaytest.Start(t)
	ada, bob := enter(t, node, "ada", nil).full(small), enter(t, node, "bob", nil).full(small)
	eve := enter(t, node, "eve", func(o *engine.Options) { o.Keys = keys("x", "eve") }).full(small)
	until(t, "everything refused", func() bool { return eve.Stats().Rejected > 100 && ada.Stats().Rejected > 100 })
	if s := eve.Stats(); s.SoundOpened+s.PictureOpened != 0 || eve.heard.Load() != 0 {
		t.Errorf("a spy opened something: %+v", s)
	}
	ada.hears(t)
	bob.sees(t, "ada", small)
	if s := ada.Stats().Members["eve"]; s.SoundOpened+s.PictureOpened != 0 {
		t.Errorf("garbage was opened: %+v", s)
	}
}

// TestFloor: a sound without a grant is dropped by the receiver even when the
// relay passes it on.
func TestFloor(t *testing.T) {
	node := relaytest.Start(t)
	ada, bob := enter(t, node, "ada", nil).full(small), enter(t, node, "bob", nil).full(small)
	ada.hears(t)
	ada.Permit(media.Permission{Seen: []string{"bob"}, Speak: true, Show: true})
	n := ada.Stats().Unpermitted
	until(t, "dropped", func() bool { return ada.Stats().Unpermitted > n+50 })
	stopped(t, func() uint64 { return uint64(ada.heard.Load()) })
	ada.full(small)
	ada.hears(t)

	bob.Permit(media.Permission{Heard: everybody, Seen: everybody, Speak: false, Show: true})
	stopped(t, func() uint64 { return bob.Stats().Sound.Sent })
	if bob.Meter().Live {
		t.Error("live without the floor")
	}
	until(t, "the relay's own silence dropped", func() bool { return ada.Stats().Injected > 0 })
	bob.full(small)
	ada.hears(t)
}

// TestCameraOff: the last picture goes away with the camera.
func TestCameraOff(t *testing.T) {
	node := relaytest.Start(t)
	enter(t, node, "ada", nil).full(small)
	bob := enter(t, node, "bob", nil).full(small)
	ada := enter(t, node, "eve", nil).full(small)
	bob.sees(t, "eve", small)
	ada.sees(t, "eve", large) // her own, as the camera sees it
	ada.Camera(false)
	bob.sees(t, "eve", image.Point{})
	ada.sees(t, "eve", image.Point{})
	ada.Camera(true)
	bob.sees(t, "eve", small)
	bob.Permit(media.Permission{})
	bob.sees(t, "eve", image.Point{})
}

func TestStopCapture(t *testing.T) {
	node := relaytest.Start(t)
	ada := enter(t, node, "ada", nil).full(small)
	until(t, "capturing", func() bool { return ada.microphones.Load() == 1 && ada.cameras.Load() == 1 })
	if err := ada.StopCapture(); err != nil {
		t.Fatal(err)
	}
	if n := ada.microphones.Load() + ada.cameras.Load(); n != 0 {
		t.Errorf("%d devices are open after StopCapture", n)
	}
	ada.Microphone(true)
	until(t, "capturing again", func() bool { return ada.microphones.Load() == 1 })
}

// TestDeviceFaults: a device that is missing or pulled is shown as such, and
// taken up again when it is back.
func TestDeviceFaults(t *testing.T) {
	node := relaytest.Start(t)
	missing := error(&media.DeviceError{Kind: media.MicrophoneDevice, Fault: media.Missing})
	pulled := error(&media.DeviceError{Kind: media.MicrophoneDevice, Fault: media.Pulled})
	ada := enter(t, node, "ada", nil)
	ada.fault.Store(&missing)
	ada.full(small)
	until(t, "missing", func() bool { return errors.Is(ada.Meter().Fault, missing) })
	ada.fault.Store(nil)
	until(t, "well", func() bool { return ada.Meter().Fault == nil && ada.Meter().Live && ada.Meter().OnAir })
	ada.pull.Store(&pulled)
	until(t, "pulled", func() bool { return errors.Is(ada.Meter().Fault, pulled) })
	ada.pull.Store(nil)
	until(t, "well again", func() bool { return ada.Meter().Fault == nil && ada.Meter().Live && ada.Meter().OnAir })
	other := &devices{hz: 220}
	ada.UseMicrophone(other.microphone)
	until(t, "the other microphone open", func() bool { return other.microphones.Load() == 1 && ada.microphones.Load() == 0 })
	ada.UseMicrophone(nil)
	until(t, "no microphone open", func() bool { return other.microphones.Load() == 0 })
}
