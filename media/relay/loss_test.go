package relay

import (
	"context"
	"image"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"incamera/media"
	"incamera/media/relay/relaytest"

	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
)

// A lossyNet loses every nth packet that comes in, and all of them while cut.
type lossyNet struct {
	*stdnet.Net
	every atomic.Int64
	count atomic.Int64
}

func newLossyNet(t *testing.T) *lossyNet {
	n, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	return &lossyNet{Net: n}
}

func (n *lossyNet) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	c, err := n.Net.ListenUDP(network, at)
	return &lossyConn{c, n}, err
}

type lossyConn struct {
	transport.UDPConn
	net *lossyNet
}

func (c *lossyConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.UDPConn.ReadFrom(b)
		if err != nil || !c.net.lost(b[:n]) {
			return n, from, err
		}
	}
}

// lost picks SRTP packets, RFC 7983: the path itself stays up.
func (n *lossyNet) lost(b []byte) bool {
	every := n.every.Load()
	return every > 0 && len(b) > 0 && b[0] >= 128 && b[0] < 192 && n.count.Add(1)%every == 0
}

// TestLoss loses one packet in eight on the way in. What is lost is asked for
// again, and the picture goes on.
func TestLoss(t *testing.T) {
	node := relaytest.Start(t)
	lossy := newLossyNet(t)
	var key atomic.Bool
	links := map[string]*Link{}
	for name, o := range map[string]Options{
		"ada": {KeyFrame: func(int) { key.Store(true) }},
		"bob": {network: lossy},
	} {
		o.Loopback, o.Log = true, slog.New(slog.DiscardHandler)
		o.Sizes = [Layers]image.Point{{X: 320, Y: 180}, {X: 640, Y: 360}, {X: 1280, Y: 720}}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		l, err := Dial(ctx, node.Ticket("r", name, "camera"), o)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Close)
		links[name] = l
	}
	links["ada"].Wish(Wish{Picture: true})
	links["bob"].Wish(Wish{Fetch: map[string]image.Point{"ada": {X: 320, Y: 180}}})
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	go film(links["ada"], &key, stop)

	r := <-links["bob"].Remotes()
	buf, _, err := r.Read(nil)
	if err != nil {
		t.Fatal(err)
	}
	lossy.every.Store(8)
	whole, keys, tiers := 0, 0, map[int]int{}
	for range 150 {
		var info Info
		if buf, info, err = r.Read(buf[:0]); err != nil {
			t.Fatal(err)
		}
		if len(buf) == 5000 {
			whole++
		}
		if info.Key {
			keys++
		}
		tiers[info.Tier]++
	}
	t.Logf("%d of 150 frames whole, %d key frames, tiers %v", whole, keys, tiers)
	if whole != 150 {
		t.Errorf("%d frames are not what was sent", 150-whole)
	}
	if keys > 15 {
		t.Errorf("%d key frames: lost packets are not repeated", keys)
	}
}

// film sends frames of five packets in three tiers until it is stopped.
func film(l *Link, key *atomic.Bool, stop <-chan struct{}) {
	tick := time.NewTicker(time.Second / 60)
	defer tick.Stop()
	tiers := [...]int{0, 2, 1, 2}
	for n, step := 0, 0; ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		isKey := key.Swap(false)
		if isKey {
			step = 0
		}
		tier := tiers[step%len(tiers)]
		step++
		frame := make([]byte, 5000)
		frame[0] = media.PictureClear(isKey, 0, tier)
		_ = l.WritePicture(0, tier, tier == 2, frame, time.Duration(n)*time.Second/60)
	}
}
