package rehearsal

import (
	"context"
	"errors"
	"image"
	"math"
	"slices"
	"time"

	"incamera/cmd/cue"
	"incamera/media/mediatest"
	"incamera/sitting"
)

// The course of a measured rehearsal, before its end.
const (
	closing   = 6 * time.Second // for the removal, the card and leaving
	shortest  = 5 * time.Second // of speech
	answerIn  = 10 * time.Second
	sizeEvery = 3 * time.Second // how long a tile has one size
)

// speech is what is said, again and again.
const speech = "Mister Speaker, I rise on a point of order. The honourable member has asked " +
	"how the House will hear all of its members, in both official languages, wherever they are. " +
	"Monsieur le Président, la réponse est simple: chacun parle quand il a la parole."

// measure lets the sitting take its course, measuring, for as long as asked.
func (r *run) measure(ctx context.Context) {
	until := time.Now().Add(max(r.For-closing, shortest))
	r.Progress("the floor is given; it is heard and seen")
	r.give(ctx)
	r.hearAndSee(ctx, until)

	joined, cancel := context.WithTimeout(ctx, answerIn)
	r.report.Join = spread(r.joins(joined))
	cancel()
	if err := r.Shoot(); err != nil {
		r.trouble("no screenshot: %v", err)
	}
	r.Progress("the floor is taken back, a member is removed, a card is pulled")
	r.hush(ctx)
	r.remove(ctx)
	r.count()
	r.cardOut(ctx)
}

// give has the speaker raise a hand, and the chair give the floor.
func (r *run) give(ctx context.Context) {
	who := r.cast[speaker].ID
	d := r.actors[who]
	err := d.do(cue.Raise)
	if err == nil {
		err = r.until(ctx, func() bool { return r.own.Session.State().State.HandUp(who) })
	}
	if err == nil {
		err = r.chairs(cue.Give, who)
	}
	if err == nil {
		_, err = d.wait(ctx, cue.Floor)
	}
	if err != nil {
		r.trouble("the floor was not given: %v", err)
	}
}

// hush has the chair take the floor back, and waits for the silence that the
// relay makes up in place of the speaker: it is not sealed, and has to be dropped.
func (r *run) hush(ctx context.Context) {
	err := r.chairs(cue.Take, r.cast[speaker].ID)
	if err == nil {
		err = r.until(ctx, func() bool { return r.own.Keys.Counts().NotSealed > 0 })
	}
	if err != nil {
		r.trouble("the relay's own silence did not come: %v", err)
	}
}

// chairs has the chair do something, whoever that is.
func (r *run) chairs(verb cue.Verb, who sitting.MemberID) error {
	if r.As != sitting.RoleChair {
		return r.actors[r.cast[r.chair].ID].do(verb, string(who))
	}
	switch verb {
	case cue.Give:
		return r.own.Session.GiveFloor(who)
	case cue.Take:
		return r.own.Session.TakeFloor(who)
	default:
		return r.own.Session.Remove(who, "rehearsal")
	}
}

