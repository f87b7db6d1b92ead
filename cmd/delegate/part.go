package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"maps"
	"sync"
	"time"

	"incamera/cmd/cue"
	"incamera/cmd/seat"
	"incamera/identity"
	"incamera/identity/identitytest"
	"incamera/media/device"
	"incamera/media/engine"
	"incamera/media/mediatest"
	"incamera/sitting"
)

// look is how often the media path is looked at, until it has begun.
const look = 20 * time.Millisecond

// A part is what a delegate plays.
type part struct {
	card    *identitytest.Card
	line    *cue.Line
	sitting sitting.ID
	devices seat.Devices
	options seat.Options

	seat *seat.Seat
	told map[cue.Event]bool // notes that are given once; owned by watch
	seen map[sitting.MemberID]bool
	last uint64 // the epoch told last
}

// named returns the devices that the flags name. The pattern is a moving
// picture in which its number and time can be read.
func named(system *device.System, f flags) seat.Devices {
	d := seat.Named(system, f.microphone, f.loudspeaker, f.camera)
	if f.camera == "pattern" {
		pattern := mediatest.NewPattern(image.Pt(1280, 720), f.hue)
		d.Camera = func(context.Context) (engine.PictureSource, error) { return mediatest.NewCamera(pattern, 30), nil }
	}
	return d
}

// play signs in, sits until it is told to leave or the sitting is over, and
// tells of it.
func (p *part) play(ctx context.Context, in io.Reader) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	ask := new(asker)
	person, err := seat.SignIn(ctx, p.card, ask, p.options)
	if err != nil {
		return err
	}
	defer person.Close()
	p.tell(cue.Note{At: ask.at(), What: cue.SignedIn})
	invitation, err := p.choose(ctx, person)
	if err != nil {
		return err
	}
	p.seat = person.Take(invitation, p.devices, seat.Hooks{})
	p.seat.Media.Camera(p.devices.Camera != nil)
	p.seat.Media.Microphone(p.devices.Microphone != nil)

	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wait sync.WaitGroup
	wait.Go(func() { p.watch(watching) })
	go func() { // ends with the process: nothing interrupts a read of standard input
		_ = cue.Hear(in, func(c cue.Cue) { p.take(c, end) })
		end(nil) // the rehearsal has gone
	}()
	err = p.seat.Run(ctx)
	stop()
	wait.Wait()
	p.finish()
	if errors.Is(err, identity.ErrCardRemoved) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (p *part) choose(ctx context.Context, person *seat.Person) (seat.Invitation, error) {
	all, err := person.Sittings(ctx)
	for _, i := range all {
		if p.sitting == "" || i.Sitting == p.sitting {
			return i, nil
		}
	}
	return seat.Invitation{}, errors.Join(fmt.Errorf("no invitation to sitting %q", p.sitting), err)
}

// take does what a cue says.
func (p *part) take(c cue.Cue, end context.CancelCauseFunc) {
	s, who := p.seat.Session, sitting.MemberID(c.Who)
	var err error
	switch c.Do {
	case cue.Raise:
		err = s.RaiseHand()
	case cue.Give:
		err = s.GiveFloor(who)
	case cue.Take:
		err = s.TakeFloor(who)
	case cue.Admit:
		err = s.Admit(who)
	case cue.Remove:
		err = s.Remove(who, "rehearsal")
	case cue.Speak, cue.Mute:
		p.seat.Media.Microphone(c.Do == cue.Speak)
	case cue.Pull:
		p.tell(cue.Note{At: time.Now(), What: cue.CardOut})
		p.card.Pull()
		end(identity.ErrCardRemoved)
	case cue.Leave:
		err = s.Leave()
	default:
		err = fmt.Errorf("no such cue: %q", c.Do)
	}
	if err != nil {
		p.tell(cue.Note{At: time.Now(), What: cue.Trouble, Text: err.Error()})
	}
}

// watch tells what happens, until ctx ends.
func (p *part) watch(ctx context.Context) {
	p.told, p.seen = map[cue.Event]bool{}, map[sitting.MemberID]bool{}
	ticks := time.NewTicker(look)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.seat.Session.Changed():
			p.follow()
		case <-ticks.C:
			if p.listen() {
				ticks.Stop()
			}
		}
	}
}

// follow tells what has changed in the sitting.
func (p *part) follow() {
	v := p.seat.Session.State()
	now := time.Now()
	if _, ok := v.State.Seat(v.Me); ok {
		p.once(cue.Note{At: now, What: cue.Seated})
	}
	if v.State.HasFloor(v.Me) {
		p.once(cue.Note{At: now, What: cue.Floor})
	}
	if v.Epoch != nil && v.Epoch.Number != p.last {
		p.last = v.Epoch.Number
		p.tell(cue.Note{At: now, What: cue.Epoch, N: v.Epoch.Number, Text: fmt.Sprint(len(v.Epoch.Leaves))})
	}
	here := map[sitting.MemberID]bool{}
	for _, t := range v.State.Seats {
		here[t.Member] = true
	}
	for who := range p.seen {
		if !here[who] {
			p.tell(cue.Note{At: now, What: cue.Seen, Text: string(who)})
		}
	}
	if !maps.Equal(p.seen, here) {
		p.watchOthers(v.State.Seats, v.Me)
	}
	p.seen = here
}

// tiles is how many others a delegate looks at, as small as can be.
const tiles = 3

func (p *part) watchOthers(seats []sitting.Seat, me sitting.MemberID) {
	on := map[string]image.Point{}
	for _, t := range seats {
		if t.Member != me && len(on) < tiles {
			on[string(t.Member)] = image.Pt(320, 180)
		}
	}
	p.seat.Media.Visible(on)
}

// listen tells what has happened on the media path, and reports whether that
// is all.
func (p *part) listen() bool {
	s := p.seat.Media.Stats()
	if s.Sound.Sent+s.Picture.Sent > 0 {
		p.once(cue.Note{At: time.Now(), What: cue.OnAir})
	}
	if first := s.First(); !first.IsZero() {
		p.once(cue.Note{At: first, What: cue.First})
	}
	return p.told[cue.First] && p.told[cue.OnAir]
}

// finish tells how it ended.
func (p *part) finish() {
	c := p.seat.Keys.Counts()
	p.tell(cue.Note{At: p.seat.CaptureStopped(), What: cue.Stopped})
	p.tell(cue.Note{At: time.Now(), What: cue.Counted, Of: &cue.Counts{
		Sound: p.seat.Media.Stats().Sound.Sent, Sealed: c.Sealed, Opened: c.Opened, Rejected: c.Rejected(),
	}})
	p.tell(cue.Note{At: time.Now(), What: cue.Gone})
}

func (p *part) once(n cue.Note) {
	if !p.told[n.What] {
		p.told[n.What] = true
		p.tell(n)
	}
}

// tell cannot do more than try: when nobody listens, the rehearsal has gone.
func (p *part) tell(n cue.Note) { _ = p.line.Say(n) }
