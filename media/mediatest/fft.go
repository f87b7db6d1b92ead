package mediatest

import "math"

// transform replaces x, whose length is a power of two, by its discrete
// Fourier transform (sign -1) or the inverse, not divided by the length (sign 1).
func transform(x []complex128, sign float64) {
	n := len(x)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		if j ^= bit; i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		butterflies(x, size, sign)
	}
}

// butterflies joins the transforms of halves of size.
func butterflies(x []complex128, size int, sign float64) {
	half := size / 2
	turns := make([]complex128, half)
	for k := range turns {
		sin, cos := math.Sincos(sign * 2 * math.Pi * float64(k) / float64(size))
		turns[k] = complex(cos, sin)
	}
	for start := 0; start < len(x); start += size {
		low, high := x[start:start+half], x[start+half:start+size]
		for k, t := range turns {
			a, b := low[k], high[k]*t
			low[k], high[k] = a+b, a-b
		}
	}
}

// products returns sums[lag] = Σ a[i]·b[i+lag] for lag from -len(a)+1 on; that
// of lag 0 is at the index len(a)-1.
func products(a, b []float32) []float64 {
	n := 1
	for n < len(a)+len(b) {
		n *= 2
	}
	x := make([]complex128, n)
	for i, s := range a { // reversed, so that convolution is correlation
		x[len(a)-1-i] = complex(float64(s), 0)
	}
	for i, s := range b {
		x[i] += complex(0, float64(s))
	}
	// Both transforms at once: the product of two real signals' transforms is
	// the imaginary part of the square's half.
	transform(x, -1)
	for i := range x {
		x[i] *= x[i]
	}
	transform(x, 1)
	sums := make([]float64, len(a)+len(b)-1)
	for i := range sums {
		sums[i] = imag(x[i]) / (2 * float64(n))
	}
	return sums
}
