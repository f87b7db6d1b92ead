package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"incamera/cmd/cue"
	"incamera/cmd/seat"
	"incamera/identity"
	"incamera/identity/identitytest"
	"incamera/identity/piv"
	"incamera/media/device"
	"incamera/media/mediatest"
	"incamera/sitting"
)

// settle is how long the members may take to have one group's keys.
const settle = 60 * time.Second

// withPicture is how many delegates send a picture; more would only heat the
// machine.
const withPicture = 6

// An ownPlace is the seat of the person at this machine.
type ownPlace struct {
	ctx   context.Context
	end   context.CancelCauseFunc
	hand  hand
	done  chan struct{}
	err   error // read after done
	seats chan *seat.Seat
	pin   time.Time
	*seat.Seat
	eye *eye
}

// enter has everybody take their seats: the chair first, who is waited for.
func (r *run) enter(ctx context.Context) error {
	r.Progress(fmt.Sprintf("%d delegates", r.Members-1))
	order := []int{r.chair}
	for i := 1; i < r.Members; i++ {
		if i != r.chair {
			order = append(order, i)
		}
	}
	if err := r.record(ctx); err != nil {
		return err
	}
	for n, i := range order {
		d, err := r.startDelegate(r.cast[i], r.address, r.delegateArgs(i)...)
		if err != nil {
			return err
		}
		r.later(d.stop)
		r.actors[r.cast[i].ID] = d
		if n == 0 && !(r.InCamera && r.As == sitting.RoleChair) { // who waits at the door is not on air
			if _, err := d.wait(ctx, cue.OnAir); err != nil {
				return err
			}
		}
	}
	if err := r.sit(ctx); err != nil {
		return err
	}
	if r.InCamera {
		return nil // who is admitted, and when, is for the chair to say
	}
	return r.together(ctx)
}

func (r *run) delegateArgs(i int) []string {
	args := []string{"-hue", fmt.Sprintf("%.2f", float64(i)/8)}
	switch {
	case r.pulse == nil:
		args = append(args, "-microphone", r.path("speech.wav"))
	case i == speaker:
		args = append(args, "-microphone", mouth+".monitor")
	}
	if i > withPicture {
		args = append(args, "-camera", seat.None)
	}
	return args
}

// record leaves the speech in a file, for delegates whose microphone it is.
func (r *run) record(ctx context.Context) error {
	said, err := mediatest.Speech(ctx, "en", speech)
	if err != nil {
		return err
	}
	return mediatest.WriteWAV(r.path("speech.wav"), said)
}

// sit lets the person at this machine sign in, and waits for the seat.
func (r *run) sit(ctx context.Context) error {
	o, err := r.seatOptions()
	if err != nil {
		return err
	}
	readers, h, err := r.ownCard(ctx)
	if err != nil {
		return err
	}
	system := device.New()
	r.later(func() { _ = system.Close() }) // all that it opened is closed
	own := &ownPlace{hand: h, done: make(chan struct{}), seats: make(chan *seat.Seat, 1), eye: newEye(string(r.cast[speaker].ID))}
	own.ctx, own.end = context.WithCancelCause(ctx)
	r.own = own
	if r.Lines != nil {
		r.Progress("Enter, pressed here, pulls your card, and puts it in again")
		go h.obey(r.Lines, func(err error) { r.Log.Warn("rehearsal: the card", "error", err) }) // ends with the process: nothing interrupts a read
	}
	p := Place{
		Readers: readers, Options: o, Sitting: sittingID, System: system,
		Microphone: r.Microphone, Camera: r.Camera,
		Hooks: seat.Hooks{OnPicture: own.eye.look},
		Seated: func(s *seat.Seat, pin time.Time) {
			own.pin = pin
			own.seats <- s
		},
	}
	if r.pulse != nil {
		p.Loudspeaker = ear
		if p.Microphone == "" {
			p.Microphone = seat.None // nobody is there to say anything
		}
	}
	if p.Camera == "" {
		p.Camera = Pattern
	}
	go func() {
		defer close(own.done)
		own.err = r.Sit(own.ctx, p)
	}()
	r.Progress("taking a seat")
	select {
	case own.Seat = <-own.seats:
		return nil
	case <-own.done:
		if own.err == nil {
			return errDeclined
		}
		return fmt.Errorf("rehearsal: the person at this machine did not sit down: %w", own.err)
	}
}

// errDeclined says that the person at this machine would not sit down.
var errDeclined = errors.New("rehearsal: the person at this machine went away")

// Pattern names, among cameras, a moving picture.
const Pattern = "pattern"

// ownCard puts the own card into a reader: a software one, or the virtual one
// of a real PC/SC service.
func (r *run) ownCard(ctx context.Context) (identity.Readers, hand, error) {
	me := r.cast[mine]
	if !r.Reader {
		card := identitytest.NewCard(identitytest.Config{Key: me.key, Certificate: me.cert, PIN: PIN})
		return identitytest.NewReaders(card), hand{card.Pull, func() error { card.Insert(); return nil }}, nil
	}
	service, err := identitytest.StartService(ctx)
	if err != nil {
		return nil, hand{}, err
	}
	r.later(func() { _ = service.Stop() }) // the process ends with this one anyway
	applet := identitytest.NewApplet(identitytest.PlainT1(identitytest.Slot{
		Ref: 0x9a, Key: me.key, Certificate: me.cert.Raw,
	}))
	plug := identitytest.NewPlug(0, applet)
	if err := plug.Insert(); err != nil {
		return nil, hand{}, err
	}
	r.later(plug.Pull)
	readers := piv.NewReaders()
	r.later(func() { _ = readers.Close() }) // nothing is held any more
	return readers, hand{plug.Pull, plug.Insert}, nil
}

// together waits until all members have the keys of one epoch.
func (r *run) together(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settle)
	defer cancel()
	for {
		v := r.own.Session.State()
		if v.Epoch != nil && len(v.Epoch.Leaves) == r.Members && v.Confirmed == r.Members {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-r.own.done:
			return fmt.Errorf("rehearsal: the person at this machine has left: %w", r.own.err)
		case <-ctx.Done():
			r.trouble("after %v %d of %d members had the keys", settle, v.Confirmed, r.Members)
			return nil
		}
	}
}

// joins waits for every member's first sound or picture.
func (r *run) joins(ctx context.Context) (all []time.Duration) {
	var wait sync.WaitGroup
	found := make(chan time.Duration, r.Members)
	for i, p := range r.cast {
		if i == mine || i == r.chair {
			continue // nobody was there to be seen when the chair came
		}
		wait.Go(func() {
			d := r.actors[p.ID]
			signed, err := d.wait(ctx, cue.SignedIn)
			if err != nil {
				return
			}
			if first, err := d.wait(ctx, cue.First); err == nil {
				found <- first.At.Sub(signed.At)
			}
		})
	}
	wait.Wait()
	close(found)
	for d := range found {
		all = append(all, d)
	}
	if first := r.own.Media.Stats().First(); !first.IsZero() {
		all = append(all, first.Sub(r.own.pin))
	}
	return all
}
