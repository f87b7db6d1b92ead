package seat

import (
	"context"
	"image"
	"io"
	"sync"
	"time"

	"incamera/media"
	"incamera/media/device"
	"incamera/media/engine"
)

// One device, read for several seats: it is opened with the first who opens
// it, everyone gets a copy of all that is read, and it is closed with the last.

// A step is one of sound.
type step = [media.StepLen]float32

// A sight is one picture.
type sight struct {
	pic image.YCbCr
	at  time.Time
}

// How much a reader may be behind: 100 ms of sound; of pictures the newest counts.
const (
	stepsKept  = 10
	sightsKept = 1
)

// shareSound opens from once for all who open the microphone that it returns.
func shareSound(from engine.Microphone) engine.Microphone {
	if from == nil {
		return nil
	}
	f := &fan[step]{keep: stepsKept, copy: func(dst, src *step) { *dst = *src }}
	f.open = func(ctx context.Context) (func(*step) error, io.Closer, error) {
		d, err := from(ctx)
		if err != nil {
			return nil, nil, err
		}
		return func(s *step) error { return d.Read(s[:]) }, d, nil
	}
	return func(ctx context.Context) (engine.SoundSource, error) {
		t, err := f.join(ctx)
		if err != nil {
			return nil, err
		}
		return soundTap{t}, nil
	}
}

// shareSight opens from once for all who open the camera that it returns.
func shareSight(from engine.Camera) engine.Camera {
	if from == nil {
		return nil
	}
	f := &fan[sight]{keep: sightsKept, copy: copySight}
	f.open = func(ctx context.Context) (func(*sight) error, io.Closer, error) {
		d, err := from(ctx)
		if err != nil {
			return nil, nil, err
		}
		return func(s *sight) error {
			pic, at, err := d.Read()
			if err == nil {
				s.pic, s.at = *pic, at
			}
			return err
		}, d, nil
	}
	return func(ctx context.Context) (engine.PictureSource, error) {
		t, err := f.join(ctx)
		if err != nil {
			return nil, err
		}
		return &sightTap{tap: t}, nil
	}
}

// copySight copies src into dst's own memory.
func copySight(dst, src *sight) {
	y, cb, cr := dst.pic.Y, dst.pic.Cb, dst.pic.Cr
	*dst = *src
	dst.pic.Y = append(y[:0], src.pic.Y...)
	dst.pic.Cb = append(cb[:0], src.pic.Cb...)
	dst.pic.Cr = append(cr[:0], src.pic.Cr...)
}

// A fan reads one device for all who have joined.
type fan[T any] struct {
	keep int // constant, as the two below
	copy func(dst, src *T)
	open func(context.Context) (read func(*T) error, device io.Closer, err error)

	mu  sync.Mutex    // never held while a device is opened or closed
	now *stream[T]    // guarded by mu; nil while nobody wants the device open
	old chan struct{} // guarded by mu; closed when the last stream's device is
}

// A stream is the device while it is wanted.
type stream[T any] struct {
	stop context.CancelFunc // gives up the opening, or closes the device
	open chan struct{}      // closed when the device is open
	taps map[*tap[T]]bool   // guarded by the fan's mu
	done chan struct{}      // closed when the device is closed
	err  error              // of closing it; read after done
}

// A tap is one reader's end.
type tap[T any] struct {
	fan        *fan[T]
	stream     *stream[T]
	full, free chan *T
	ended      chan struct{}
	err        error // why; read after ended
}

// join opens the device, if nobody has, and returns a tap of it. It waits no
// longer than ctx: the opening goes on for the others who wait for it.
func (f *fan[T]) join(ctx context.Context) (*tap[T], error) {
	t := f.tap(ctx)
	select {
	case <-t.stream.open:
		return t, nil
	case <-t.ended:
		return nil, t.err
	case <-ctx.Done():
		_ = t.Close() // the device is not open
		return nil, context.Cause(ctx)
	}
}

