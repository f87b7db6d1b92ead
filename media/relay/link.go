package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"incamera/media"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
)

// Why a link has ended.
var (
	ErrClosed   = errors.New("relay: closed")
	ErrLost     = errors.New("relay: the relay does not answer")
	ErrRemoved  = errors.New("relay: removed from the room")
	ErrReplaced = errors.New("relay: the same member came in again")
)

// A Link is one stay in one room of the relay.
type Link struct {
	// constant
	options Options
	signal  *signal
	send    *webrtc.PeerConnection
	receive *webrtc.PeerConnection
	events  chan event // to run; senders give up when ctx ends
	nudge   chan struct{}
	remotes chan *Remote
	cancel  context.CancelCauseFunc // ends the link's life, with the reason
	over    <-chan struct{}         // closed by cancel
	why     func() error            // the reason, nil before
	done    chan struct{}           // closed when everything has ended
	began   time.Time
	tasks   sync.WaitGroup

	wish      atomic.Pointer[Wish]
	connected atomic.Bool
	sending   atomic.Bool
	sound     atomic.Pointer[outlet]
	layers    [Layers]atomic.Pointer[outlet]

	room   *room                      // owned by run
	others []*livekit.ParticipantInfo // who was there at the start; owned by run
}

// An event is something that run must know of.
type event any

type (
	heard     struct{ m *livekit.SignalResponse }
	silent    struct{ err error } // nothing more will be heard
	candidate struct {
		target livekit.SignalTarget
		c      webrtc.ICECandidateInit
	}
	peerState struct {
		target livekit.SignalTarget
		state  webrtc.PeerConnectionState
	}
	arrived struct {
		track    *webrtc.TrackRemote
		receiver *webrtc.RTPReceiver
	}
)

// Dial enters the room that t leads to. Ctx bounds the dialling only; the link
// lives until it is lost or [Link.Close] is called.
func Dial(ctx context.Context, t media.Ticket, o Options) (*Link, error) {
	s, err := dialSignal(ctx, t)
	if err != nil {
		return nil, err
	}
	join, err := s.join(ctx)
	if err != nil {
		s.close()
		return nil, err
	}
	life, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	l, err := newLink(s, o, join)
	if err != nil {
		cancel(err)
		s.close()
		return nil, err
	}
	l.cancel, l.over, l.why = cancel, life.Done(), func() error { return context.Cause(life) }
	if err := l.connect(); err != nil {
		cancel(err)
		l.end()
		return nil, err
	}
	l.tasks.Go(func() { l.read(life) })
	go l.run()
	return l, nil
}

// join waits for the first message, which must be the welcome.
func (s *signal) join(ctx context.Context) (*livekit.JoinResponse, error) {
	m, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	if join := m.GetJoin(); join != nil {
		return join, nil
	}
	if leave := m.GetLeave(); leave != nil {
		return nil, fmt.Errorf("relay: not let in: %v", leave.GetReason())
	}
	return nil, errors.New("relay: the relay did not say welcome")
}

func newLink(s *signal, o Options, join *livekit.JoinResponse) (*Link, error) {
	l := &Link{
		options: o, signal: s,
		events:  make(chan event, 64),
		nudge:   make(chan struct{}, 1),
		remotes: make(chan *Remote, 64),
		done:    make(chan struct{}), began: time.Now(),
	}
	l.wish.Store(new(Wish))
	var err error
	if l.send, err = newPeer(o); err != nil {
		return nil, err
	}
	if l.receive, err = newPeer(o); err != nil {
		return nil, errors.Join(err, l.send.GracefulClose())
	}
	l.room, l.others = newRoom(join), join.GetOtherParticipants()
	return l, nil
}

// connect has both connections' news told to run.
func (l *Link) connect() error {
	l.watch(l.send, livekit.SignalTarget_PUBLISHER)
	l.watch(l.receive, livekit.SignalTarget_SUBSCRIBER)
	l.receive.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) { l.tell(arrived{t, r}) })
	// The relay takes no offer without a media section; with this one the path
	// out is up before there is anything to publish.
	if _, err := l.send.CreateDataChannel("_reliable", nil); err != nil {
		return fmt.Errorf("relay: cannot set up the path out: %w", err)
	}
	return nil
}

