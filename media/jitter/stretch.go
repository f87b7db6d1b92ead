package jitter

import "math"

// Speech is shortened and lengthened by whole periods of its pitch: two
// places that look alike are faded into each other.
const (
	fade   = 320 // samples: 6.7 ms
	minLag = 120 // 400 Hz
	maxLag = 640 // 75 Hz
	coarse = 4   // samples that the first search skips

	alike = 0.8   // least likeness of the two places
	just  = 0.5   // the same when it is urgent
	quiet = 0.003 // -50 dBFS: any two places are alike
)

// shorten appends x to dst with one period left out, if there is one.
func shorten(dst, x []float32, urgent bool) []float32 {
	least := alike
	if urgent {
		least = just
	}
	lag := period(x, least)
	if lag == 0 {
		return append(dst, x...)
	}
	dst = blend(dst, x, x[lag:])
	return append(dst, x[lag+fade:]...)
}

// lengthen appends x to dst with one period repeated, if there is one.
func lengthen(dst, x []float32) []float32 {
	lag := period(x, alike)
	if lag == 0 {
		return append(dst, x...)
	}
	dst = append(dst, x[:lag]...)
	dst = blend(dst, x[lag:], x)
	return append(dst, x[fade:]...)
}

// blend appends fade samples that go from those of from to those of to.
func blend(dst, from, to []float32) []float32 {
	for i := range fade {
		w := (float32(i) + 0.5) / fade
		dst = append(dst, from[i]*(1-w)+to[i]*w)
	}
	return dst
}

// period is how far apart the beginning of x and the place most like it are,
// in samples; zero when nothing is alike enough.
func period(x []float32, least float64) int {
	most := min(maxLag, len(x)-fade)
	if most < minLag {
		return 0
	}
	if energy(x[:fade+most]) < quiet*quiet*float64(fade+most) {
		return most
	}
	best, lag := 0.0, 0
	for l := minLag; l <= most; l += coarse {
		if s := likeness(x, l, coarse); s > best {
			best, lag = s, l
		}
	}
	best, lag = refine(x, lag, most)
	if best < least {
		return 0
	}
	return lag
}

// refine looks at each sample around lag.
func refine(x []float32, around, most int) (best float64, lag int) {
	for l := max(around-coarse+1, minLag); l <= min(around+coarse-1, most); l++ {
		if s := likeness(x, l, 1); s > best {
			best, lag = s, l
		}
	}
	return best, lag
}

// likeness is the normalised correlation of x and x lag later, over the
// length of a fade, at each skip-th sample.
func likeness(x []float32, lag, skip int) float64 {
	var ab, aa, bb float64
	for i := 0; i < fade; i += skip {
		a, b := float64(x[i]), float64(x[i+lag])
		ab += a * b
		aa += a * a
		bb += b * b
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

func energy(x []float32) (sum float64) {
	for _, s := range x {
		sum += float64(s) * float64(s)
	}
	return sum
}
