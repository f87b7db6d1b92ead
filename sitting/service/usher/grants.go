package usher

import (
	"context"
	"errors"
	"time"

	"incamera/sitting"
	"incamera/sitting/service/ticket"
)

// relayLimit is how long one look at the relay may take.
const relayLimit = 5 * time.Second

// follow makes the relay agree with the state, each time the state changes and
// with each tick: what was missed, because the relay was down or the member
// was just coming in, is made good the next time. It ends with ctx.
func (u *Usher) follow(ctx context.Context) {
	down := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-u.changed:
		}
		err := u.agree(ctx)
		if failed := err != nil && ctx.Err() == nil; failed && !down {
			u.o.Log.Warn("the relay does not follow", "error", err)
			down = true
		} else if !failed {
			down = false
		}
	}
}

// agree looks once who is at the relay and changes what differs from the state.
func (u *Usher) agree(ctx context.Context) error {
	ctx, end := context.WithTimeout(ctx, relayLimit)
	defer end()
	present, err := u.o.Relay.Present(ctx)
	if errors.Is(err, ticket.ErrDown) {
		return nil // it is being started, and will be empty
	}
	if err != nil {
		return err
	}
	state := u.State()
	var errs []error
	for _, p := range present {
		if err := u.settle(ctx, state, p); !errors.Is(err, ticket.ErrAbsent) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// settle drops who is not seated, and gives or takes the microphone.
func (u *Usher) settle(ctx context.Context, state sitting.State, p ticket.Presence) error {
	_, seated := state.Seat(p.Member)
	switch speaks := state.HasFloor(p.Member); {
	case !seated || state.Closed:
		return u.o.Relay.Drop(ctx, p.Member)
	case speaks != p.Speaks:
		return u.o.Relay.SetSources(ctx, p.Member, speaks)
	}
	return nil
}
