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

// A Recorder records until it is stopped.
type Recorder struct {
	cmd   *exec.Cmd
	first chan struct{} // closed when there is sound
	done  chan struct{} // closed when all has been read
	said  bytes.Buffer

	recording Recording // valid when done
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
	r := &Recorder{
		cmd:   p.command(ctx, "parec", format(source, recording)...),
		first: make(chan struct{}), done: make(chan struct{}),
	}
	r.cmd.Stderr = &r.said
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := r.cmd.Start(); err != nil {
		return nil, fmt.Errorf("mediatest: cannot record: %w", err)
	}
	go r.read(out)
	select {
	case <-r.first:
		return r, nil
	case <-r.done:
		return nil, fmt.Errorf("mediatest: cannot record %s: %s", source, bytes.TrimSpace(r.said.Bytes()))
	}
}

// read takes samples until the end. Sound that comes late says nothing about
// when it began; what comes soonest does.
func (r *Recorder) read(out io.Reader) {
	defer close(r.done)
	buf, rest := make([]byte, 1<<16), 0
	for {
		n, err := out.Read(buf[rest:])
		if err != nil {
			_ = r.cmd.Wait() // it was told to stop, or has said why it cannot
			return
		}
		n += rest
		rest = n % 4
		r.take(buf[:n-rest], time.Now())
		copy(buf, buf[n-rest:n])
	}
}

// take takes whole samples that came now.
func (r *Recorder) take(b []byte, now time.Time) {
	opening := len(r.recording.Samples) == 0
	for ; len(b) >= 4; b = b[4:] {
		r.recording.Samples = append(r.recording.Samples, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	length := time.Duration(len(r.recording.Samples)) * time.Second / media.SampleRate
	if start := now.Add(-length); opening || start.Before(r.recording.Start) {
		r.recording.Start = start
	}
	if opening && length > 0 {
		close(r.first)
	}
}

// Stop ends the recording and returns it.
func (r *Recorder) Stop() Recording {
	_ = r.cmd.Process.Signal(os.Interrupt) // it may have ended
	<-r.done
	return r.recording
}

// Play plays samples, 48 kHz mono, to sink, and returns when they have been
// played or ctx ends.
func (p *Pulse) Play(ctx context.Context, sink string, samples []float32) error {
	b := make([]byte, 0, 4*len(samples))
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(s))
	}
	cmd := p.command(ctx, "pacat", append(format(sink, playing), "--playback")...)
	cmd.Stdin = bytes.NewReader(b)
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
