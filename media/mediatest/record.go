package mediatest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strconv"
	"time"

	"incamera/media"
)

// A Recording is sound and when it began, by the clock of the machine.
// Recordings of one server are off by the same few milliseconds.
type Recording struct {
	Start   time.Time
	Samples []float32 // 48 kHz mono
}

// From returns the recording from t on.
func (r Recording) From(t time.Time) Recording {
	n := int(t.Sub(r.Start) * media.SampleRate / time.Second)
	n = min(max(n, 0), len(r.Samples))
	return Recording{r.Start.Add(time.Duration(n) * time.Second / media.SampleRate), r.Samples[n:]}
}

// A Recorder records until it is stopped. The sound is kept in a file: who
// records is also who is measured.
type Recorder struct {
	cmd   *exec.Cmd
	first chan struct{} // closed when there is sound
	done  chan struct{} // closed when all has been read
	said  bytes.Buffer

	// valid when done
	start time.Time
	kept  *os.File // without a name
	n     int      // bytes in it
	err   error    // why not all is in it
}

// format is that of the streams of parec and pacat, which move sound latency
// at a time: the server and they wake up as often.
func format(device string, latency time.Duration) []string {
	return []string{
		"--device=" + device, "--raw", "--format=float32le", "--rate=48000", "--channels=1",
		"--latency-msec=" + strconv.FormatInt(latency.Milliseconds(), 10), "--client-name=incamera-test",
	}
}

// Latencies: a recording says when it began as well as one piece of it came
// soon; whoever only plays has all of it in hand.
const (
	recording = 20 * time.Millisecond
	playing   = 100 * time.Millisecond
	attending = 50 * time.Millisecond
)

// Record records from source, such as a sink's monitor. It returns once sound comes.
func (p *Pulse) Record(ctx context.Context, source string) (*Recorder, error) {
	kept, err := os.CreateTemp(p.dir, "recording-")
	if err != nil {
		return nil, err
	}
	r := &Recorder{
		cmd:   p.command(ctx, "parec", format(source, recording)...),
		first: make(chan struct{}), done: make(chan struct{}), kept: kept,
	}
	r.cmd.Stderr = &r.said
	out, err := r.cmd.StdoutPipe()
	if err = errors.Join(err, os.Remove(kept.Name())); err == nil {
		err = r.cmd.Start()
	}
	if err != nil {
		kept.Close()
		return nil, fmt.Errorf("mediatest: cannot record: %w", err)
	}
	go r.read(out)
	select {
	case <-r.first:
		return r, nil
	case <-r.done:
		kept.Close()
		return nil, fmt.Errorf("mediatest: cannot record %s: %s", source, bytes.TrimSpace(r.said.Bytes()))
	}
}

// read takes sound until the end.
func (r *Recorder) read(out io.Reader) {
	defer close(r.done)
	buf := make([]byte, 1<<16)
	for {
		n, err := out.Read(buf)
		if err != nil {
			_ = r.cmd.Wait() // it was told to stop, or has said why it cannot
			return
		}
		r.take(buf[:n], time.Now())
	}
}

// sample is the length of one, in bytes.
const sample = 4

// take keeps b, which came now. Sound that comes late says nothing about when
// it began; what comes soonest does.
func (r *Recorder) take(b []byte, now time.Time) {
	opening := r.n == 0
	if _, err := r.kept.Write(b); err != nil && r.err == nil {
		r.err = err
	}
	r.n += len(b)
	length := time.Duration(r.n/sample) * time.Second / media.SampleRate
	if start := now.Add(-length); opening || start.Before(r.start) {
		r.start = start
	}
	if opening {
		close(r.first)
	}
}

// Stop ends the recording and returns it.
func (r *Recorder) Stop() (Recording, error) {
	_ = r.cmd.Process.Signal(os.Interrupt) // it may have ended
	<-r.done
	defer r.kept.Close()
	b := make([]byte, r.n/sample*sample)
	if _, err := r.kept.ReadAt(b, 0); r.err != nil || err != nil {
		return Recording{}, fmt.Errorf("mediatest: the recording is lost: %w", errors.Join(r.err, err))
	}
	got := Recording{r.start, make([]float32, 0, len(b)/sample)}
	for ; len(b) > 0; b = b[sample:] {
		got.Samples = append(got.Samples, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return got, nil
}

// Play plays samples, 48 kHz mono, to sink, and returns when they have been
// played or ctx ends.
func (p *Pulse) Play(ctx context.Context, sink string, samples []float32) error {
	cmd := p.command(ctx, "pacat", append(format(sink, playing), "--playback")...)
	cmd.Stdin = &raw{samples}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return errors.Join(fmt.Errorf("mediatest: cannot play: %s", bytes.TrimSpace(said.Bytes())), err)
	}
	return nil
}

// A raw reads samples as pacat wants them.
type raw struct{ samples []float32 }

func (r *raw) Read(p []byte) (n int, err error) {
	if len(r.samples) == 0 {
		return 0, io.EOF
	}
	for ; n+sample <= len(p) && len(r.samples) > 0; n += sample {
		binary.LittleEndian.PutUint32(p[n:], math.Float32bits(r.samples[0]))
		r.samples = r.samples[1:]
	}
	return n, nil
}
