package relay

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"

	"incamera/media"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// maxPayload is how much of a frame one packet carries: with descriptor, RTP
// header, extensions, SRTP, UDP and IPv6 it stays below 1280 octets.
const maxPayload = 1100

// ErrNotSending says that a frame had nowhere to go: its track is not
// published (yet), or the relay is not connected.
var ErrNotSending = errors.New("relay: not sending")

// An outlet is one encoding of one track of ours. Write is called by one
// goroutine, the capture path that owns the track; pion calls the rest.
type outlet struct {
	id   string // of the track; all encodings of a track share it
	rid  string
	kind webrtc.RTPCodecType
	mid  func() string // of the transceiver, once it is negotiated

	bound atomic.Pointer[binding]

	// owned by the writing goroutine
	seq     uint16
	base    uint32 // of the timestamps
	picture uint16
	tl0     uint8
	header  rtp.Header
	scratch []byte
}

// A binding is where an outlet's packets go; it never changes once stored.
type binding struct {
	ssrc   uint32
	pt     uint8
	writer webrtc.TrackLocalWriter
	mid    []byte
	rid    []byte
	midID  uint8
	ridID  uint8
}

// ID, RID, StreamID, Kind, Bind and Unbind make an outlet a [webrtc.TrackLocal].
func (o *outlet) ID() string                { return o.id }
func (o *outlet) RID() string               { return o.rid }
func (o *outlet) StreamID() string          { return o.id }
func (o *outlet) Kind() webrtc.RTPCodecType { return o.kind }

// Bind takes the one codec that we offer for this kind.
func (o *outlet) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	want := webrtc.MimeTypeOpus
	if o.kind == webrtc.RTPCodecTypeVideo {
		want = webrtc.MimeTypeVP8
	}
	for _, p := range c.CodecParameters() {
		if p.MimeType == want {
			o.bound.Store(o.bind(c, p))
			return p, nil
		}
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

func (o *outlet) bind(c webrtc.TrackLocalContext, p webrtc.RTPCodecParameters) *binding {
	b := &binding{
		ssrc: uint32(c.SSRC()), pt: uint8(p.PayloadType), writer: c.WriteStream(),
		mid: []byte(o.mid()), rid: []byte(o.rid),
	}
	for _, e := range c.HeaderExtensions() {
		switch e.URI {
		case sdp.SDESMidURI:
			b.midID = uint8(e.ID)
		case sdp.SDESRTPStreamIDURI:
			b.ridID = uint8(e.ID)
		}
	}
	return b
}

// Unbind stops the outlet.
func (o *outlet) Unbind(webrtc.TrackLocalContext) error {
	o.bound.Store(nil)
	return nil
}

// send writes one packet. The relay learns a layer from its rid, which is
// therefore in each packet: the first ones may be lost.
func (o *outlet) send(b *binding, stamp uint32, marker bool, payload []byte) error {
	o.seq++
	o.header = rtp.Header{
		Version: 2, Marker: marker, PayloadType: b.pt, SequenceNumber: o.seq,
		Timestamp: stamp, SSRC: b.ssrc, Extensions: o.header.Extensions[:0],
	}
	if o.rid != "" && b.midID != 0 && b.ridID != 0 {
		if err := o.header.SetExtension(b.midID, b.mid); err != nil {
			return err
		}
		if err := o.header.SetExtension(b.ridID, b.rid); err != nil {
			return err
		}
	}
	_, err := b.writer.WriteRTP(&o.header, payload)
	return err
}

// writeSound sends one sealed Opus frame, captured at.
func (o *outlet) writeSound(sealed []byte, at time.Duration) error {
	b := o.bound.Load()
	if b == nil {
		return ErrNotSending
	}
	return o.send(b, o.base+stamp(at, media.SampleRate), false, sealed)
}

// writePicture sends one frame, clear byte and sealed bytes, in as many
// packets as it takes.
func (o *outlet) writePicture(tier int, leaf bool, frame []byte, at time.Duration) error {
	b := o.bound.Load()
	if b == nil {
		return ErrNotSending
	}
	o.picture = (o.picture + 1) & 0x7fff
	if tier == 0 {
		o.tl0++
	}
	d := descriptor{start: true, leaf: leaf, picture: o.picture, base: o.tl0, tier: uint8(tier)}
	when := o.base + stamp(at, 90000)
	for len(frame) > 0 {
		n := min(len(frame), maxPayload)
		o.scratch = append(d.append(o.scratch[:0]), frame[:n]...)
		frame = frame[n:]
		if err := o.send(b, when, len(frame) == 0, o.scratch); err != nil {
			return err
		}
		d.start = false
	}
	return nil
}

// stamp converts a media clock to an RTP clock; both wrap.
func stamp(at time.Duration, rate int64) uint32 {
	sec, rest := int64(at/time.Second), int64(at%time.Second)
	return uint32(sec*rate + rest*rate/int64(time.Second))
}

// readRTCP reads what the relay says about one encoding until sender is
// stopped, so that lost packets are repeated, and passes it on.
func readRTCP(sender *webrtc.RTPSender, rid string, said func([]rtcp.Packet)) {
	buf := make([]byte, 1500)
	each(func() error {
		n, _, err := sender.ReadSimulcast(buf, rid)
		if err != nil {
			return err
		}
		packets, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			return err
		}
		said(packets)
		return nil
	})
}

// tolerated is how many reads in a row may fail, other than by the end, before
// they are taken for the end.
const tolerated = 100

// each calls read until what it reads has ended. One packet that makes no
// sense is not the end.
func each(read func() error) {
	for failed := 0; failed < tolerated; failed++ {
		switch err := read(); {
		case err == nil:
			failed = -1
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrClosedPipe), errors.Is(err, net.ErrClosed):
			return
		}
	}
}

// asksForKey reports whether a key frame is asked for (RFC 4585 PLI, RFC 5104 FIR).
func asksForKey(packets []rtcp.Packet) bool {
	for _, p := range packets {
		switch p.(type) {
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			return true
		}
	}
	return false
}

// lost is the largest share of packets that a receiver report (RFC 3550
// section 6.4.1) says were lost, 0 to 1; false when there is no report.
func lost(packets []rtcp.Packet) (share float64, ok bool) {
	for _, p := range packets {
		var reports []rtcp.ReceptionReport
		switch p := p.(type) {
		case *rtcp.ReceiverReport:
			reports = p.Reports
		case *rtcp.SenderReport:
			reports = p.Reports
		}
		for _, r := range reports {
			share, ok = max(share, float64(r.FractionLost)/256), true
		}
	}
	return share, ok
}
