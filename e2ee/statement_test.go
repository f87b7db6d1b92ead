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

// A statement is of one epoch, leaf, track and place, and of no other.
func TestStatementIsBound(t *testing.T) {
	e := &Epoch{Authenticator: []byte("a")}
	seen := map[string]bool{string(toSign(e, 1, 1, 1, []byte("body"))): true}
	for name, sum := range map[string][]byte{
		"epoch":  toSign(&Epoch{Authenticator: []byte("b")}, 1, 1, 1, []byte("body")),
		"leaf":   toSign(e, 2, 1, 1, []byte("body")),
		"track":  toSign(e, 1, 2, 1, []byte("body")),
		"number": toSign(e, 1, 1, 2, []byte("body")),
		"body":   toSign(e, 1, 1, 1, []byte("other")),
	} {
		if seen[string(sum)] {
			t.Errorf("another %s, the same statement", name)
		}
		seen[string(sum)] = true
	}
}

// FuzzCutNumber holds that a number comes back as it was, and near the last.
func FuzzCutNumber(f *testing.F) {
	f.Add([]byte("payload"), uint64(5), uint64(7))
	f.Add([]byte{}, uint64(0), uint64(numbers-1))
	f.Add([]byte{}, uint64(numbers), uint64(numbers))
	f.Fuzz(func(t *testing.T, payload []byte, last, number uint64) {
		last %= 1 << 40
		for _, newest := range []bool{true, false} {
			rest, got, err := cutNumber(appendNumber(bytes.Clone(payload), number), last, newest)
			if err != nil || !bytes.Equal(rest, payload) || got%numbers != number%numbers {
				t.Fatalf("%q, %d, %v; want %q, %d", rest, got, err, payload, number%numbers)
			}
			if base := max(last, numbers); newest && (got < base || got-base >= numbers) || !newest && (got > base || base-got >= numbers) {
				t.Fatalf("%d is far from %d, newest %v", got, base, newest)
			}
		}
	})
}

// FuzzInsider opens what an insider may seal: nothing panics, and what comes
// out is the beginning of what was put in.
func FuzzInsider(f *testing.F) {
	f.Add([]byte{}, []byte{}, false)
	f.Add([]byte{}, []byte{7}, true)
	f.Add(make([]byte, 300), []byte{}, false)
	f.Add(append(make([]byte, 40+3*8+headLen+64), 3, 0, 5), []byte{0}, true)
	f.Fuzz(func(t *testing.T, plain, clear []byte, statement bool) {
		s := newStage(t)
		forger, context := s.insider(), uint64(0)
		if statement {
			context = 1
		}
		o := s.rings[1].Opener("a", 1)
		for range 3 {
			out, err := o.Open(nil, clear, forger.seal(1, context, clear, plain))
			if err == nil && !bytes.HasPrefix(plain, out) {
				t.Fatalf("%x comes of %x", out, plain)
			}
		}
	})
}
