package mediatest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"incamera/media"
	"incamera/media/device"
)

// Speech returns words spoken by espeak-ng in voice ("en", "fr"), 48 kHz mono.
// The same words always sound the same; they are kept in the temporary folder.
func Speech(ctx context.Context, voice, words string) ([]float32, error) {
	sum := sha256.Sum256([]byte(voice + "\x00" + words))
	path := filepath.Join(os.TempDir(), "incamera-speech-"+hex.EncodeToString(sum[:8])+".wav")
	wav, err := os.ReadFile(path)
	if err != nil {
		if wav, err = speak(ctx, voice, words); err != nil {
			return nil, err
		}
		keep(path, wav)
	}
	return device.ReadWAV(bytes.NewReader(wav))
}

// speak has espeak-ng make a WAV file.
func speak(ctx context.Context, voice, words string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "espeak-ng", "-v", voice, "-s", "150", "--stdin", "--stdout")
	cmd.Stdin = bytes.NewReader([]byte(words))
	var said bytes.Buffer
	cmd.Stderr = &said
	wav, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("mediatest: cannot speak: %w: %s", err, bytes.TrimSpace(said.Bytes()))
	}
	return wav, nil
}

// keep writes path at once or not at all; that it cannot be kept is no error.
func keep(path string, wav []byte) {
	f, err := os.CreateTemp(filepath.Dir(path), "incamera-speech-*.part")
	if err != nil {
		return
	}
	_, err = f.Write(wav)
	if f.Close() != nil || err != nil || os.Rename(f.Name(), path) != nil {
		_ = os.Remove(f.Name())
	}
}

// Babble returns sound like speech, 48 kHz mono, made without any program:
// syllables of a voice whose pitch wanders, hisses, and pauses. The same seed
// always sounds the same; two seeds are nothing alike.
func Babble(seed uint64, d time.Duration) []float32 {
	r := rand.New(rand.NewPCG(seed, 0x1bc))
	n := int(d * media.SampleRate / time.Second)
	dst := make([]float32, 0, n+media.SampleRate)
	v := voice{pitch: 90 + 90*r.Float64()}
	for len(dst) < n {
		switch syllable := 0.08 + 0.2*r.Float64(); {
		case r.Float64() < 0.2:
			dst = append(dst, make([]float32, int(syllable*media.SampleRate))...)
		case r.Float64() < 0.15:
			dst = hiss(dst, r, int(syllable*media.SampleRate/2))
		default:
			dst = v.vowel(dst, r, int(syllable*media.SampleRate))
		}
	}
	return dst[:n]
}

// A voice hums: partials of its pitch, the louder the nearer to two formants.
type voice struct {
	pitch, phase float64 // in Hz, in turns
	weights      []float64
}

// partials up to highest are heard.
const highest = 3500

func (v *voice) vowel(dst []float32, r *rand.Rand, n int) []float32 {
	from, to := v.pitch, v.pitch*(0.85+0.3*r.Float64())
	first, second := 300+500*r.Float64(), 900+1500*r.Float64()
	for i := range n {
		at := float64(i) / float64(n)
		hz := from + (to-from)*at
		if i%media.StepLen == 0 {
			v.shape(hz, first, second)
		}
		v.phase += hz / media.SampleRate
		dst = append(dst, float32(0.15*v.sum()*math.Sin(math.Pi*at)))
	}
	v.pitch = 0.5*to + 0.5*(90+90*r.Float64())
	return dst
}

// shape weighs the partials of hz.
func (v *voice) shape(hz, first, second float64) {
	v.weights = v.weights[:0]
	for f := hz; f < highest; f += hz {
		a, b := (f-first)/120, (f-second)/180
		v.weights = append(v.weights, 0.02+1/(1+a*a)+0.5/(1+b*b))
	}
}

// sum adds the partials up; each sine follows from the two before.
func (v *voice) sum() (s float64) {
	sin, cos := math.Sincos(2 * math.Pi * v.phase)
	before, now := 0.0, sin
	for _, w := range v.weights {
		s += w * now
		before, now = now, 2*cos*now-before
	}
	return s
}

func hiss(dst []float32, r *rand.Rand, n int) []float32 {
	for i := range n {
		dst = append(dst, float32(0.05*r.NormFloat64()*math.Sin(math.Pi*float64(i)/float64(n))))
	}
	return dst
}
