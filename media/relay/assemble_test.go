package relay

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"
)

// at is a moment that many milliseconds into a test.
func at(ms int) time.Time { return time.UnixMilli(1_000_000).Add(time.Duration(ms) * time.Millisecond) }

// A stream makes packets of numbered frames, three to a frame.
type stream struct {
	seq     uint16
	picture uint16
	base    uint8
}

type sent struct {
	seq     uint16
	stamp   uint32
	marker  bool
	payload []byte
}

// frame is the next one: its clear byte, then its number in four octets, over
// three packets.
func (s *stream) frame(n int, key bool, tier int) (all []sent) {
	s.picture++
	if tier == 0 {
		s.base++
	}
	clear := byte(1)
	if key {
		clear = 0
	}
	data := binary.BigEndian.AppendUint32([]byte{clear}, uint32(n))
	for i, part := range [][]byte{data[:2], data[2:4], data[4:]} {
		d := descriptor{start: i == 0, picture: s.picture & 0x7fff, base: s.base, tier: uint8(tier)}
		all = append(all, sent{s.seq, uint32(n) * 3000, i == 2, append(d.append(nil), part...)})
		s.seq++
	}
	return all
}

func push(a *assembler, packets ...sent) {
	for _, p := range packets {
		a.push(p.seq, p.stamp, p.marker, p.payload)
	}
}

// numbers pops all there is.
func numbers(t *testing.T, a *assembler, now time.Time) (got []int, asked bool) {
	t.Helper()
	for {
		frame, _, ok, lost := a.pop(nil, now)
		asked = asked || lost
		if !ok {
			return got, asked
		}
		if len(frame) != 5 {
			t.Fatalf("frame of %d octets", len(frame))
		}
		got = append(got, int(binary.BigEndian.Uint32(frame[1:])))
	}
}

func equal(t *testing.T, what string, got []int, want ...int) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got frames %v, want %v", what, got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s: got frames %v, want %v", what, got, want)
		}
	}
}

func TestAssembleInAnyOrder(t *testing.T) {
	s := stream{seq: 65530} // wraps at the third frame
	a := newAssembler()
	one, two, three := s.frame(1, true, 0), s.frame(2, false, 1), s.frame(3, false, 0)
	push(a, one[0], one[2], one[1], two[1], two[1], three[0], three[1], two[2], three[2])
	got, _ := numbers(t, a, at(0))
	equal(t, "before the missing packet", got, 1)
	push(a, two[0])
	got, _ = numbers(t, a, at(20))
	equal(t, "after it", got, 2, 3)
}

func TestAssembleStartsWithKeyFrame(t *testing.T) {
	var s stream
	a := newAssembler()
	push(a, s.frame(1, false, 0)...)
	got, asked := numbers(t, a, at(0))
	equal(t, "delta frame first", got)
	if !asked {
		t.Error("no key frame is asked for")
	}
	push(a, s.frame(2, true, 0)...)
	got, _ = numbers(t, a, at(33))
	equal(t, "key frame", got, 2)
}

// TestAssembleLoss loses one packet for good: what can be decoded without its
// frame comes out once the patience is over, and nothing else.
func TestAssembleLoss(t *testing.T) {
	tests := []struct {
		name  string
		lost  int // frame
		want  []int
		asked bool
	}{
		{"leaf", 2, []int{1, 3, 4, 5}, false},
		{"base", 3, []int{1, 2, 6}, true},
		{"last leaf before key", 4, []int{1, 2, 3, 5, 6}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s stream
			a := newAssembler()
			for n := 1; n <= 5; n++ {
				packets := s.frame(n, n == 1, (n+1)%2)
				if n == tt.lost {
					packets = append(packets[:1], packets[2])
				}
				push(a, packets...)
			}
			got, _ := numbers(t, a, at(0))
			equal(t, "at once", got, tt.want[:tt.lost-1]...)
			got, _ = numbers(t, a, at(149))
			equal(t, "patient", got)
			rest, asked := numbers(t, a, at(151))
			got = append(append([]int{}, tt.want[:tt.lost-1]...), rest...)
			push(a, s.frame(6, true, 0)...)
			rest, _ = numbers(t, a, at(180))
			if got = append(got, rest...); tt.want[len(tt.want)-1] != 6 {
				got = got[:len(got)-1]
			}
			equal(t, "in the end", got, tt.want...)
			if asked != tt.asked {
				t.Errorf("key frame asked for: %v", asked)
			}
		})
	}
}

func TestAssemblePadding(t *testing.T) {
	var s stream
	a := newAssembler()
	push(a, s.frame(1, true, 0)...)
	a.push(s.seq, 3000, false, nil)
	s.seq++
	push(a, s.frame(2, false, 1)...)
	got, asked := numbers(t, a, at(0))
	equal(t, "padding between", got, 1, 2)
	if asked {
		t.Error("padding taken for a loss")
	}
}

func TestAssembleAfterLongSilence(t *testing.T) {
	var s stream
	a := newAssembler()
	push(a, s.frame(1, true, 0)...)
	numbers(t, a, at(0))
	s.seq += 10_000
	push(a, s.frame(2, false, 0)...)
	push(a, s.frame(3, true, 0)...)
	got, asked := numbers(t, a, at(60_000))
	equal(t, "after a jump", got, 3)
	if !asked {
		t.Error("no key frame is asked for")
	}
}

func FuzzAssembler(f *testing.F) {
	f.Add([]byte("\x00\x01\x80\xe0\x80\x01\x01\x00\x00"))
	f.Add(bytes.Repeat([]byte{0x90, 0xe0, 0x80, 0, 0, 0, 0, 1, 0x10}, 20))
	f.Fuzz(func(t *testing.T, data []byte) {
		a := newAssembler()
		taken := 0
		for i := 0; len(data) > 4; i++ {
			n := min(int(data[3]), len(data)-4)
			a.push(binary.BigEndian.Uint16(data), uint32(data[2]>>1), data[2]&1 == 1, data[4:4+n])
			data = data[4+n:]
			taken += n
			out := 0
			for {
				frame, _, ok, _ := a.pop(nil, at(i*50))
				if !ok {
					break
				}
				out += len(frame)
			}
			if taken -= out; taken < 0 {
				t.Fatal("more came out than went in")
			}
		}
	})
}

func FuzzDescriptor(f *testing.F) {
	f.Add([]byte{0x90, 0xe0, 0x81, 0x02, 0x03, 0x40})
	f.Add([]byte{0x10})
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, data []byte) {
		var d descriptor
		n := d.parse(data)
		if n > len(data) {
			t.Fatalf("descriptor of %d octets in %d", n, len(data))
		}
		var again descriptor
		d.tiered = true
		if again.parse(d.append(nil)) != descriptorLen || again != d {
			t.Fatalf("%+v came back as %+v", d, again)
		}
	})
}

func BenchmarkAssemble(b *testing.B) {
	a := newAssembler()
	payload := make([]byte, maxPayload+descriptorLen)
	dst := make([]byte, 0, 1<<20)
	var seq uint16
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		for i := range 8 {
			d := descriptor{start: i == 0, picture: uint16(n) & 0x7fff, base: uint8(n)}
			d.append(payload[:0])
			payload[descriptorLen] = 0
			a.push(seq, uint32(n), i == 7, payload)
			seq++
		}
		if _, _, ok, _ := a.pop(dst, at(0)); !ok {
			b.Fatal("no frame")
		}
	}
}
