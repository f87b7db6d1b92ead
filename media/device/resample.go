package device

import "math"

const (
	zeros  = 16  // of the sinc on each side
	phases = 256 // per sample between which the kernel is interpolated
)

// Resample converts sound from one rate to another, in Hz, by a windowed sinc
// whose cut-off is the lower rate's half.
func Resample(src []float32, from, to int) []float32 {
	if from == to || len(src) == 0 {
		return src
	}
	k := newKernel(min(1, float64(to)/float64(from)))
	dst := make([]float32, int(int64(len(src))*int64(to)/int64(from)))
	for i := range dst {
		whole := int64(i) * int64(from)
		dst[i] = k.at(src, int(whole/int64(to)), float64(whole%int64(to))/float64(to))
	}
	return dst
}

// A kernel is one half of a windowed sinc, sampled.
type kernel struct {
	values []float64
	reach  int // samples of the source on each side
}

func newKernel(cut float64) kernel {
	reach := int(math.Ceil(zeros / cut))
	k := kernel{make([]float64, reach*phases+2), reach}
	for i := range k.values {
		x := float64(i) / phases
		k.values[i] = cut * sinc(cut*x) * window(x/float64(reach))
	}
	return k
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// window is Blackman's, from its middle at 0 to its end at 1.
func window(x float64) float64 {
	if x >= 1 {
		return 0
	}
	return 0.42 + 0.5*math.Cos(math.Pi*x) + 0.08*math.Cos(2*math.Pi*x)
}

// at is src at i and a fraction of a sample.
func (k kernel) at(src []float32, i int, fraction float64) float32 {
	var sum float64
	for j := max(i-k.reach+1, 0); j <= min(i+k.reach, len(src)-1); j++ {
		x := math.Abs(float64(j-i)-fraction) * phases
		n := int(x)
		rest := x - float64(n)
		sum += float64(src[j]) * (k.values[n]*(1-rest) + k.values[n+1]*rest)
	}
	return float32(sum)
}
