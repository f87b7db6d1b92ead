package engine

import (
	"context"
	"io"
	"math"
	"sync"
	"time"

	"incamera/media"
	"incamera/media/process"
)

// Trial is what a [Check] is doing with sound.
type Trial uint8

// The trials.
const (
	NoTrial Trial = iota
	Playing
	Recording
	Replaying
)

// longestRecording is for how long a person is recorded.
const longestRecording = 5 * time.Second

// A Check is sound and picture before a sitting: the person's own devices,
// and nothing that leaves the machine. It owns a goroutine for each of the
// three while [Check.Run] runs; its methods may be called from any, and none waits.
type Check struct {
	microphone, loudspeaker, camera slot
	level                           process.Meter
	picture                         screen
	sound                           chan []float32 // to be played, whole; room for one

	mu       sync.Mutex
	trial    Trial
	recorded []float32
	stop     bool // end what the trial does
}

// NewCheck returns a check of devices that are yet to be named.
func NewCheck() *Check {
	c := &Check{sound: make(chan []float32, 1)}
	for _, s := range []*slot{&c.microphone, &c.loudspeaker, &c.camera} {
		s.changed = make(chan struct{}, 1)
	}
	return c
}

// A slot is where one kind of device is plugged in.
type slot struct {
	changed chan struct{} // a token when open is another

	mu    sync.Mutex
	open  func(context.Context) (io.Closer, error) // nil: none
	fault error
}

func (s *slot) use(open func(context.Context) (io.Closer, error)) {
	s.mu.Lock()
	s.open, s.fault = open, nil
	s.mu.Unlock()
	s.change()
}

func (s *slot) change() {
	select {
	case s.changed <- struct{}{}:
	default: // one that is not taken yet says it
	}
}