// watch has pc's news told to run.
func (l *Link) watch(pc *webrtc.PeerConnection, target livekit.SignalTarget) {
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c != nil {
			l.tell(candidate{target, c.ToJSON()})
		}
	})
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) { l.tell(peerState{target, s}) })
}

// tell hands run an event.
func (l *Link) tell(e event) {
	select {
	case l.events <- e:
	case <-l.over:
	}
}

// Wish replaces what is wanted. It never waits.
func (l *Link) Wish(w Wish) {
	l.wish.Store(&w)
	select {
	case l.nudge <- struct{}{}:
	default:
	}
}

// Remotes gives out each track of another member once. It is closed when the
// link has ended.
func (l *Link) Remotes() <-chan *Remote { return l.remotes }

// Connected reports whether media can come in.
func (l *Link) Connected() bool { return l.connected.Load() }

// Done is closed when the link has ended; [Link.Err] then says why.
func (l *Link) Done() <-chan struct{} { return l.done }

// Err is why the link has ended, nil while it lives.
func (l *Link) Err() error { return l.why() }

// Close leaves the room and waits until nothing of the link is left.
func (l *Link) Close() {
	l.cancel(ErrClosed)
	<-l.done
}

// WriteSound sends one sealed Opus frame, captured at on the media clock. One
// goroutine calls it.
func (l *Link) WriteSound(sealed []byte, at time.Duration) error {
	o := l.sound.Load()
	if o == nil || !l.sending.Load() {
		return ErrNotSending
	}
	return o.writeSound(sealed, at)
}

// WritePicture sends one frame of one layer: the clear byte and the sealed
// bytes, captured at. Leaf says that no other frame refers to this one. One
// goroutine calls it for all layers.
func (l *Link) WritePicture(layer, tier int, leaf bool, frame []byte, at time.Duration) error {
	o := l.layers[layer].Load()
	if o == nil || !l.sending.Load() {
		return ErrNotSending
	}
	return o.writePicture(tier, leaf, frame, at)
}

// read passes on what the relay says.
func (l *Link) read(life context.Context) {
	for {
		m, err := l.signal.read(life)
		if err != nil {
			l.tell(silent{err})
			return
		}
		l.tell(heard{m})
	}
}

// run decides everything, until the link's life ends.
func (l *Link) run() {
	defer l.end()
	l.know(l.others)
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	last := time.Now()
	for {
		var err error
		select {
		case <-l.over:
			return
		case e := <-l.events:
			if _, ok := e.(heard); ok {
				last = time.Now()
			}
			err = l.take(e)
		case <-l.nudge:
		case now := <-tick.C:
			err = l.ping(now, last)
		}
		if err == nil {
			err = l.strive()
		}
		if err != nil {
			l.cancel(err)
		}
	}
}

// end takes everything down and waits for it.
func (l *Link) end() {
	l.connected.Store(false)
	l.sending.Store(false)
	if errors.Is(l.why(), ErrClosed) {
		l.farewell()
	}
	l.signal.close()
	for _, pc := range []*webrtc.PeerConnection{l.send, l.receive} {
		if err := pc.GracefulClose(); err != nil {
			l.options.Log.Debug("relay: closing", "err", err)
		}
	}
	l.tasks.Wait()
	close(l.remotes)
	close(l.done)
}

// farewell tells the relay that we leave, so that others see it at once.
func (l *Link) farewell() {
	err := l.signal.write(&livekit.SignalRequest{Message: &livekit.SignalRequest_Leave{
		Leave: &livekit.LeaveRequest{Reason: livekit.DisconnectReason_CLIENT_INITIATED},
	}})
	if err != nil {
		l.options.Log.Debug("relay: leaving", "err", err)
	}
}
