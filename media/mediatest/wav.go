package mediatest

import (
	"encoding/binary"
	"os"

	"incamera/media"
)

// WriteWAV writes samples, 48 kHz mono, as a file of 16-bit integers.
func WriteWAV(path string, samples []float32) error {
	size := uint32(2 * len(samples))
	le := binary.LittleEndian
	b := append(make([]byte, 0, 44+size), "RIFF"...)
	b = append(le.AppendUint32(b, 36+size), "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, 1) // integers
	b = le.AppendUint16(b, 1) // channels
	b = le.AppendUint32(b, media.SampleRate)
	b = le.AppendUint32(b, 2*media.SampleRate)
	b = le.AppendUint16(b, 2)
	b = append(le.AppendUint16(b, 16), "data"...)
	b = le.AppendUint32(b, size)
	for _, s := range samples {
		b = le.AppendUint16(b, uint16(int16(max(min(s, 1), -1)*32767)))
	}
	return os.WriteFile(path, b, 0o600)
}
