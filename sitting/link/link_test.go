package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"incamera/sitting/wire"
)

// pair joins two ends in memory. Both are closed at the end of the test.
func pair(t *testing.T) (client, service *Link) {
	a, b := net.Pipe()
	client, service = NewClient(a, []byte("certificate")), NewService(b)
	t.Cleanup(func() {
		client.Close()
		service.Close()
	})
	return client, service
}

func send(t *testing.T, l *Link, m wire.Message) {
	t.Helper()
	if err := l.Send(m); err != nil {
		t.Fatalf("Send(%T) = %v", m, err)
	}
}

// ends drains l and returns why it has ended.
func ends(l *Link) error {
	for range l.Messages() {
	}
	return l.Err()
}

func TestBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, service := pair(t)
		send(t, client, wire.Hello{Last: 7})
		send(t, client, wire.Request{Signed: []byte("hand")})
		if m := <-service.Messages(); m != (wire.Hello{Last: 7}) {
			t.Errorf("got %v", m)
		}
		if m, ok := (<-service.Messages()).(wire.Request); !ok || string(m.Signed) != "hand" {
			t.Errorf("got %v", m)
		}
		send(t, service, wire.Entry{Bytes: []byte("entry")})
		if m, ok := (<-client.Messages()).(wire.Entry); !ok || string(m.Bytes) != "entry" {
			t.Errorf("got %v", m)
		}
		if string(client.Service()) != "certificate" || client.Err() != nil {
			t.Errorf("certificate %q, error %v", client.Service(), client.Err())
		}
	})
}

// Pings keep a link alive on which nobody has anything to say.
func TestQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, service := pair(t)
		send(t, client, wire.Hello{})
		time.Sleep(time.Hour)
		if client.Err() != nil || service.Err() != nil {
			t.Errorf("ended: %v, %v", client.Err(), service.Err())
		}
	})
}

// What was queued before the end still arrives.
func TestLastWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, service := pair(t)
		send(t, client, wire.Hello{})
		for range 50 {
			send(t, client, wire.Request{Signed: []byte("leave")})
		}
		client.End("card-out")
		n := 0
		for range service.Messages() {
			n++
		}
		bye, ok := errors.AsType[*ByeError](service.Err())
		if n != 51 || !ok || bye.Code != "card-out" {
			t.Errorf("%d messages, then %v", n, service.Err())
		}
		if err := client.Send(wire.Ping{}); !errors.Is(err, ErrClosed) {
			t.Errorf("Send after the end = %v", err)
		}
	})
}

// TestLastWordsWhileTheOtherEndTalks: over TCP, closing a connection that has
// something unread takes back what was sent; and whoever cannot write any more
// may still have something to read.
func TestLastWordsWhileTheOtherEndTalks(t *testing.T) {
	for range 100 {
		client, service := dialled(t)
		send(t, client, wire.Hello{})
		var talk sync.WaitGroup
		full := make(chan struct{}) // closed when the client has more than it takes
		talk.Go(func() {
			for n := 0; service.Feed(t.Context(), wire.Entry{Bytes: make([]byte, 500)}) == nil; n++ {
				if n == queueIn+queueOut {
					close(full)
				}
			}
		})
		var heard []wire.Message
		talk.Go(func() {
			for m := range service.Messages() {
				heard = append(heard, m)
			}
		})
		<-full
		send(t, client, wire.Request{Signed: []byte("leave")})
		client.Close()
		talk.Wait()
		service.Close()
		if len(heard) != 2 {
			t.Fatalf("heard %v; %v", heard, service.Err())
		}
	}
}

// dialled joins two ends over TCP.
func dialled(t *testing.T) (client, service *Link) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return NewClient(a, nil), NewService(b)
}

func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe() // nobody reads b
		client := NewClient(a, nil)
		defer client.Close()
		defer b.Close()
		var err error
		n := 0
		for ; err == nil && n < 2*queueOut; n++ {
			err = client.Send(wire.Request{})
		}
		if !errors.Is(err, ErrFull) || n < queueOut {
			t.Errorf("after %d messages: %v", n, err)
		}
		if err := client.Err(); err != nil {
			t.Errorf("ended by a full queue: %v", err)
		}
	})
}

