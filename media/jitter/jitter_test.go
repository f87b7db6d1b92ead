package jitter

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"incamera/media"
)

var zero = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func ms(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }

// packet is the n-th of a stream whose numbers wrap soon.
func packet(n int) Packet {
	return Packet{
		Seq: uint16(65500 + n), Stamp: uint32(math.MaxUint32 - 20000 + n*media.FrameLen),
		Payload: binary.BigEndian.AppendUint32(nil, uint32(n)),
	}
}

func number(payload []byte) int { return int(binary.BigEndian.Uint32(payload)) }

// A path says when packet n arrives, counted from when it was sent; false
// when it does not.
type path func(n int) (time.Duration, bool)

func steady(n int) (time.Duration, bool) { return ms(30), true }

// play sends packets over p and pops a frame every 20 ms until they are all
// played, at times that are off by as much as wobble. It calls each with each item.
func play(b *Buffer, packets int, p path, wobble func(n int) time.Duration, each func(n int, i Item)) {
	arrivals := map[int][]int{} // by millisecond
	for n := range packets {
		if d, ok := p(n); ok {
			at := int((time.Duration(n)*media.FrameTime + d) / time.Millisecond)
			arrivals[at] = append(arrivals[at], n)
		}
	}
	pops := 0
	for now := range packets*20 + 500 {
		for _, n := range arrivals[now] {
			b.Push(packet(n), zero.Add(ms(float64(now))))
		}
		if due := ms(float64(pops) * 20); zero.Add(ms(float64(now))).Sub(zero) >= due+wobble(pops) {
			each(pops, b.Pop(zero.Add(ms(float64(now)))))
			pops++
		}
	}
}

func even(int) time.Duration { return 0 }

func TestNetworks(t *testing.T) {
	rough := rand.New(rand.NewPCG(1, 2))
	random := make([]float64, 4000)
	for i := range random {
		random[i] = rough.Float64()
	}
	// Packets do not overtake each other on these.
	uniform := func(spread float64) path {
		return func(n int) (time.Duration, bool) { return ms(30 + spread*random[n]), true }
	}
	losing := func(share float64, p path) path {
		return func(n int) (time.Duration, bool) {
			d, ok := p(n)
			return d, ok && random[n+2000] >= share
		}
	}
	for _, c := range []struct {
		name           string
		p              path
		wobble         func(int) time.Duration
		concealed      float64 // at most, share of frames
		repaired       float64 // at least
		least, longest time.Duration
	}{
		{"steady", steady, even, 0, 0, ms(20), ms(50)},
		{"wobbling playout", steady, func(n int) time.Duration { return ms(float64(n%2) * 9) }, 0, 0, ms(20), ms(60)},
		{"10 ms of jitter", uniform(10), even, 0.004, 0, ms(20), ms(60)},
		{"60 ms of jitter", uniform(60), even, 0.02, 0, ms(40), ms(100)},
		{"300 ms of jitter", uniform(300), even, 0.7, 0, ms(60), MaxHold + ms(100)},
		{"5 % lost", losing(0.05, steady), even, 0.02, 0.02, ms(20), ms(80)},
		{"10 % lost, jitter", losing(0.1, uniform(20)), even, 0.035, 0.04, ms(30), ms(100)},
		{"doubled and reordered", func(n int) (time.Duration, bool) { return ms(30 + float64(n%3)*25), true }, even, 0.01, 0, ms(40), ms(110)},
		{"sender's clock slow", func(n int) (time.Duration, bool) { return ms(30 + float64(n)*0.004), true }, even, 0.002, 0, ms(15), ms(50)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b Buffer
			last, waits := -1, 0
			const packets = 1500
			play(&b, packets, c.p, c.wobble, func(n int, i Item) {
				switch i.Kind {
				case Frame:
					if k := number(i.Payload); k <= last {
						t.Fatalf("packet %d after %d", k, last)
					} else {
						last = k
					}
				case FEC:
					if k := number(i.Payload); k <= last+1 {
						t.Fatalf("copy in %d after %d was played", k, last)
					}
				case Nothing:
					waits++
				}
				if s := b.Stats(); n > 100 && n < packets && i.Kind == Frame && (s.Hold > c.longest || s.Target > MaxHold) {
					t.Fatalf("frame %d: held %v, target %v", n, s.Hold, s.Target)
				}
			})
			s := b.Stats()
			if share := float64(s.Concealed) / packets; share > c.concealed {
				t.Errorf("%.4f concealed, want %.4f: %+v", share, c.concealed, s)
			}
			if share := float64(s.Repaired) / packets; share < c.repaired {
				t.Errorf("%.3f repaired, want %.3f: %+v", share, c.repaired, s)
			}
			if s.Hold < c.least || s.Hold > c.longest {
				t.Errorf("holds %v at last, want %v to %v: %+v", s.Hold, c.least, c.longest, s)
			}
			if last < packets-12 && c.concealed < 0.1 {
				t.Errorf("last packet played is %d", last)
			}
		})
	}
}

