package mediatest

import (
	"math"
	"slices"
	"time"

	"incamera/media"
	"incamera/media/device"
)

// rate is that at which sound is compared, in Hz: what is above 4 kHz does
// not count, and a delay is known to an eighth of a millisecond.
const rate = 8000

// A Match says where sound was found again.
type Match struct {
	Delay       time.Duration
	Correlation float64 // 1 when it is the same but for loudness, 0 when nothing alike
}

// Correlate finds reference in recorded, both 48 kHz mono. Delay is how much
// later it is there; negative when recorded had begun later.
func Correlate(reference, recorded []float32) Match {
	a, b := lower(reference), lower(recorded)
	return best(a, b, len(a)/2, -len(a), len(b))
}

// Matches finds each window of reference, half a second long, in recorded, which
// began at the same time: no earlier than it was, and no later than within.
// Windows of silence are left out.
func Matches(reference, recorded []float32, within time.Duration) []Match {
	return Recording{Samples: reference}.FindIn(Recording{Samples: recorded}, within)
}

// FindIn does what [Matches] does, for recordings that began at any time by
// the clock of both.
func (r Recording) FindIn(recorded Recording, within time.Duration) []Match {
	const window, hop = rate / 2, rate / 4
	a, b := lower(r.Samples), lower(recorded.Samples)
	skip := int(r.Start.Sub(recorded.Start) * rate / time.Second) // of b, when a begins
	reach := int(within * rate / time.Second)
	var all []Match
	for at := 0; at+window <= len(a); at += hop {
		from, to := max(at+skip, 0), min(at+skip+window+reach, len(b))
		part := a[at : at+window]
		if to-from < window || power(part) < window*quiet*quiet {
			continue
		}
		m := best(part, b[from:to], window, 0, to-from-window)
		m.Delay += time.Duration(from-skip-at) * time.Second / rate
		all = append(all, m)
	}
	return all
}

// quiet is the amplitude below which a window is silence: -45 dBFS.
const quiet = 0.0056

// Summary returns the median and the 95th percentile of the delays of matches
// at least as good as least, and the mean correlation of all; zeros for none.
func Summary(matches []Match, least float64) (p50, p95 time.Duration, correlation float64) {
	var delays []time.Duration
	for _, m := range matches {
		correlation += m.Correlation / float64(len(matches))
		if m.Correlation >= least {
			delays = append(delays, m.Delay)
		}
	}
	return Percentile(delays, 50), Percentile(delays, 95), correlation
}

// Percentile returns the p-th percentile of values, or the zero value.
func Percentile[T ~int64 | ~float64](values []T, p int) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)*p/100]
}

func lower(samples []float32) []float32 { return device.Resample(samples, media.SampleRate, rate) }

// best finds the lag from first to last at which a is most like b, where at
// least overlap samples overlap.
func best(a, b []float32, overlap, first, last int) Match {
	if len(a) == 0 || len(b) == 0 {
		return Match{}
	}
	sums, ea, eb := products(a, b), energies(a), energies(b)
	m := Match{}
	for lag := max(first, 1-len(a)); lag <= min(last, len(b)-1); lag++ {
		from, to := max(0, -lag), min(len(a), len(b)-lag)
		if to-from < overlap {
			continue
		}
		e := (ea[to] - ea[from]) * (eb[to+lag] - eb[from+lag])
		if e < 1e-9 {
			continue
		}
		if c := sums[lag+len(a)-1] / math.Sqrt(e); c > m.Correlation {
			m = Match{time.Duration(lag) * time.Second / rate, c}
		}
	}
	return m
}

// energies returns the energy of the first i samples, for each i.
func energies(x []float32) []float64 {
	e := make([]float64, len(x)+1)
	for i, s := range x {
		e[i+1] = e[i] + float64(s)*float64(s)
	}
	return e
}

func power(x []float32) float64 { return energies(x)[len(x)] }