// A reader that nobody listens to waits; the other end's queue fills; nothing
// is lost.
func TestBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, service := pair(t)
		send(t, client, wire.Hello{})
		const all = 3 * (queueIn + queueOut)
		go func() {
			for i := range uint64(all) {
				if service.Feed(t.Context(), wire.Refused{Counter: i}) != nil {
					return
				}
			}
		}()
		synctest.Wait()
		for i := range uint64(all) {
			if m := <-client.Messages(); m != (wire.Refused{Counter: i}) {
				t.Fatalf("message %d is %v; %v", i, m, client.Err())
			}
		}
	})
}

func frame(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

func framed(t *testing.T, m wire.Message) []byte {
	t.Helper()
	b, err := wire.EncodeMessage(m)
	if err != nil {
		t.Fatal(err)
	}
	return frame(b)
}

// Whatever is wrong with what comes, the link ends, says why, and tells the
// other end.
func TestBadInput(t *testing.T) {
	for name, c := range map[string]struct {
		raw  []byte
		want error
		bye  string
	}{
		"garbage":       {frame([]byte("garbage")), ErrGarbage, ByeGarbage},
		"empty":         {frame(nil), ErrGarbage, ByeGarbage},
		"too large":     {[]byte{0, 0x20, 0, 0}, ErrTooLarge, ByeTooLarge},
		"too large up":  {binary.BigEndian.AppendUint32(nil, fromClient+1), ErrTooLarge, ByeTooLarge},
		"no hello":      {framed(t, wire.Request{}), ErrOutOfOrder, ByeOutOfOrder},
		"two hellos":    {append(framed(t, wire.Hello{}), framed(t, wire.Hello{})...), ErrOutOfOrder, ByeOutOfOrder},
		"wrong way":     {append(framed(t, wire.Hello{}), framed(t, wire.Entry{})...), ErrOutOfOrder, ByeOutOfOrder},
		"half a header": {[]byte{0, 0}, ErrLost, ""},
		"half a body":   {[]byte{0, 0, 1, 0, 1, 2, 3}, ErrLost, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := net.Pipe()
				l := NewService(b)
				defer l.Close()
				go func() {
					_, _ = a.Write(c.raw)
					if c.bye == "" {
						a.Close()
					}
				}()
				if err := ends(l); !errors.Is(err, c.want) {
					t.Errorf("ended with %v, want %v", err, c.want)
				}
				if c.bye == "" {
					return
				}
				if m, err := receive(a, wire.MaxMessage); err != nil || m != (wire.Bye{Code: c.bye}) {
					t.Errorf("told %v, %v", m, err)
				}
				a.Close()
			})
		})
	}
}

// A peer that says nothing, or takes nothing, is lost after a while; a slow
// one is not.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		l := NewClient(a, nil)
		defer l.Close()
		began := time.Now()
		if err := ends(l); !errors.Is(err, ErrSilent) || time.Since(began) > PingEvery+Silence {
			t.Errorf("ended with %v after %v", err, time.Since(began))
		}
		b.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		l := NewService(b)
		go func() { _, _ = io.Copy(io.Discard, a) }()
		for _, c := range append(framed(t, wire.Hello{Last: 3}), framed(t, wire.Ping{})...) {
			time.Sleep(Silence - time.Second)
			if _, err := a.Write([]byte{c}); err != nil {
				t.Fatal(err)
			}
		}
		if m := <-l.Messages(); m != (wire.Hello{Last: 3}) || l.Err() != nil {
			t.Errorf("a slow peer: %v, %v", m, l.Err())
		}
		l.Close()
		a.Close()
	})
}

func FuzzReceive(f *testing.F) {
	f.Add(frame([]byte("garbage")))
	f.Add([]byte{0, 0x20, 0, 0})
	var buffer bytes.Buffer
	for _, m := range []wire.Message{wire.Hello{Last: 3}, wire.Request{Signed: []byte("r")}, wire.Bye{Code: "x"}} {
		if err := transmit(&buffer, m); err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Clone(buffer.Bytes()))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, again := bytes.NewReader(b), &bytes.Buffer{}
		for {
			m, err := receive(r, wire.MaxMessage)
			if err != nil {
				if !errors.Is(err, ErrLost) && !errors.Is(err, ErrGarbage) && !errors.Is(err, ErrTooLarge) {
					t.Errorf("untyped error %v", err)
				}
				break
			}
			if err := transmit(again, m); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.HasPrefix(b, again.Bytes()) {
			t.Errorf("what was read is written as %x", again.Bytes())
		}
	})
}