func TestNothingIsHeldLong(t *testing.T) {
	// The network stands still for 400 ms; then everything comes at once.
	stall := func(n int) (time.Duration, bool) {
		return max(ms(30), ms(2400)-time.Duration(n)*media.FrameTime), true
	}
	late := func(n int) (time.Duration, bool) {
		if n < 100 || n > 120 {
			return ms(30), true
		}
		return stall(n)
	}
	var b Buffer
	play(&b, 600, late, even, func(n int, i Item) {
		if i.Kind != Frame {
			return
		}
		k := number(i.Payload)
		delay, _ := late(k)
		held := ms(float64(n)*20) - time.Duration(k)*media.FrameTime - delay
		if held > MaxHold+ms(5) {
			t.Errorf("packet %d was held %v", k, held)
		}
	})
	if s := b.Stats(); s.Stale == 0 || s.Hold > MaxHold {
		t.Errorf("%+v", s)
	}
}

func TestHoldShrinksWhenTheNetworkCalms(t *testing.T) {
	calm := func(n int) (time.Duration, bool) {
		if n < 500 {
			return ms(30 + float64(n*37%80)), true
		}
		return ms(30), true
	}
	v := newVoice()
	rough, smooth := drive(v, 2000, calm, 500)
	if rough < ms(70) || smooth > ms(36) {
		t.Errorf("held %v on the rough network, %v on the calm one", rough, smooth)
	}
	if s := v.Stats(); s.Shortened < ms(30) || s.Stale > 0 {
		t.Errorf("%+v", s)
	}
}

func TestHoldGrowsWhenTheNetworkWorsens(t *testing.T) {
	worse := func(n int) (time.Duration, bool) {
		if n < 500 {
			return ms(30), true
		}
		return ms(30 + float64(n*37%80)), true
	}
	v := newVoice()
	smooth, rough := drive(v, 2000, worse, 500)
	if smooth > ms(45) || rough < ms(70) {
		t.Errorf("held %v on the calm network, %v on the rough one", smooth, rough)
	}
	if s := v.Stats(); s.Concealed > 20 {
		t.Errorf("%+v", s)
	}
}

func TestSlowPathIsFollowed(t *testing.T) {
	// The way becomes 200 ms longer, then short again.
	for _, c := range []struct {
		name   string
		before float64
		after  float64
	}{{"longer", 30, 230}, {"shorter", 230, 30}} {
		t.Run(c.name, func(t *testing.T) {
			p := func(n int) (time.Duration, bool) {
				if n < 500 {
					return ms(c.before), true
				}
				return ms(c.after), true
			}
			v := newVoice()
			_, hold := drive(v, 1500, p, 500)
			s := v.Stats()
			if hold > ms(60) || s.Concealed > 30 {
				t.Errorf("held %v: %+v", hold, s)
			}
		})
	}
}

// drive sends a tone over p and reads a step every 10 ms; it returns how long
// sound was held when packet mark was sent, and at last.
func drive(v *Voice, packets int, p path, mark int) (then, last time.Duration) {
	arrivals := map[int][]int{}
	for n := range packets {
		if d, ok := p(n); ok {
			at := int((time.Duration(n)*media.FrameTime + d) / time.Millisecond)
			arrivals[at] = append(arrivals[at], n)
		}
	}
	step := make([]float32, media.StepLen)
	for now := range packets * 20 {
		t := zero.Add(ms(float64(now)))
		for _, n := range arrivals[now] {
			v.Push(packet(n), t)
		}
		if now%10 == 0 {
			v.Read(step, t)
		}
		if now == mark*20 {
			then = v.Stats().Hold
		}
	}
	return then, v.Stats().Hold
}