// until waits until what is true, or long enough.
func (r *run) until(ctx context.Context, what func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	for !what() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

// hearAndSee speaks into the speaker's microphone and records the own
// loudspeaker, while the speaker's picture is looked at.
func (r *run) hearAndSee(ctx context.Context, until time.Time) {
	if err := r.until(ctx, func() bool { return r.own.Media.Stats().Members[string(r.cast[speaker].ID)].SoundOpened > 0 }); err != nil {
		r.trouble("the speaker is not heard: %v", err)
	}
	words, err := mediatest.Speech(ctx, "en", speech)
	if err != nil {
		r.trouble("there is no speech: %v", err)
		return
	}
	in, err := r.pulse.Record(ctx, mouth+".monitor")
	if err != nil {
		r.trouble("the microphone cannot be recorded: %v", err)
		return
	}
	out, err := r.pulse.Record(ctx, ear+".monitor")
	if err != nil {
		_, _ = in.Stop()
		r.trouble("the loudspeaker cannot be recorded: %v", err)
		return
	}
	playing, stop := context.WithDeadline(ctx, until)
	defer stop()
	go func() { // ends with playing
		for playing.Err() == nil {
			_ = r.pulse.Play(playing, mouth, words) // what was not said is not correlated
		}
	}()
	r.own.eye.begin(time.Now())
	meter := r.startMeter()
	r.look(playing)
	meter.stop(r) // comparing is no part of a sitting
	r.own.eye.end(time.Now())
	if err := r.own.Media.Meter().Fault; err != nil {
		r.trouble("the own devices: %v", err)
	}
	said, e1 := in.Stop()
	heard, e2 := out.Stop()
	if err := errors.Join(e1, e2); err != nil {
		r.trouble("%v", err)
		return
	}
	r.compare(said, heard)
}

// look shows tiles of other sizes as time goes by, as a window would, until
// ctx ends: the speaker large, the others small, one of them in between.
func (r *run) look(ctx context.Context) {
	if r.Window {
		<-ctx.Done()
		return
	}
	large, small, middle := image.Pt(1280, 720), image.Pt(320, 180), image.Pt(640, 360)
	for turn := 0; ctx.Err() == nil; turn++ {
		tiles := map[string]image.Point{}
		for i, p := range r.cast[1:] {
			tiles[string(p.ID)] = small
			if i > 0 && (i+turn)%2 == 0 {
				tiles[string(p.ID)] = middle
			}
		}
		tiles[string(r.cast[speaker].ID)] = large
		r.own.Media.Visible(tiles)
		select {
		case <-ctx.Done():
		case <-time.After(sizeEvery):
		}
	}
}

// compare finds what went into the microphone in what came out of the
// loudspeaker.
func (r *run) compare(in, out mediatest.Recording) {
	const (
		reach = time.Second
		alike = 0.7 // below it, half a second of speech may be found where it is not
	)
	m := in.FindIn(out, reach)
	if len(m) == 0 {
		r.trouble("no speech was recorded")
		return
	}
	p50, p95, correlation := mediatest.Summary(m, alike)
	if p50 == 0 {
		r.trouble("nothing of what was said was recognised at the loudspeaker")
	}
	r.report.Sound.MouthToEar = Spread{ms(p50), ms(p95)}
	r.report.Sound.Correlation = math.Round(correlation*1000) / 1000
}

// remove removes one delegate, and waits for all who remain to have new keys.
func (r *run) remove(ctx context.Context) {
	who := r.cast[removed].ID
	before := r.own.Session.State().Epoch
	if before == nil {
		r.trouble("nobody can be removed: there are no keys")
		return
	}
	asked := time.Now()
	if err := r.chairs(cue.Remove, who); err != nil {
		r.trouble("the removal was not asked for: %v", err)
		return
	}
	last, err := r.rekeyed(ctx, before.Number, who)
	if err != nil {
		r.trouble("after the removal: %v", err)
		return
	}
	d := last.Sub(asked)
	r.report.Rekey = Counted{spread([]time.Duration{d}), 1}
}

// rekeyed returns when the last of those who remain had a later epoch.
func (r *run) rekeyed(ctx context.Context, before uint64, gone sitting.MemberID) (last time.Time, err error) {
	err = r.until(ctx, func() bool { e := r.own.Session.State().Epoch; return e != nil && e.Number > before })
	if err != nil {
		return last, err
	}
	last = time.Now()
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	for id, d := range r.actors {
		if id == gone {
			continue
		}
		n, err := d.waitFor(ctx, func(n cue.Note) bool { return n.What == cue.Epoch && n.N > before })
		if err != nil {
			return last, err
		}
		if n.At.After(last) {
			last = n.At
		}
	}
	return last, nil
}

// count takes what the own keyring and media path have counted.
func (r *run) count() {
	who := string(r.cast[speaker].ID)
	s, k := r.own.Media.Stats(), r.own.Keys.Counts()
	r.report.Sealing = Sealing{Sealed: k.Sealed, Opened: k.Opened, Rejected: k.Rejected() - k.NotSealed, Clear: k.NotSealed}
	r.report.Sound.Opened = s.Members[who].SoundOpened
	r.report.Sound.Concealed = math.Round(s.ConcealedRatio()*1e5) / 1e5
	picture := r.own.eye.report()
	picture.Layers = []int{}
	for _, m := range s.Members {
		for height := range m.Layers {
			if !slices.Contains(picture.Layers, height) {
				picture.Layers = append(picture.Layers, height)
			}
		}
	}
	slices.Sort(picture.Layers)
	r.report.Picture = picture
	if v := r.own.Session.State(); len(v.Alarms) > 0 || len(v.Withheld) > 0 {
		r.trouble("alarms: %v, withheld: %v", v.Alarms, v.Withheld)
	}
}

// cardOut pulls a card: the own one, if it is in a reader, else the speaker's.
func (r *run) cardOut(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	witness := r.actors[r.cast[r.chair].ID]
	if r.Reader {
		pulled := time.Now()
		r.own.hand.pull()
		if err := r.until(ctx, func() bool { return !r.own.CaptureStopped().IsZero() }); err != nil {
			r.trouble("the own card was pulled, and nothing came of it: %v", err)
			return
		}
		r.report.CardOut.CaptureStopped = ms(r.own.CaptureStopped().Sub(pulled))
		r.leftBy(ctx, witness, r.cast[mine].ID, pulled)
		r.speakerEnds(ctx)
		return
	}
	d := r.actors[r.cast[speaker].ID]
	if err := d.do(cue.Pull); err != nil {
		r.trouble("the card was not pulled: %v", err)
		return
	}
	pulled, err := d.wait(ctx, cue.CardOut)
	if err == nil {
		r.leftBy(ctx, witness, d.ID, pulled.At)
		var stopped cue.Note
		if stopped, err = d.wait(ctx, cue.Stopped); err == nil {
			r.report.CardOut.CaptureStopped = ms(stopped.At.Sub(pulled.At))
		}
	}
	if err != nil {
		r.trouble("after the card was pulled: %v", err)
	}
	r.speakerEnds(ctx)
}

// leftBy measures when the witness saw who's seat given up.
func (r *run) leftBy(ctx context.Context, witness *delegate, who sitting.MemberID, pulled time.Time) {
	n, err := witness.waitFor(ctx, func(n cue.Note) bool { return n.What == cue.Seen && n.Text == string(who) })
	if err != nil {
		r.trouble("the seat was not left: %v", err)
		return
	}
	r.report.CardOut.Left = ms(n.At.Sub(pulled))
}

// speakerEnds learns from the speaker how many frames of voice were sent.
func (r *run) speakerEnds(ctx context.Context) {
	d := r.actors[r.cast[speaker].ID]
	if r.Reader {
		_ = d.do(cue.Leave) // else it ends when asked to
	}
	n, err := d.wait(ctx, cue.Counted)
	if err != nil || n.Of == nil {
		r.trouble("the speaker did not say what was sent: %v", err)
		return
	}
	r.report.Sound.Sent = n.Of.Sound
}

// leave ends the sitting for everybody.
func (r *run) leave() error {
	r.own.end(nil)
	<-r.own.done
	if err := r.own.err; err != nil && !r.Reader {
		return err
	}
	return nil
}
