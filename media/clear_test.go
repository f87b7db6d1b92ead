package media

import "testing"

// What the relay reads is where it reads it, and its own black picture, which
// begins with 0x10, is told from a sealed one without any key.
func TestPictureClear(t *testing.T) {
	for layer := range 3 {
		for tier := range 4 {
			for _, key := range []bool{true, false} {
				b := PictureClear(key, layer, tier)
				if !IsPictureClear(b) || b&1 == 0 != key || int(b>>1&3) != tier || int(b>>3&3) != layer {
					t.Errorf("key %v, layer %d, tier %d: %#x", key, layer, tier, b)
				}
			}
		}
	}
	if IsPictureClear(0x10) {
		t.Error("the relay's black picture passes for a sealed one")
	}
}