func TestPauseOfTheSender(t *testing.T) {
	var b Buffer
	at := func(n int) time.Time { return zero.Add(time.Duration(n) * media.FrameTime) }
	n := 0
	for ; n < 100; n++ {
		b.Push(packet(n), at(n))
		b.Pop(at(n))
	}
	for ; n < 300; n++ { // silence: nothing is sent
		if i := b.Pop(at(n)); n > 120 && i.Kind != Nothing {
			t.Fatalf("pop %d: %v in a pause", n, i.Kind)
		}
	}
	got := 0
	for ; n < 400; n++ {
		p := packet(n)
		p.Seq = packet(n - 200).Seq
		b.Push(p, at(n))
		if i := b.Pop(at(n)); i.Kind == Frame {
			got++
		} else if n > 305 {
			t.Fatalf("pop %d: %v after the pause", n, i.Kind)
		}
	}
	if s := b.Stats(); s.Concealed > 1 || got < 95 || s.Hold > ms(60) {
		t.Errorf("%d frames after the pause: %+v", got, s)
	}
}

func TestLateAndDouble(t *testing.T) {
	var b Buffer
	at := func(n int) time.Time { return zero.Add(time.Duration(n) * media.FrameTime) }
	for n := range 20 {
		b.Push(packet(n), at(n))
		b.Push(packet(n), at(n))
		b.Pop(at(n))
	}
	b.Push(packet(3), at(20))
	if s := b.Stats(); s.Duplicate != 20 || s.Late != 1 {
		t.Errorf("%+v", s)
	}
}

func TestNewStream(t *testing.T) {
	var b Buffer
	at := func(n int) time.Time { return zero.Add(time.Duration(n) * media.FrameTime) }
	for n := range 50 {
		b.Push(packet(n), at(n))
		b.Pop(at(n))
	}
	got := 0
	for n := 50; n < 100; n++ {
		p := packet(n)
		p.Seq += 20000
		p.Stamp += 1 << 30
		b.Push(p, at(n))
		if i := b.Pop(at(n)); i.Kind == Frame && number(i.Payload) >= 50 {
			got++
		}
	}
	if got < 40 {
		t.Errorf("%d frames of the new stream", got)
	}
}

func TestOnePacketAstrayChangesNothing(t *testing.T) {
	var b Buffer
	at := func(n int) time.Time { return zero.Add(time.Duration(n) * media.FrameTime) }
	for n := range 100 {
		b.Push(packet(n), at(n))
		if n%10 == 0 {
			p := packet(n)
			p.Seq += 30000
			b.Push(p, at(n))
		}
		if i := b.Pop(at(n)); n > 5 && i.Kind != Frame {
			t.Fatalf("pop %d: %v", n, i.Kind)
		}
	}
}

func TestNobodyPops(t *testing.T) {
	var b Buffer
	at := func(n int) time.Time { return zero.Add(time.Duration(n) * media.FrameTime) }
	n := 0
	for ; n < 20; n++ {
		b.Push(packet(n), at(n))
		b.Pop(at(n))
	}
	for ; n < 300; n++ {
		b.Push(packet(n), at(n))
	}
	if i := b.Pop(at(n)); i.Kind != Frame || n-number(i.Payload) > 7 {
		t.Errorf("%v %v after a long absence", i.Kind, i.Payload)
	}
}

func TestOddPayloadsAreIgnored(t *testing.T) {
	var b Buffer
	b.Push(Packet{}, zero)
	b.Push(Packet{Payload: make([]byte, maxPayload+1)}, zero)
	if s := b.Stats(); s != (Stats{}) {
		t.Errorf("%+v", s)
	}
	if i := b.Pop(zero); i.Kind != Nothing {
		t.Errorf("%v", i.Kind)
	}
}

// FuzzBuffer holds whatever comes to the promises: order, and no payload that
// was not pushed.
func FuzzBuffer(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add([]byte("0\xc87\x82099\xcf"))
	f.Add([]byte{10, 200, 10, 130, 0, 255, 255, 255, 1, 2, 3})
	f.Fuzz(func(t *testing.T, moves []byte) {
		var b Buffer
		now, n, last := zero, 0, int64(-1)
		for _, m := range moves {
			switch now = now.Add(ms(float64(m % 16))); {
			case m < 160:
				p := packet(n)
				p.Seq += uint16(int8(m) / 16)
				b.Push(p, now)
				n++
			case m < 250:
				i := b.Pop(now)
				if i.Kind != Nothing && i.Kind != Conceal && len(i.Payload) != 4 {
					t.Fatalf("%v with %x", i.Kind, i.Payload)
				}
				if !b.handed {
					continue
				}
				if b.next < last {
					t.Fatalf("turn went back from %d to %d", last, b.next)
				}
				last = b.next
			default:
				p := packet(n + int(m)*100)
				b.Push(p, now)
				last = -1 << 62
			}
		}
	})
}
