package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"incamera/cmd/incamera/client"
	"incamera/cmd/incamera/rehearsal"
	"incamera/cmd/seat"
	"incamera/identity"
	"incamera/identity/policy"
	"incamera/media/engine"
	"incamera/media/mediatest"
	"incamera/sitting"
)

// rehearseFlags are what `incamera rehearse` takes.
type rehearseFlags struct {
	as                           string
	members                      int
	seconds                      float64
	headless, reader, check      bool
	inCamera                     bool
	microphone, camera           string
	screenshot, report, language string
	verbose                      bool
}

func (f *rehearseFlags) parse(args []string) error {
	set := flag.NewFlagSet("incamera rehearse", flag.ContinueOnError)
	set.StringVar(&f.as, "as", "member", "your `role`: chair, member or clerk")
	set.IntVar(&f.members, "members", 4, "how `many` sit, you among them")
	set.Float64Var(&f.seconds, "seconds", 0, "rehearse and measure for as `long`, by itself; 0: until you leave")
	set.BoolVar(&f.headless, "headless", false, "no window")
	set.BoolVar(&f.reader, "reader", false, "your card is in a virtual reader, behind the system's smartcard service")
	set.BoolVar(&f.inCamera, "in-camera", false, "members wait until they are admitted; nothing is measured")
	set.StringVar(&f.microphone, "microphone", "", "a device's `id`, or a WAV file")
	set.StringVar(&f.camera, "camera", "", "a device's `id`, or a Y4M file; else a moving pattern")
	set.StringVar(&f.screenshot, "screenshot", "", "a PNG `file` for what is in the window towards the end")
	set.StringVar(&f.report, "report", "", "a JSON `file` for what was measured")
	set.StringVar(&f.language, "language", "", "the window's language: en or fr")
	set.BoolVar(&f.check, "check", false, "fail if anything did not happen that should have")
	set.BoolVar(&f.verbose, "verbose", false, "log what only those who debug want")
	if err := set.Parse(args); err != nil {
		return err
	}
	switch sitting.Role(f.as) {
	case sitting.RoleChair, sitting.RoleMember, sitting.RoleClerk:
	default:
		return fmt.Errorf("--as %s: it is chair, member or clerk", f.as)
	}
	if f.headless && f.screenshot != "" {
		return errors.New("--screenshot: without a window there is nothing to take a picture of")
	}
	if f.inCamera && (f.headless || f.seconds > 0) {
		return errors.New("--in-camera: nothing is measured of it, so that it goes neither with --headless nor with --seconds")
	}
	if f.headless && f.seconds == 0 {
		f.seconds = 30
	}
	return nil
}

// rehearse is `incamera rehearse`.
func rehearse(ctx context.Context, args []string) error {
	var f rehearseFlags
	if err := f.parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	rules, err := policy.Load("")
	if err != nil {
		return err
	}
	if err := mayRehearse(rules, f); err != nil {
		return err
	}
	level := slog.LevelWarn
	if f.verbose {
		level = slog.LevelDebug
	}
	o := rehearsal.Options{
		As: sitting.Role(f.as), Members: f.members, For: time.Duration(f.seconds * float64(time.Second)),
		Window: !f.headless, Reader: f.reader, InCamera: f.inCamera, Microphone: f.microphone, Camera: f.camera, Report: f.report,
		Log:      client.NewLog(os.Stderr, level, false),
		Progress: func(what string) { fmt.Println("rehearsal:", what) },
		Sit:      sitAlone,
		Shoot:    func() error { return nil },
	}
	if f.seconds == 0 {
		o.Lines = os.Stdin
	}
	if f.headless {
		return conclude(ctx, f, o)
	}
	return client.Rehearse(ctx, client.Show{
		Language: f.language, Screenshot: f.screenshot, Auto: f.seconds > 0, PIN: rehearsal.PIN,
	}, func(ctx context.Context, sit func(context.Context, rehearsal.Place) error, shoot func() error) error {
		o.Sit, o.Shoot = sit, shoot
		return conclude(ctx, f, o)
	})
}

