package relay_test

import (
	"context"
	"image"
	"log/slog"
	"testing"
	"time"

	"incamera/media"
	"incamera/media/relay"
	"incamera/media/relay/relaytest"
)

// BenchmarkFrame sends a frame through the real relay and reads it: the
// allocations are those of both ends, pion's included.
func BenchmarkFrame(b *testing.B) {
	b.Run("sound", func(b *testing.B) {
		out, in := ends(b, media.Microphone)
		frame := make([]byte, 120)
		exchange(b, in, func(at time.Duration) error { return out.WriteSound(frame, at) })
	})
	b.Run("picture", func(b *testing.B) {
		out, in := ends(b, media.Camera)
		frame := make([]byte, 8000) // as if each were a key frame
		exchange(b, in, func(at time.Duration) error { return out.WritePicture(0, 0, false, frame, at) })
	})
}

// ends are a link that sends one track, and that track at another member.
func ends(b *testing.B, track media.Track) (*relay.Link, *relay.Remote) {
	node := relaytest.Start(b)
	links := map[string]*relay.Link{}
	for _, name := range []string{"ada", "bob"} {
		ctx, cancel := context.WithTimeout(b.Context(), patience)
		l, err := relay.Dial(ctx, node.Ticket("r", name, "microphone", "camera"), relay.Options{
			Loopback: true, Sizes: sizes, Log: slog.New(slog.DiscardHandler),
		})
		cancel()
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(l.Close)
		links[name] = l
	}
	links["ada"].Wish(relay.Wish{Sound: track == media.Microphone, Picture: track == media.Camera})
	links["bob"].Wish(relay.Wish{Fetch: map[string]image.Point{"ada": sizes[0]}})
	for at := media.FrameTime; ; at += media.FrameTime { // the relay knows a track by its packets
		_ = links["ada"].WriteSound([]byte{0}, at)
		_ = links["ada"].WritePicture(0, 0, false, []byte{0, 0}, at)
		select {
		case r := <-links["bob"].Remotes():
			return links["ada"], r
		case <-time.After(media.FrameTime):
		}
	}
}

// exchange measures write followed by the frame's arrival.
func exchange(b *testing.B, in *relay.Remote, write func(time.Duration) error) {
	var buf []byte
	at := time.Hour
	arrived := make(chan error)
	stop := make(chan struct{})
	b.Cleanup(func() { close(stop) })
	go func() {
		for {
			frame, _, err := in.Read(buf[:0])
			buf = frame
			select {
			case arrived <- err:
			case <-stop:
				return
			}
		}
	}()
	one := func() {
		for {
			at += media.FrameTime
			if err := write(at); err != nil && err != relay.ErrNotSending {
				b.Fatal(err)
			}
			select {
			case err := <-arrived:
				if err != nil {
					b.Fatal(err)
				}
				return
			case <-time.After(media.FrameTime): // lost, or not yet forwarded
			}
		}
	}
	for range 100 {
		one()
	}
	b.ReportAllocs()
	for b.Loop() {
		one()
	}
}
