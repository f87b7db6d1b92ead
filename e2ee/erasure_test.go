package e2ee

import (
	"math/rand/v2"
	"testing"
)

// Any k symbols of a block and its threads give the block again.
func TestErasureCode(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, k := range []int{1, 2, 50, maxSymbols} {
		all := make([]symbol, k)
		for i := range all {
			for j := range all[i] {
				all[i][j] = byte(rng.Uint32())
			}
		}
		var c curve
		c.through(points[:k])
		for i := range threads {
			all = append(all, c.at(byte(k+i), all[:k]))
		}
		for range 200 {
			some := rng.Perm(len(all))[:k]
			x, y := make([]byte, k), make([]symbol, k)
			for i, p := range some {
				x[i], y[i] = byte(p), all[p]
			}
			if got := restore(x, y); [maxSymbols]symbol(append(all[:k:k], make([]symbol, maxSymbols-k)...)) != got {
				t.Fatalf("from %v another block comes", some)
			}
		}
	}
}
