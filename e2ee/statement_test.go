package e2ee

import (
	"bytes"
	"testing"
)

// FuzzSplitStatement holds that what is split is what was joined, and that
// nothing reads beyond the frame.
func FuzzSplitStatement(f *testing.F) {
	f.Add([]byte{}, 64)
	f.Add([]byte{0}, 64)
	f.Add([]byte{255}, 96)
	f.Add(append(make([]byte, headLen+64), 0), 64)
	f.Add(append(make([]byte, 40+3*8+headLen+64), 3), 64)
	f.Fuzz(func(t *testing.T, plain []byte, sigLen int) {
		if sigLen != 64 && sigLen != 96 {
			sigLen = 64
		}
		payload, body, sig, err := splitStatement(plain, sigLen)
		if err != nil {
			return
		}
		if len(sig) != sigLen || (len(body)-headLen)%len(digest{}) != 0 {
			t.Fatalf("a signature of %d bytes, a body of %d", len(sig), len(body))
		}
		joined := append(append(append(bytes.Clone(payload), body...), sig...), byte((len(body)-headLen)/len(digest{})))
		if !bytes.Equal(joined, plain) {
			t.Fatal("joined again it is another")
		}
		h := readHead(body[len(body)-headLen:])
		if !bytes.Equal(appendHead(nil, &h), body[len(body)-headLen:]) {
			t.Fatal("the head is another")
		}
	})
}
