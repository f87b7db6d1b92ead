package e2ee

// What is spread over many frames has to survive the loss of some. An erasure
// code (Reed and Solomon) does that: k symbols are the values of a polynomial
// of degree k-1 at the points 0 to k-1, over the field of 256 elements, and
// its values at any k points give all the others. It keeps no secret and
// vouches for nothing: the signature inside does.

// A symbol is 8 elements, coded side by side.
type symbol [8]byte

// powers and logs are of 2, in the field modulo x⁸ + x⁴ + x³ + x² + 1.
var powers, logs = func() (p [510]byte, l [256]int) {
	x := 1
	for i := range 255 {
		p[i], p[i+255], l[x] = byte(x), byte(x), i
		if x <<= 1; x > 255 {
			x ^= 0x11d
		}
	}
	return p, l
}()

// maxSymbols is the largest k that is used.
const maxSymbols = blockLen + 112/len(symbol{})

// A curve is the polynomial through given points, no two of which are equal.
type curve struct {
	x      [maxSymbols]byte
	weight [maxSymbols]int // log of the product of the distances from the others
	k      int
}

// through settles which points the curve is given by: the values come later.
func (c *curve) through(x []byte) {
	c.k = copy(c.x[:], x)
	for i, a := range x {
		sum := 0
		for j, b := range x {
			if j != i {
				sum += logs[a^b]
			}
		}
		c.weight[i] = sum % 255
	}
}

// at returns the value at x, which is none of the points, if y are the values there.
func (c *curve) at(x byte, y []symbol) (out symbol) {
	all := 0
	for _, a := range c.x[:c.k] {
		all += logs[x^a]
	}
	for i, a := range c.x[:c.k] {
		factor := (all + 2*255 - logs[x^a] - c.weight[i]) % 255 // Lagrange's
		for b, v := range y[i] {
			if v != 0 {
				out[b] ^= powers[factor+logs[v]]
			}
		}
	}
	return out
}
