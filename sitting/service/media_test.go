package service

import (
	"context"
	"image"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"incamera/identity/trust"
	"incamera/media"
	mediarelay "incamera/media/relay"
	"incamera/sitting"
)

// mediaLink enters the relay as a client does, with a ticket of the service.
func (m *member) mediaLink(id sitting.ID) *mediarelay.Link {
	m.t.Helper()
	address, token := m.ticket(id)
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	l, err := mediarelay.Dial(ctx, media.Ticket{URL: address, Token: token, TLS: trust.ClientTLS(m.session, m.anchors)},
		mediarelay.Options{
			Loopback: true, Log: slog.New(slog.DiscardHandler),
			Sizes: [mediarelay.Layers]image.Point{{X: 320, Y: 180}, {X: 640, Y: 360}, {X: 1280, Y: 720}},
		})
	check(m.t, err)
	m.t.Cleanup(l.Close)
	return l
}

// speak writes sound until the test ends, allowed or not: what a client that
// obeys nobody would do.
func (m *member) speak(l *mediarelay.Link) {
	l.Wish(mediarelay.Wish{Sound: true})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	m.t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		each := time.NewTicker(20 * time.Millisecond)
		defer each.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-each.C:
				_ = l.WriteSound([]byte("sealed sound"), time.Duration(n)*20*time.Millisecond) // not while it is not allowed
			}
		}
	}()
}

// hear counts the frames of sound that arrive.
func hear(l *mediarelay.Link) *atomic.Int64 {
	var heard atomic.Int64
	go func() {
		for r := range l.Remotes() {
			go func() {
				for {
					if f, _, err := r.Read(nil); err != nil {
						return
					} else if string(f) == "sealed sound" {
						heard.Add(1)
					}
				}
			}()
		}
	}()
	return &heard
}

// Sound reaches the others with the floor, stops at the relay without it, and
// comes back with it.
func TestSoundFollowsTheFloor(t *testing.T) {
	w := newWorld(t)
	chairCard, memberCard := w.card("h.chair", sitting.RoleChair), w.card("a.martin", sitting.RoleMember)
	w.order("budget", sitting.Public)
	w.start(true)
	chair, martin := w.enter(chairCard, "budget"), w.enter(memberCard, "budget")
	chair.until(func(s sitting.State) bool { return len(s.Seats) == 2 })
	listener := chair.mediaLink("budget")
	listener.Wish(mediarelay.Wish{})
	heard := hear(listener)
	speaker := martin.mediaLink("budget")
	martin.speak(speaker)
	eventually(t, "both are connected", func() bool { return listener.Connected() && speaker.Connected() })
	if heard.Load() > 0 {
		t.Error("sound without the floor")
	}
	for range 2 {
		chair.ask(sitting.GiveFloor{To: "a.martin"})
		before := heard.Load()
		eventually(t, "she is heard", func() bool { return heard.Load() > before+10 })
		chair.until(func(s sitting.State) bool { return s.HasFloor("a.martin") })
		chair.ask(sitting.TakeFloor{From: "a.martin"})
		eventually(t, "the relay knows", func() bool { here, speaks := w.presence("budget", "a.martin"); return here && !speaks })
		quiet, since := heard.Load(), time.Now()
		eventually(t, "half a second of silence", func() bool {
			if n := heard.Load(); n != quiet {
				quiet, since = n, time.Now()
			}
			return time.Since(since) > 500*time.Millisecond
		})
		chair.until(func(s sitting.State) bool { return !s.HasFloor("a.martin") })
	}
}
