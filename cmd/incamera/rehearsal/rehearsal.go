// Package rehearsal is a dry run of a sitting on one machine, with everything
// real but the people: a House and its cards, the service with its relay as
// processes of their own, delegates as the other members, a sound server
// without hardware. It measures what a person would notice and writes a report.
// It owns the folder and the processes of the run; it may touch everything
// that the client may.
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"incamera/cmd/seat"
	"incamera/identity"
	"incamera/identity/trust"
	"incamera/media/device"
	"incamera/media/mediatest"
	"incamera/sitting"
)

// Options are what a rehearsal can be told.
type Options struct {
	As         sitting.Role
	Members    int           // with the one at this machine; at least [Fewest], and 4 for what is measured
	For        time.Duration // 0: until the one at this machine leaves
	InCamera   bool          // members wait to be admitted; not for what is measured
	Window     bool          // a window says which pictures are on show
	Reader     bool          // the own card is in a virtual reader, behind the PC/SC service
	Microphone string        // a device, a WAV file; "": the sound server's own
	Camera     string        // a device, a Y4M file; "": a pattern
	Report     string        // a file; "": none
	Lines      io.Reader     // at each line, the own card is pulled or put in; nil for none
	Log        *slog.Logger
	Progress   func(string) // says what is being done

	// Sit has the person at this machine take the seat; it returns when that
	// has ended. It is called on a goroutine of its own.
	Sit func(context.Context, Place) error
	// Shoot takes the screenshot, when everything is on show.
	Shoot func() error
}

// A Place is all that the person at this machine needs to sit.
type Place struct {
	Readers identity.Readers
	Options seat.Options
	Sitting sitting.ID
	System  *device.System
	// Names of devices, see [seat.Named].
	Microphone, Loudspeaker, Camera string
	Hooks                           seat.Hooks
	// Seated is told of the seat, and when its PIN was typed, before it runs.
	Seated func(s *seat.Seat, pin time.Time)
}

// The sound server's sinks: what a member would hear from a loudspeaker, and
// what the speaker says into a microphone.
const (
	ear   = "incamera-ear"
	mouth = "incamera-mouth"
)

// A run is one rehearsal under way.
type run struct {
	Options
	*stage
	pulse    *mediatest.Pulse
	service  *child
	address  string
	actors   map[sitting.MemberID]*delegate
	own      *ownPlace
	report   Report
	cleanups []func()
}

// Run rehearses, and returns what it measured.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.InCamera && o.For > 0 {
		return nil, errors.New("rehearsal: what is measured is a public sitting")
	}
	fewest := Fewest
	if o.For > 0 {
		fewest = fewestMeasured
	}
	if o.Members < fewest {
		return nil, fmt.Errorf("rehearsal: %d members are too few, %d are needed", o.Members, fewest)
	}
	r := &run{Options: o, actors: map[sitting.MemberID]*delegate{}}
	defer r.close()
	begun := time.Now()
	err := r.play(ctx)
	r.report.Members, r.report.Seconds = o.Members, time.Since(begun).Round(100*time.Millisecond).Seconds()
	if o.Report != "" {
		if err := errors.Join(os.MkdirAll(filepath.Dir(o.Report), 0o755), r.report.Write(o.Report)); err != nil {
			return nil, err
		}
	}
	return &r.report, err
}

// later is done when the rehearsal ends, last first.
func (r *run) later(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *run) close() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}

// trouble notes what did not go as it should; the rehearsal goes on.
func (r *run) trouble(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.Log.Warn("rehearsal", "trouble", text)
	r.report.Troubles = append(r.report.Troubles, text)
}

// play builds the stage, has everybody in, and lets the sitting take its course.
func (r *run) play(ctx context.Context) error {
	r.report.Troubles = []string{}
	if err := r.build(ctx); err != nil {
		return err
	}
	err := r.enter(ctx)
	switch {
	case errors.Is(err, errDeclined) && r.For == 0: // there is nothing to rehearse, nor to measure
		return nil
	case err != nil:
		return err
	}
	if r.For > 0 {
		r.measure(ctx)
	} else {
		r.preside(ctx)
	}
	return r.leave()
}

// build makes the folder, the sound server and the service.
func (r *run) build(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "incamera-rehearsal-")
	if err != nil {
		return err
	}
	r.later(func() { _ = os.RemoveAll(dir) }) // what is left is in the temporary folder
	r.Progress("a House, cards and an order of the day")
	kind := sitting.Public
	if r.InCamera {
		kind = sitting.InCamera
	}
	if r.stage, err = newStage(dir, r.Members, r.As, kind, time.Now()); err != nil {
		return err
	}
	r.report.Suite = r.order.Suite
	if r.For > 0 {
		r.Progress("a sound server")
		if r.pulse, err = mediatest.StartPulse(ctx, ear, mouth); err != nil {
			return err
		}
		r.later(func() { _ = r.pulse.Close() }) // the process ends with this one anyway
		if err := os.Setenv("PULSE_SERVER", r.pulse.Server); err != nil {
			return err
		}
	}
	r.Progress("the service and its relay")
	if r.service, r.address, err = r.startService(ctx); err != nil {
		return err
	}
	r.later(r.service.stop)
	return nil
}

// seatOptions are those of the person at this machine.
func (r *run) seatOptions() (seat.Options, error) {
	anchors, err := trust.LoadAnchors(r.house.AnchorsPEM())
	return seat.Options{Service: r.address, Anchors: anchors, Loopback: true, Log: r.Log}, err
}
