package engine_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
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

// A tone is a microphone that hears one note.
type tone struct {
	hz     float64
	n      int
	tick   *time.Ticker
	closed chan struct{}
	once   sync.Once
}

func microphone(hz float64) engine.Microphone {
	return func(context.Context) (engine.SoundSource, error) {
		return &tone{hz: hz, tick: time.NewTicker(media.Step), closed: make(chan struct{})}, nil
	}
}

func (m *tone) Read(dst []float32) error {
	select {
	case <-m.closed:
		return io.EOF
	case <-m.tick.C:
	}
	for i := range dst {
		dst[i] = float32(0.5 * math.Sin(2*math.Pi*m.hz*float64(m.n)/media.SampleRate))
		m.n++
	}
	return nil
}

func (m *tone) Close() error {
	m.once.Do(func() { m.tick.Stop(); close(m.closed) })
	return nil
}

// A board is a camera that sees one grey, and says how often it was opened.
type board struct {
	pic    *image.YCbCr
	tick   *time.Ticker
	closed chan struct{}
	once   sync.Once
}

func camera(grey byte) engine.Camera {
	return func(context.Context) (engine.PictureSource, error) {
		pic := image.NewYCbCr(image.Rect(0, 0, 1280, 720), image.YCbCrSubsampleRatio420)
		for i := range pic.Y {
			pic.Y[i] = grey
		}
		for i := range pic.Cb {
			pic.Cb[i], pic.Cr[i] = 128, 128
		}
		return &board{pic: pic, tick: time.NewTicker(time.Second / 30), closed: make(chan struct{})}, nil
	}
}

func (c *board) Read() (*image.YCbCr, time.Time, error) {
	select {
	case <-c.closed:
		return nil, time.Time{}, io.EOF
	case now := <-c.tick.C:
		return c.pic, now, nil
	}
}

func (c *board) Close() error {
	c.once.Do(func() { c.tick.Stop(); close(c.closed) })
	return nil
}

// An ear is a loudspeaker that keeps time and remembers how loud each step was.
type ear struct {
	tick   *time.Ticker
	closed chan struct{}
	once   sync.Once
	heard  *atomic.Int64 // steps that were not silent
}

func loudspeaker(heard *atomic.Int64) engine.Loudspeaker {
	return func(context.Context) (engine.SoundSink, error) {
		return &ear{tick: time.NewTicker(media.Step), closed: make(chan struct{}), heard: heard}, nil
	}
}

func (l *ear) Write(src []float32) error {
	select {
	case <-l.closed:
		return io.EOF
	case <-l.tick.C:
	}
	for _, s := range src {
		if s > 0.1 {
			l.heard.Add(1)
			break
		}
	}
	return nil
}

func (l *ear) Close() error {
	l.once.Do(func() { l.tick.Stop(); close(l.closed) })
	return nil
}

// start runs an engine until the test ends.
func start(t *testing.T, node *relaytest.Node, me string, edit func(*engine.Options)) *engine.Engine {
	t.Helper()
	o := engine.Options{
		Keys: keys("g", me), Me: me, Loopback: true,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)).With("me", me),
		Ticket: func(context.Context) (media.Ticket, error) {
			return node.Ticket("r", me, "microphone", "camera"), nil
		},
	}
	if edit != nil {
		edit(&o)
	}
	e := engine.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); e.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return e
}

func until(t *testing.T, what string, fact func() bool) {
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

// everything lets ada and bob do all there is.
func everything(e *engine.Engine) {
	all := []string{"ada", "bob", "eve"}
	e.Permit(media.Permission{Heard: all, Seen: all, Speak: true, Show: true})
	e.Microphone(true)
	e.Camera(true)
	e.Visible(map[string]image.Point{"ada": {X: 1280, Y: 720}, "bob": {X: 1280, Y: 720}})
}

func TestMeet(t *testing.T) {
	node := relaytest.Start(t)
	var heard [2]atomic.Int64
	ada := start(t, node, "ada", func(o *engine.Options) {
		o.Microphone, o.Camera, o.Loudspeaker = microphone(440), camera(60), loudspeaker(&heard[0])
	})
	bob := start(t, node, "bob", func(o *engine.Options) {
		o.Microphone, o.Camera, o.Loudspeaker = microphone(880), camera(200), loudspeaker(&heard[1])
	})
	everything(ada)
	everything(bob)
	began := time.Now()
	for i, e := range []*engine.Engine{ada, bob} {
		other, grey := "bob", byte(255)
		if i == 1 {
			other, grey = "ada", 51
		}
		until(t, "heard", func() bool { return heard[i].Load() > 50 })
		t.Log("heard after", time.Since(began))
		dst := image.NewRGBA(image.Rect(0, 0, 160, 90))
		until(t, "seen", func() bool { return e.Screen(other).Paint(dst) })
		t.Log("seen after", time.Since(began))
		if got := dst.RGBAAt(80, 45); absDiff(got.R, grey) > 60 {
			t.Errorf("%s looks %v, want about %d", other, got, grey)
		}
		until(t, "720p", func() bool { return e.Screen(other).Size() == image.Pt(1280, 720) })
		t.Log("720p after", time.Since(began))
		m := e.Meter()
		if !m.Connected || !m.Live || !m.OnAir || m.Fault != nil {
			t.Errorf("meter: %+v", m)
		}
	}
	s := ada.Stats()
	if s.Rejected != 0 || s.Unsealed != 0 || s.Undecodable != 0 {
		t.Errorf("stats: %+v", s)
	}
	t.Logf("%+v", s)
}

func absDiff(a, b byte) int { return max(int(a)-int(b), int(b)-int(a)) }
