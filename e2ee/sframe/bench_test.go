package sframe

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"math"
	"testing"
	"time"
)

// BenchmarkSeal reports sealing as a multiple of AES-128-GCM over the same
// bytes.
func BenchmarkSeal(b *testing.B) {
	for _, size := range []int{160, 10_000} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			r := NewKeyring(AES128GCM, time.Now)
			r.Advance(at(1, 0), 0)
			s, meta, payload := r.Sealer(), []byte{1}, make([]byte, size)
			out := make([]byte, 0, size+64)
			seal := func() { out, _, _ = s.Seal(out[:0], 0, meta, payload) }
			times := multiple(seal, gcm(size))
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				seal()
			}
			b.ReportMetric(times, "×floor")
			b.ReportMetric(float64(len(out)-size), "bytes")
		})
	}
}

// multiple is how many times as long own takes as floor: by the fastest of
// many short runs of each, one after the other, since others use the machine too.
func multiple(own, floor func()) float64 {
	best := [2]time.Duration{math.MaxInt64, math.MaxInt64}
	for range 1000 {
		for i, f := range []func(){own, floor} {
			begun := time.Now()
			for range 100 {
				f()
			}
			best[i] = min(best[i], time.Since(begun))
		}
	}
	return float64(best[0]) / float64(best[1])
}

// gcm is AES-128-GCM alone.
func gcm(size int) func() {
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
	return func() {
		nonce[0]++
		out = aead.Seal(out[:0], nonce, payload, nonce[:5])
	}
}
