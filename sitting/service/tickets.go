package service

import (
	"net/http"

	"incamera/sitting"
	"incamera/sitting/service/relay"
	"incamera/sitting/wire"
)

// ticket hands out one right to enter the relay, to who has a seat.
func (s *Service) ticket(w http.ResponseWriter, r *http.Request, g guest) error {
	state, seat, err := s.seated(r, g)
	if err != nil {
		return err
	}
	if s.relayURL() == "" {
		return relay.ErrDown
	}
	id := state.Order.Sitting
	token, err := s.desk.Mint(id, seat.Member, state.HasFloor(seat.Member))
	if err != nil {
		return err
	}
	once := s.proxy.Issue(relay.Pass{Sitting: id, Member: seat.Member, Session: g.session})
	b, err := wire.EncodeTicket("wss://"+r.Host+"/relay/"+once, token)
	if err != nil {
		return err
	}
	return answer(w, b)
}

// admitToRelay mints the token for a ticket that is being used: it says what
// is true then, not when the ticket was handed out.
func (s *Service) admitToRelay(p relay.Pass) (string, error) {
	u, ok := s.halls.find(p.Sitting)
	if !ok {
		return "", relay.ErrTicket
	}
	state := u.State()
	t, ok := state.Seat(p.Member)
	if !ok || t.Session != sitting.Hash(p.Session) || state.Closed {
		return "", relay.ErrTicket
	}
	return s.desk.Mint(p.Sitting, p.Member, state.HasFloor(p.Member))
}