// tap adds a tap, of a new stream if there is none.
func (f *fan[T]) tap(ctx context.Context) *tap[T] {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now == nil {
		ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
		f.now = &stream[T]{stop: stop, open: make(chan struct{}), taps: map[*tap[T]]bool{}, done: make(chan struct{})}
		go f.run(ctx, f.now, f.old)
	}
	t := &tap[T]{fan: f, stream: f.now, full: make(chan *T, f.keep), free: make(chan *T, f.keep+1), ended: make(chan struct{})}
	for range f.keep + 1 { // one is in the reader's hands
		t.free <- new(T)
	}
	f.now.taps[t] = true
	return t
}

// run is a stream's life, until the device fails or ctx ends. All taps end with
// it, and who joins then opens the device anew.
func (f *fan[T]) run(ctx context.Context, s *stream[T], before <-chan struct{}) {
	defer close(s.done)
	defer s.stop()
	if before != nil {
		<-before // a device can be opened only once it was closed
	}
	read, device, err := f.open(ctx)
	if err != nil {
		f.end(s, err)
		return
	}
	shut := sync.OnceFunc(func() { s.err = device.Close() })
	defer shut()
	defer context.AfterFunc(ctx, shut)()
	close(s.open)
	for v := new(T); ; {
		if err := read(v); err != nil {
			f.end(s, err)
			return
		}
		f.spread(s, v)
	}
}

// spread hands v to all taps.
func (f *fan[T]) spread(s *stream[T], v *T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for t := range s.taps {
		f.put(t, v)
	}
}

// end ends all taps because of err.
func (f *fan[T]) end(s *stream[T], err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for t := range s.taps {
		t.end(err)
	}
	f.leave(s)
}

// leave is called with mu held.
func (f *fan[T]) leave(s *stream[T]) {
	if f.now == s {
		f.now, f.old = nil, s.done
	}
}

// put hands t a copy of v, in place of the oldest if the reader is behind. It
// does not wait: of the keep+1 copies the reader has at most one in its hands,
// and nobody else fills.
func (f *fan[T]) put(t *tap[T], v *T) {
	var to *T
	if len(t.full) == cap(t.full) {
		select {
		case to = <-t.full:
		default: // read this moment
		}
	}
	if to == nil {
		to = <-t.free
	}
	f.copy(to, v)
	t.full <- to
}

// end is called with the fan's mu held.
func (t *tap[T]) end(err error) {
	if t.err == nil {
		t.err = err
		close(t.ended)
	}
}

// read waits for the next and passes it to use, which must not keep it.
func (t *tap[T]) read(use func(*T)) error {
	select {
	case <-t.ended:
		return t.err
	default:
	}
	select {
	case v := <-t.full:
		use(v)
		t.free <- v
		return nil
	case <-t.ended:
		return t.err
	}
}

// Close ends a read that waits. The last to close stops the device before it
// returns.
func (t *tap[T]) Close() error {
	f, s := t.fan, t.stream
	f.mu.Lock()
	t.end(device.ErrClosed)
	joined := s.taps[t]
	delete(s.taps, t)
	last := joined && len(s.taps) == 0
	if last {
		f.leave(s)
	}
	f.mu.Unlock()
	if !last {
		return nil
	}
	s.stop()
	<-s.done
	return s.err
}

// soundTap is a tap as a microphone.
type soundTap struct{ *tap[step] }

// Read implements [engine.SoundSource].
func (t soundTap) Read(dst []float32) error {
	return t.read(func(s *step) { copy(dst, s[:]) })
}

// sightTap is a tap as a camera.
type sightTap struct {
	*tap[sight]
	held sight // owned by the reader: good until the next Read
}

// Read implements [engine.PictureSource].
func (t *sightTap) Read() (*image.YCbCr, time.Time, error) {
	err := t.read(func(s *sight) { t.held, *s = *s, t.held })
	return &t.held.pic, t.held.at, err
}
