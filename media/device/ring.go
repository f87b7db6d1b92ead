package device

import "sync/atomic"

// ringLen is how many samples a ring holds: 341 ms. A power of two.
const ringLen = 1 << 14

// A ring passes samples from one goroutine or thread to another, without a
// lock. One side only writes, the other only reads.
type ring struct {
	samples [ringLen]float32
	written atomic.Uint64 // samples ever; only the writer adds
	read    atomic.Uint64 // samples ever; only the reader adds
}

// held is how many samples can be read.
func (r *ring) held() int { return int(r.written.Load() - r.read.Load()) }

// write copies from src what fits, and returns how much that was.
func (r *ring) write(src []float32) int {
	at := r.written.Load()
	n := min(len(src), ringLen-int(at-r.read.Load()))
	first := copy(r.samples[at%ringLen:], src[:n])
	copy(r.samples[:], src[first:n])
	r.written.Store(at + uint64(n))
	return n
}

// take copies to dst what there is, and returns how much that was.
func (r *ring) take(dst []float32) int {
	at := r.read.Load()
	n := min(len(dst), int(r.written.Load()-at))
	first := copy(dst[:n], r.samples[at%ringLen:])
	copy(dst[first:n], r.samples[:])
	r.read.Store(at + uint64(n))
	return n
}

// skip forgets the n oldest samples; there are as many.
func (r *ring) skip(n int) { r.read.Add(uint64(n)) }