func (s *slot) set(fault error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

// UseMicrophone has the check listen to another microphone; nil is none.
func (c *Check) UseMicrophone(m Microphone) {
	if m == nil {
		c.microphone.use(nil)
		return
	}
	c.microphone.use(func(ctx context.Context) (io.Closer, error) { return m(ctx) })
}

// UseLoudspeaker has the check play to another loudspeaker; nil is none.
func (c *Check) UseLoudspeaker(l Loudspeaker) {
	if l == nil {
		c.loudspeaker.use(nil)
		return
	}
	c.loudspeaker.use(func(ctx context.Context) (io.Closer, error) { return l(ctx) })
}

// UseCamera has the check show another camera; nil is none.
func (c *Check) UseCamera(from Camera) {
	if from == nil {
		c.camera.use(nil)
		c.picture.hide(true)
		return
	}
	c.picture.hide(false)
	c.camera.use(func(ctx context.Context) (io.Closer, error) { return from(ctx) })
}

// Fault is what is the matter with a device, nil if all is well.
func (c *Check) Fault(k media.DeviceKind) error {
	s := [...]*slot{&c.microphone, &c.loudspeaker, &c.camera}[k]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// Level is how loud the microphone is.
func (c *Check) Level() media.Level { return c.level.Level() }

// Picture shows the camera.
func (c *Check) Picture() media.Screen { return &c.picture }

// Run opens the devices and closes all of them when ctx ends.
func (c *Check) Run(ctx context.Context) {
	var wait sync.WaitGroup
	wait.Go(func() { c.microphone.run(ctx, func(d io.Closer) error { return c.listen(d.(SoundSource)) }) })
	wait.Go(func() { c.loudspeaker.run(ctx, func(d io.Closer) error { return c.play(ctx, d.(SoundSink)) }) })
	wait.Go(func() { c.camera.run(ctx, func(d io.Closer) error { return c.watch(d.(PictureSource)) }) })
	wait.Wait()
	c.picture.clear()
}

// run uses the slot's device until ctx ends, another is plugged in, or it
// fails; then it is opened again.
func (s *slot) run(ctx context.Context, use func(io.Closer) error) {
	for ctx.Err() == nil {
		select {
		case <-s.changed: // to what is opened now
		default:
		}
		s.mu.Lock()
		open := s.open
		s.mu.Unlock()
		var err error
		if open != nil {
			err = s.once(ctx, open, use)
		}
		s.mu.Lock()
		if len(s.changed) == 0 { // else it is of the one before
			s.fault = err
		}
		s.mu.Unlock()
		wait := time.Duration(math.MaxInt64)
		if err != nil {
			wait = retryDevice
		}
		select {
		case <-ctx.Done():
		case <-s.changed:
		case <-time.After(wait):
		}
	}
}

// once opens and uses one device. The error is nil when it ended because ctx
// did, or because another was plugged in.
func (s *slot) once(ctx context.Context, open func(context.Context) (io.Closer, error), use func(io.Closer) error) error {
	now, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.through(now, open, use) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	case <-s.changed:
		s.change() // for run
	}
	cancel()
	<-done
	return nil
}

// through opens a device and uses it until it fails or ctx ends.
func (s *slot) through(ctx context.Context, open func(context.Context) (io.Closer, error), use func(io.Closer) error) error {
	d, err := open(ctx)
	if err != nil {
		return err
	}
	shut := sync.OnceFunc(func() { _ = d.Close() }) // nothing is lost with what it held
	defer shut()
	defer context.AfterFunc(ctx, shut)()
	s.set(nil)
	return use(d)
}

// listen measures what the microphone hears, and keeps it while recording.
func (c *Check) listen(m SoundSource) error {
	step := make([]float32, media.StepLen)
	for {
		if err := m.Read(step); err != nil {
			return err
		}
		c.level.Add(step)
		c.keep(step)
	}
}

func (c *Check) keep(step []float32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trial != Recording {
		return
	}
	c.recorded = append(c.recorded, step...)
	if c.stop || len(c.recorded) >= int(longestRecording.Seconds()*media.SampleRate) {
		c.trial, c.stop = Replaying, false
		c.sound <- c.recorded // there is room: one trial at a time
		c.recorded = nil
	}
}

// play keeps the loudspeaker running, with silence but for trials.
func (c *Check) play(ctx context.Context, l SoundSink) error {
	step := make([]float32, media.StepLen)
	var sound []float32
	for {
		if len(sound) == 0 {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case sound = <-c.sound:
			default:
			}
		}
		clear(step)
		n := copy(step, sound)
		sound = sound[n:]
		if n > 0 && (len(sound) == 0 || c.ended()) {
			sound = nil
			c.rest()
		}
		if err := l.Write(step); err != nil {
			return err
		}
	}
}

func (c *Check) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stop
}

func (c *Check) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trial, c.stop = NoTrial, false
}

func (c *Check) watch(from PictureSource) error {
	for {
		pic, _, err := from.Read()
		if err != nil {
			return err
		}
		c.picture.put(pic)
	}
}

// Play plays three notes.
func (c *Check) Play() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trial == NoTrial {
		c.trial = Playing
		c.sound <- notes()
	}
}

// Record records the microphone for at most 5 s, then plays it and forgets it.
func (c *Check) Record() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trial == NoTrial {
		c.trial, c.recorded = Recording, nil
	}
}

// Stop ends the trial; a recording is played.
func (c *Check) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop = c.trial != NoTrial
}

// Trial is what is being done.
func (c *Check) Trial() Trial {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trial
}

// notes are a major triad, each note with a soft beginning and end.
func notes() []float32 {
	const each = media.SampleRate * 2 / 5
	var sound []float32
	for _, hertz := range []float64{392, 494, 587} {
		for i := range each {
			t := float64(i) / media.SampleRate
			loud := 0.2 * math.Sin(math.Pi*float64(i)/each)
			sound = append(sound, float32(loud*math.Sin(2*math.Pi*hertz*t)))
		}
	}
	return sound
}
