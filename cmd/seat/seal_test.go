package seat_test

import (
	"context"
	"testing"
	"time"

	"incamera/e2ee"
	"incamera/identity/identitytest"
	"incamera/identity/trust"
	"incamera/media"
	"incamera/media/engine"
	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/wire"
)

// A spy has a seat and the relay's tickets, and is not in the group: its key
// package is none. It listens with whatever keys it was given.
type spy struct {
	media *engine.Engine
	keys  *e2ee.Keyring
}

func (w *world) spy(c *card) *spy {
	w.t.Helper()
	session, err := trust.NewSession(w.t.Context(), c, identitytest.Answer(identitytest.PIN), time.Now().Add(time.Hour))
	check(w.t, err)
	config := trust.ClientTLS(session, w.anchors)
	client := link.NewHTTP("https://"+w.address, config)
	w.t.Cleanup(client.Close)
	w.arrive(client, session, c.id)
	s := &spy{keys: e2ee.NewKeyring(e2ee.KeyringOptions{Now: time.Now, Signer: session.Key})}
	s.media = engine.New(engine.Options{
		Me: string(c.id), Loopback: true, Loudspeaker: (&devices{}).all().Loudspeaker, Log: w.log(string(c.id)),
		Keys: media.Keys{
			Sealer: func(t media.Track) media.Sealer { return s.keys.Sealer(uint8(t)) },
			Opener: func(member string, t media.Track) media.Opener { return s.keys.Opener(member, uint8(t)) },
		},
		Ticket: func(ctx context.Context) (media.Ticket, error) {
			address, token, err := client.Ticket(ctx, budget)
			return media.Ticket{URL: address, Token: token, TLS: config}, err
		},
	})
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.media.Run(ctx) }() // it ends with ctx
	w.t.Cleanup(func() { end(); <-ended })
	s.media.Permit(media.Permission{Heard: everybody, Seen: everybody})
	look(s.media)
	return s
}

// arrive takes a seat over a link that lasts as long as the test.
func (w *world) arrive(client *link.Client, session *trust.Session, id sitting.MemberID) {
	w.t.Helper()
	l, err := client.Dial(w.t.Context(), budget)
	check(w.t, err)
	w.t.Cleanup(l.Close)
	check(w.t, l.Send(wire.Hello{}))
	var state sitting.State
	for asked := false; ; {
		msg, ok := <-l.Messages()
		if !ok {
			w.t.Fatal("the link ended: ", l.Err())
		}
		if entry, ok := msg.(wire.Entry); ok {
			e, err := wire.ReadEntry(entry.Bytes)
			check(w.t, err)
			state = state.Apply(e)
		}
		if _, here := state.Seat(id); here {
			break
		}
		if state.Order != nil && !asked {
			asked = true
			signed, err := wire.SignRequest(sitting.Request{
				Sitting: budget, Order: state.Order.Hash, Member: id, Counter: 1,
				Seen: sitting.Head{Seq: state.Seq, Hash: state.Head},
				Body: sitting.Arrive{KeyPackage: []byte("no key package")},
			}, session.Key, session.Chain)
			check(w.t, err)
			check(w.t, l.Send(wire.Request{Signed: signed}))
		}
	}
	go func() { // nothing more is wanted; it ends with the link
		for range l.Messages() {
		}
	}()
}

// Who is on the roster and in the relay's room, but not in the group, gets
// frames and opens none.
func TestSpy(t *testing.T) {
	w := newWorld(t)
	secret := w.card("e.spy", sitting.RoleMember)
	all := w.meet("a.martin")
	chair, martin := all[0], all[1]
	spy := w.spy(secret)
	chair.gives(martin)
	chair.hears(martin)
	until(t, "the spy gets frames", func() bool { return spy.keys.Counts().Unknown > 100 })
	chair.hears(martin)
	c, s := spy.keys.Counts(), spy.media.Stats()
	if c.Opened != 0 || s.SoundOpened+s.PictureOpened != 0 {
		t.Errorf("the spy has opened frames: %+v, %d of sound, %d of picture", c, s.SoundOpened, s.PictureOpened)
	}
	t.Logf("the spy: %+v", c)
	if n := len(chair.Session.State().Epoch.Leaves); n != 2 {
		t.Errorf("%d are in the group", n)
	}
}

// Who was removed opens nothing that is sealed after it, even with all the keys
// there were and an accomplice in the relay's room.
func TestRemoved(t *testing.T) {
	w := newWorld(t)
	secret := w.card("e.spy", sitting.RoleMember)
	all := w.meet("a.martin", "b.singh")
	chair, martin, singh := all[0], all[1], all[2]
	accomplice := w.spy(secret)
	kept := e2ee.NewKeyring(e2ee.KeyringOptions{Now: time.Now})
	epoch := singh.Session.State().Epoch
	for _, k := range []*e2ee.Keyring{kept, accomplice.keys} {
		k.Advance(epoch, 0)
	}
	chair.gives(martin)
	until(t, "the accomplice opens frames", func() bool { return accomplice.keys.Counts().Opened > 50 })
	const apart = 9 // a track that the engine does not have
	sealer, opener := martin.Keys.Sealer(apart), kept.Opener(string(martin.id), apart)
	seal := func() []byte {
		sealed, err := sealer.Seal(nil, nil, []byte("sound"))
		check(t, err)
		return sealed
	}
	if _, err := opener.Open(nil, nil, seal()); err != nil {
		t.Error("the keys that were kept are not good: ", err)
	}

	check(t, chair.Session.Remove(singh.id, "disorder"))
	<-singh.over
	if !isRemoved(singh.err) {
		t.Errorf("the seat ended with %v", singh.err)
	}
	if _, err := singh.Keys.Sealer(0).Seal(nil, nil, []byte("sound")); err == nil {
		t.Error("the removed member's keys are not wiped")
	}
	together(t, chair, martin)
	for range 50 {
		if _, err := opener.Open(nil, nil, seal()); err == nil {
			t.Fatal("a frame sealed after the removal was opened")
		}
	}
	// What was on its way may still arrive; then nothing opens.
	unknown := accomplice.keys.Counts().Unknown
	until(t, "new frames come", func() bool { return accomplice.keys.Counts().Unknown > unknown+50 })
	before := accomplice.keys.Counts()
	until(t, "more new frames come", func() bool { return accomplice.keys.Counts().Unknown > before.Unknown+100 })
	after := accomplice.keys.Counts()
	if after.Opened != before.Opened {
		t.Errorf("the accomplice has opened %d frames", after.Opened-before.Opened)
	}
	t.Logf("the accomplice: %+v", after)
	chair.hears(martin)
}
