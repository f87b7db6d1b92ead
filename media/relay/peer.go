package relay

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// Payload types that we offer; what is sent is what was negotiated.
const (
	opusType = 111
	vp8Type  = 96
)

// How soon a lost path is noticed.
const (
	iceDisconnected = 2 * time.Second
	iceFailed       = 4 * time.Second
	iceKeepAlive    = 500 * time.Millisecond
	nackEvery       = 20 * time.Millisecond
	repeatable      = 256 // packets of each encoding that can be sent again; a power of two
)

// newPeer makes one peer connection: host candidates only, no STUN server, no
// multicast DNS, and only the addresses that o allows.
func newPeer(o Options) (*webrtc.PeerConnection, error) {
	m, err := codecs()
	if err != nil {
		return nil, err
	}
	r, err := interceptors(m)
	if err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(
		webrtc.WithMediaEngine(m),
		webrtc.WithInterceptorRegistry(r),
		webrtc.WithSettingEngine(settings(o)),
	)
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("relay: cannot make a peer connection: %w", err)
	}
	return pc, nil
}

// settings decides which addresses and networks a peer connection may use.
func settings(o Options) webrtc.SettingEngine {
	s := webrtc.SettingEngine{LoggerFactory: quiet{o.Log}}
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4})
	s.SetICETimeouts(iceDisconnected, iceFailed, iceKeepAlive)
	s.SetIncludeLoopbackCandidate(o.Loopback)
	s.SetIPFilter(o.allowed)
	s.SetRemoteIPFilter(o.allowed)
	s.SetDTLSRetransmissionInterval(100 * time.Millisecond)
	if o.network != nil {
		s.SetNet(o.network)
	}
	return s
}

// allowed reports whether media may use ip, ours or the relay's.
func (o Options) allowed(ip net.IP) bool {
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return false
	}
	addr = addr.Unmap()
	if o.Loopback {
		return addr.IsLoopback()
	}
	for _, r := range o.Ranges {
		if r.Contains(addr) {
			return true
		}
	}
	return len(o.Ranges) == 0
}

// codecs registers what we send and receive, and the header extensions that
// tell simulcast layers apart.
func codecs() (*webrtc.MediaEngine, error) {
	m := new(webrtc.MediaEngine)
	opus := webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2,
		SDPFmtpLine: "minptime=10;useinbandfec=1",
	}
	vp8 := webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP8, ClockRate: 90000,
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}},
	}
	if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: opus, PayloadType: opusType}, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, fmt.Errorf("relay: cannot register opus: %w", err)
	}
	if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: vp8, PayloadType: vp8Type}, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, fmt.Errorf("relay: cannot register vp8: %w", err)
	}
	for _, uri := range []string{sdp.SDESMidURI, sdp.SDESRTPStreamIDURI} {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeVideo); err != nil {
			return nil, fmt.Errorf("relay: cannot register %s: %w", uri, err)
		}
	}
	return m, nil
}

// interceptors repeats lost packets, asks for them, reports, and numbers
// packets for the congestion control of both directions.
func interceptors(m *webrtc.MediaEngine) (*interceptor.Registry, error) {
	r := new(interceptor.Registry)
	ask, err := nack.NewGeneratorInterceptor(nack.GeneratorInterval(nackEvery))
	if err != nil {
		return nil, fmt.Errorf("relay: cannot set up nack: %w", err)
	}
	answer, err := nack.NewResponderInterceptor(nack.ResponderSize(repeatable))
	if err != nil {
		return nil, fmt.Errorf("relay: cannot set up nack: %w", err)
	}
	r.Add(answer)
	r.Add(ask)
	for _, set := range []func() error{
		func() error { return webrtc.ConfigureRTCPReports(r) },
		func() error { return webrtc.ConfigureTWCCHeaderExtensionSender(m, r) },
		func() error { return webrtc.ConfigureTWCCSender(m, r) },
	} {
		if err := set(); err != nil {
			return nil, fmt.Errorf("relay: cannot set up interceptors: %w", err)
		}
	}
	return r, nil
}

// quiet passes pion's errors to a log at debug level, and nothing else.
type quiet struct{ log *slog.Logger }

func (q quiet) NewLogger(scope string) logging.LeveledLogger {
	return scoped{log: q.log.With("scope", scope)}
}

type scoped struct{ log *slog.Logger }

func (scoped) Trace(string)                {}
func (scoped) Tracef(string, ...any)       {}
func (scoped) Debug(string)                {}
func (scoped) Debugf(string, ...any)       {}
func (scoped) Info(string)                 {}
func (scoped) Infof(string, ...any)        {}
func (scoped) Warn(string)                 {}
func (scoped) Warnf(string, ...any)        {}
func (s scoped) Error(msg string)          { s.log.Debug(msg) }
func (s scoped) Errorf(f string, a ...any) { s.log.Debug(fmt.Sprintf(f, a...)) }
