package service

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"incamera/identity"
	"incamera/identity/trust"
	"incamera/sitting"
	"incamera/sitting/link"
	"incamera/sitting/service/usher"
	"incamera/sitting/wire"
)

// routes are all the ways in. TLS has found a good session certificate before.
func (s *Service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/sittings", s.paced(s.sittings))
	mux.HandleFunc("GET /v1/sittings/{id}/link", s.paced(s.link))
	mux.HandleFunc("GET /v1/sittings/{id}/blobs/{hash}", s.paced(s.getBlob))
	mux.HandleFunc("PUT /v1/sittings/{id}/blobs/{hash}", s.paced(s.putBlob))
	mux.HandleFunc("POST /v1/sittings/{id}/ticket", s.paced(s.ticket))
	mux.Handle("GET /relay/{once}/{rest...}", s.proxy)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.halls.admit() {
			s.refuse(w, r, errStopping)
			return
		}
		defer s.halls.guests.Done()
		mux.ServeHTTP(w, r)
	})
}

// A guest is who stands at the door.
type guest struct {
	person  identity.Person
	session sitting.Hash
	chain   [][]byte
}

// paced lets in whose certificates are good and who does not ask too often, for
// not too long. A link lifts the time limit.
func (s *Service) paced(serve func(http.ResponseWriter, *http.Request, guest) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		until, c := time.Now().Add(askLimit), http.NewResponseController(w)
		if err := errors.Join(c.SetReadDeadline(until), c.SetWriteDeadline(until)); err != nil {
			s.refuse(w, r, lostOnTheWay(err))
			return
		}
		g, err := s.guest(r)
		if err == nil && !s.pace.allow(g.card(), s.c.Now()) {
			err = errTooOften
		}
		if err == nil {
			err = serve(w, r, g)
		}
		if err != nil {
			s.refuse(w, r, err)
		}
	}
}

// card is the name of the guest's card by its key: the strongest there is.
func (g guest) card() string { return g.person.Names[0] }

func (s *Service) guest(r *http.Request) (guest, error) {
	person, err := s.c.Anchors.Peer(r.TLS, s.c.Now())
	if err != nil {
		return guest{}, fmt.Errorf("%w: %w", errChain, err) // TLS took them, a while ago
	}
	chain := trust.PeerChain(*r.TLS)
	return guest{person: person, session: wire.HashOf(chain[0]), chain: chain}, nil
}

// sittings hands out the signed orders of the sittings that the guest may
// enter: no others, and none that was closed.
func (s *Service) sittings(w http.ResponseWriter, _ *http.Request, g guest) error {
	listed, err := s.book.Of(g.person, s.c.Now())
	if err != nil {
		return err
	}
	signed := [][]byte{}
	for _, l := range listed {
		if !s.halls.isOver(l.Order.Sitting) {
			signed = append(signed, l.Signed)
		}
	}
	b, err := wire.EncodeOrders(signed)
	if err != nil {
		return err
	}
	return answer(w, b)
}

// enter finds the sitting that r names, and who the guest is there.
func (s *Service) enter(ctx context.Context, r *http.Request, g guest) (*usher.Usher, sitting.Member, error) {
	now := s.c.Now()
	l, err := s.book.Find(sitting.ID(r.PathValue("id")), now)
	if err != nil {
		return nil, sitting.Member{}, err
	}
	m, err := l.Enters(g.person, s.c.Anchors.Verify, now)
	if err == nil && s.c.Revocation != nil {
		err = s.c.Revocation.Check(ctx, g.chain, now)
	}
	if err != nil {
		s.c.Log.Warn("someone was turned away", "sitting", l.Order.Sitting, "name", g.person.Common, "error", err)
		return nil, m, err
	}
	u, err := s.hall(ctx, l)
	return u, m, err
}

// link lets a member in.
func (s *Service) link(w http.ResponseWriter, r *http.Request, g guest) error {
	u, m, err := s.enter(r.Context(), r, g)
	if err != nil {
		return err
	}
	switch state := u.State(); {
	case state.Closed:
		return sitting.RefusedClosed
	case slices.Contains(state.Removed, m.ID):
		return sitting.RefusedRemoved
	}
	l, err := link.Accept(w, r)
	if err != nil {
		return lostOnTheWay(err) // it has answered
	}
	who := usher.Who{Member: m.ID, Session: g.session, Chain: g.chain, Expires: g.person.NotAfter}
	log := s.c.Log.With("sitting", r.PathValue("id"), "member", m.ID)
	log.Info("a link begins")
	log.Info("a link ends", "why", u.Serve(r.Context(), who, l))
	return nil
}
