package sframe

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"testing"
	"time"
)

// BenchmarkSeal reports sealing as a multiple of AES-128-GCM over the same
// bytes, both measured in this run.
func BenchmarkSeal(b *testing.B) {
	for _, size := range []int{160, 10_000} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			r := NewKeyring(AES128GCM, time.Now)
			r.Advance(at(1, 0), 0)
			s, meta, payload := r.Sealer(), []byte{1}, make([]byte, size)
			out := make([]byte, 0, size+64)
			before := gcmFloor(size)
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				out, _, _ = s.Seal(out[:0], 0, meta, payload)
			}
			own := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			b.ReportMetric(own/((before+gcmFloor(size))/2), "×floor")
			b.ReportMetric(float64(len(out)-size), "bytes")
		})
	}
}

// gcmFloor is the time in ns of AES-128-GCM alone.
func gcmFloor(size int) float64 {
	block, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	nonce, payload := make([]byte, 12), make([]byte, size)
	out := make([]byte, 0, size+16)
	const rounds = 200_000
	begun := time.Now()
	for range rounds {
		nonce[0]++
		out = aead.Seal(out[:0], nonce, payload, nonce[:5])
	}
	return float64(time.Since(begun).Nanoseconds()) / rounds
}
