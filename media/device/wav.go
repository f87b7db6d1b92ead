package device

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"incamera/media"
)

// ErrFormat says that a file is not what it should be, or in a format that is
// not understood.
var ErrFormat = errors.New("device: file format not understood")

// maxSound is the longest sound that is read, in bytes: an hour of the
// largest common format.
const maxSound = 1 << 31

// A wave is the format of a WAV file.
type wave struct {
	tag, channels, bits int
	rate                int
}

// ReadWAV reads a RIFF WAVE file of any rate, of integers of 8 to 32 bits or
// of floats, and returns it as 48 kHz mono.
func ReadWAV(r io.Reader) ([]float32, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return nil, ErrFormat
	}
	var f wave
	for {
		name, size, err := chunk(r)
		if err != nil {
			return nil, err
		}
		switch name {
		case "fmt ":
			f, err = readFormat(r, size)
		case "data":
			return f.read(r, size)
		default:
			_, err = io.CopyN(io.Discard, r, size+size&1)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFormat, err)
		}
	}
}

func chunk(r io.Reader) (name string, size int64, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", 0, ErrFormat
	}
	return string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:])), nil
}

// The tags of formats.
const (
	integers   = 1
	floatTag   = 3
	extensible = 0xfffe // the tag is at the start of what follows
)

func readFormat(r io.Reader, size int64) (wave, error) {
	if size < 16 || size > 1024 {
		return wave{}, ErrFormat
	}
	b := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, b); err != nil {
		return wave{}, err
	}
	f := wave{
		tag: int(binary.LittleEndian.Uint16(b)), channels: int(binary.LittleEndian.Uint16(b[2:])),
		rate: int(binary.LittleEndian.Uint32(b[4:])), bits: int(binary.LittleEndian.Uint16(b[14:])),
	}
	if f.tag == extensible && size >= 26 {
		f.tag = int(binary.LittleEndian.Uint16(b[24:]))
	}
	return f, f.check()
}

func (f wave) check() error {
	ok := f.tag == integers && (f.bits == 8 || f.bits == 16 || f.bits == 24 || f.bits == 32) ||
		f.tag == floatTag && (f.bits == 32 || f.bits == 64)
	if !ok || f.channels < 1 || f.channels > 32 || f.rate < 1000 || f.rate > 768000 {
		return fmt.Errorf("%w: tag %d, %d channels, %d bits, %d Hz", ErrFormat, f.tag, f.channels, f.bits, f.rate)
	}
	return nil
}

// read reads size octets of samples, or up to the end: streamed files do not
// know their size.
func (f wave) read(r io.Reader, size int64) ([]float32, error) {
	if f.rate == 0 {
		return nil, ErrFormat
	}
	data, err := io.ReadAll(io.LimitReader(r, min(size, maxSound)))
	if err != nil {
		return nil, fmt.Errorf("device: cannot read sound: %w", err)
	}
	width := f.bits / 8
	frame := width * f.channels
	mono := make([]float32, len(data)/frame)
	for i := range mono {
		var sum float64
		for c := range f.channels {
			sum += f.sample(data[i*frame+c*width:])
		}
		mono[i] = float32(sum / float64(f.channels))
	}
	return Resample(mono, f.rate, media.SampleRate), nil
}

// sample reads one sample, as ±1.
func (f wave) sample(b []byte) float64 {
	switch {
	case f.tag == floatTag && f.bits == 64:
		return finite(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	case f.tag == floatTag:
		return finite(float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
	case f.bits == 8:
		return float64(int(b[0])-128) / (1 << 7)
	case f.bits == 16:
		return float64(int16(binary.LittleEndian.Uint16(b))) / (1 << 15)
	case f.bits == 24:
		return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 31)
	default:
		return float64(int32(binary.LittleEndian.Uint32(b))) / (1 << 31)
	}
}

// finite keeps what is no sample out.
func finite(v float64) float64 {
	if v >= -1 && v <= 1 {
		return v
	}
	if v > 1 {
		return 1
	}
	if v < -1 {
		return -1
	}
	return 0
}