// mayRehearse says what of a rehearsal policy does not allow.
func mayRehearse(p *policy.Policy, f rehearseFlags) error {
	switch {
	case !p.Has(policy.Rehearsal):
		return fmt.Errorf("the policy, set by %s, allows no rehearsals here", p.By("features_off"))
	case !p.Has(policy.FileDevices) && (seat.IsFile(f.microphone) || seat.IsFile(f.camera)):
		return fmt.Errorf("the policy, set by %s, allows no files as devices here", p.By("features_off"))
	}
	return nil
}

// conclude runs a rehearsal and says what came of it.
func conclude(ctx context.Context, f rehearseFlags, o rehearsal.Options) error {
	r, err := rehearsal.Run(ctx, o)
	if err != nil {
		return err
	}
	for _, t := range r.Troubles {
		fmt.Println("rehearsal: trouble:", t)
	}
	if f.seconds > 0 {
		summary(os.Stdout, r)
	}
	if f.report != "" {
		path, err := filepath.Abs(f.report)
		if err != nil {
			return err
		}
		fmt.Println("rehearsal: report:", path)
	}
	if f.check {
		return r.Check()
	}
	return nil
}

func summary(w io.Writer, r *rehearsal.Report) {
	fmt.Fprintf(w, `rehearsal: %d members, %s
  join        p95 %.0f ms      rekey  p95 %.0f ms      card out  %.0f / %.0f ms
  sound       mouth to ear p50 %.0f ms, p95 %.0f ms    correlation %.3f    concealed %.2f %%
  picture     %.1f frames/s, glass to glass p50 %.0f ms    %.1f dB    layers %v
  client      %.0f %% of a core, %.0f MB
`, r.Members, r.Suite, r.Join.P95, r.Rekey.P95, r.CardOut.CaptureStopped, r.CardOut.Left,
		r.Sound.MouthToEar.P50, r.Sound.MouthToEar.P95, r.Sound.Correlation, 100*r.Sound.Concealed,
		r.Picture.FPS, r.Picture.GlassToGlass.P50, r.Picture.PSNR, r.Picture.Layers, r.CPU.Client, r.RSS.Client)
}

// sitAlone takes the seat without a window.
func sitAlone(ctx context.Context, p rehearsal.Place) error {
	card, err := rehearsal.FirstCard(ctx, p.Readers)
	if err != nil {
		return err
	}
	ctx, cancel := seat.Hold(ctx, p.Readers, card)
	defer cancel()
	ask := &typist{pin: rehearsal.PIN}
	person, err := seat.SignIn(ctx, card, ask, p.Options)
	if err != nil {
		return err
	}
	defer person.Close()
	all, err := person.Sittings(ctx)
	if err != nil {
		return err
	}
	for _, i := range all {
		if i.Sitting == p.Sitting {
			s := person.Take(i, devicesOf(p), p.Hooks)
			s.Media.Camera(true)
			s.Media.Microphone(p.Microphone != seat.None)
			p.Seated(s, ask.typed)
			if err := s.Run(ctx); !errors.Is(err, identity.ErrCardRemoved) && !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		}
	}
	return errors.New("there is no invitation to the rehearsal")
}

// devicesOf opens what a place names.
func devicesOf(p rehearsal.Place) seat.Devices {
	d := seat.Named(p.System, p.Microphone, p.Loudspeaker, p.Camera)
	if p.Camera == rehearsal.Pattern {
		pattern := mediatest.NewPattern(image.Pt(1280, 720), 0)
		d.Camera = func(context.Context) (engine.PictureSource, error) { return mediatest.NewCamera(pattern, 30), nil }
	}
	return d
}

// A typist types the PIN at once, and remembers when.
type typist struct {
	pin   string
	typed time.Time
}

// PIN implements [identity.Asker].
func (t *typist) PIN(context.Context, identity.PINQuestion) ([]byte, error) {
	t.typed = time.Now()
	return []byte(t.pin), nil
}

// Touch implements [identity.Asker].
func (*typist) Touch(context.Context, identity.CardInfo) {}
