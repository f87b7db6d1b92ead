package session

import (
	"context"
	"time"

	"incamera/e2ee"
	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/wire"
)

// farewellTime is how long to try to give the seat up when there is no link.
const farewellTime = time.Second

// wipe forgets all keys and stops media. It is the first thing that is done
// when a session ends, and waits for nothing.
func (l *loop) wipe() {
	l.permit(Permission(sitting.State{}, l.s.o.Me))
	l.s.o.Keyring.Wipe()
	l.circle.wipe()
	v := *l.s.view.Load()
	v.State, v.Epoch, v.Confirmed, v.Alarms = l.history.state, nil, 0, l.alarms
	v.Line = Line{Since: l.s.o.Now(), Err: l.over}
	l.s.view.Store(&v)
	l.note()
}

// farewell gives the seat up if there is one, and lets go of the link.
func (l *loop) farewell(ctx context.Context) {
	if l.sat || asking[sitting.Arrive](&l.requests) {
		l.say(context.WithoutCancel(ctx))
	}
	if l.line.link != nil {
		l.line.link.Close()
	}
}

// say sends the last request, over a new link if need be.
func (l *loop) say(ctx context.Context) {
	if k := l.line.link; k != nil && k.Err() != nil {
		l.workers.Go(k.Close)
		l.line.link = nil
	}
	if l.history.state.Closed || l.line.link == nil && !l.redial(ctx) {
		return
	}
	l.unseen = nil // nothing else matters any more
	if err := l.ask(sitting.Leave{}); err != nil {
		l.s.o.Log.Warn("the seat could not be given up", "error", err)
	}
}

func (l *loop) redial(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, farewellTime)
	defer cancel()
	var k *link.Link
	k, err := l.s.o.Service.Dial(ctx, l.history.order.Sitting)
	if err != nil {
		return false
	}
	l.line.link = k
	return k.Send(wire.Hello{Last: l.history.state.Seq}) == nil
}

// wipe forgets the group and the offer to join one.
func (c *circle) wipe() {
	c.forget()
	if c.kp != nil {
		c.kp.Wipe()
		c.kp = nil
	}
}

// forget leaves the group, as far as this machine goes.
func (c *circle) forget() {
	if c.group != nil {
		c.group.Wipe()
	}
	c.group, c.epoch, c.placed, c.own = nil, nil, map[sitting.Hash]uint64{}, nil
	c.founding, c.confirmed = 0, 0
	clear(c.blobs)
}

// offer replaces the key package that others may add.
func (c *circle) offer(kp *e2ee.KeyPackage) {
	if c.kp != nil {
		c.kp.Wipe()
	}
	c.kp = kp
}
