package service

import (
	"context"
	"errors"
	"time"

	"incamera/identity"
	"incamera/sitting"
	"incamera/sitting/service/roster"
	"incamera/sitting/service/usher"
)

// What is looked at again and again, each by a goroutine of its own.

// watchDelivery ends the service when nothing can be kept any more: started
// again it goes on, as soon as there is room.
func (s *Service) watchDelivery(ctx context.Context, end context.CancelCauseFunc) {
	clock := time.NewTicker(time.Second)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
		}
		if err := s.delivery.Failed(); err != nil {
			end(err)
			return
		}
	}
}

// ordersEvery is how often the folder of orders is looked at: who has put a bad
// one there reads of it in the log, before a member misses it.
const ordersEvery = 5 * time.Second

func (s *Service) watchOrders(ctx context.Context) {
	clock := time.NewTicker(ordersEvery)
	defer clock.Stop()
	readable := true
	for {
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
		}
		_, err := s.book.Find("", s.c.Now())
		unknown := errors.Is(err, roster.ErrUnknown) // as no sitting has this id
		if !unknown && readable {
			s.c.Log.Error("the folder of orders cannot be read", "error", err)
		}
		readable = unknown
	}
}

// defaultLookUp is how often the cards of those present are looked up by default.
const defaultLookUp = time.Minute

// watchRevocation removes who is present with a card that was called back.
func (s *Service) watchRevocation(ctx context.Context) {
	clock := time.NewTicker(s.c.LookUp)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
		}
		for _, u := range s.halls.all() {
			s.revoke(ctx, u)
		}
	}
}

func (s *Service) revoke(ctx context.Context, u *usher.Usher) {
	state := u.State()
	for _, seats := range [][]sitting.Seat{state.Seats, state.Waiting} {
		for _, t := range seats {
			var revoked *identity.Revoked
			if err := s.c.Revocation.Check(ctx, t.Chain, s.c.Now()); errors.As(err, &revoked) {
				s.c.Log.Warn("a card was called back", "member", t.Member, "on", revoked.On)
				_ = u.Revoke(ctx, t.Session) // an usher that has ended need not know
			}
		}
	}
}
