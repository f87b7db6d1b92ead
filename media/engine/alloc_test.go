package engine

import (
	"fmt"
	"image"
	"testing"
	"time"

	"incamera/media"
	"incamera/media/mix"
	"incamera/media/opus"
	"incamera/media/process"
	"incamera/media/relay"
)

// A table is an engine that hears three members, step by step.
type table struct {
	*Engine
	player  *player
	remotes [3]*relay.Remote
	voices  [3]*voice
	frame   []byte
	now     time.Time
	seq     uint16
}

func newTable(tb testing.TB) *table {
	t := &table{Engine: New(Options{}), player: new(player), now: time.UnixMilli(1_000_000)}
	t.player.mixer = mix.Mixer{Measure: process.Level, Limit: t.player.limiter.Limit}
	enc, err := opus.NewEncoder(opus.Standard())
	if err != nil {
		tb.Fatal(err)
	}
	defer enc.Close()
	var sound [media.FrameLen]float32
	for i := range sound {
		sound[i] = float32(i%96)/48 - 1
	}
	if t.frame, err = enc.Encode(nil, sound[:]); err != nil {
		tb.Fatal(err)
	}
	var names []string
	for i := range t.voices {
		names = append(names, fmt.Sprint("member ", i))
		if t.voices[i], err = t.voiceOf(t.member(names[i])); err != nil {
			tb.Fatal(err)
		}
		t.remotes[i] = new(relay.Remote)
		t.voices[i].join(t.remotes[i])
	}
	tb.Cleanup(t.silence)
	t.Permit(media.Permission{Heard: names})
	return t
}

// step is 20 ms: a frame of each, and two steps of playout.
func (t *table) step() {
	for i, v := range t.voices {
		v.push(t.remotes[i], relay.Info{Seq: t.seq, Stamp: uint32(t.seq) * media.FrameLen, Arrived: t.now}, t.frame)
	}
	t.seq++
	for range media.FrameLen / media.StepLen {
		t.mix(t.player, t.now)
		t.now = t.now.Add(media.Step)
	}
}

func TestSoundPathDoesNotAllocate(t *testing.T) {
	table := newTable(t)
	for range 100 {
		table.step()
	}
	if n := testing.AllocsPerRun(200, table.step); n > 0 {
		t.Errorf("%v allocations in 20 ms of three members", n)
	}
	if l := table.member("member 1").level.Level(); l.RMS < -30 {
		t.Errorf("level %v: nothing was heard", l)
	}
}

func TestPicturePathDoesNotAllocate(t *testing.T) {
	var s screen
	pic, dst := ramp(640, 360), image.NewRGBA(image.Rect(0, 0, 320, 180))
	path := func() {
		s.put(pic)
		s.Paint(dst)
	}
	for range shots {
		path()
	}
	if n := testing.AllocsPerRun(100, path); n >= 1 {
		t.Errorf("%v allocations a picture", n)
	}
}

func BenchmarkHearThree(b *testing.B) {
	t := newTable(b)
	b.ReportAllocs()
	for b.Loop() {
		t.step()
	}
}
