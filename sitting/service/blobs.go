package service

import (
	"encoding/hex"
	"errors"
	"io"
	"net/http"

	"incamera/sitting"
	"incamera/sitting/service/delivery"
)

// seated finds the sitting that r names, if the guest has a seat there.
func (s *Service) seated(r *http.Request, g guest) (sitting.State, sitting.Seat, error) {
	u, ok := s.halls.find(sitting.ID(r.PathValue("id")))
	if !ok {
		return sitting.State{}, sitting.Seat{}, sitting.RefusedAbsent
	}
	state := u.State()
	for _, t := range state.Seats {
		if t.Session == g.session && !state.Closed {
			return state, t, nil
		}
	}
	return state, sitting.Seat{}, sitting.RefusedAbsent
}

// withBlob does work on the blob that r names, for those who have a seat, and
// for not too many at once.
func (s *Service) withBlob(w http.ResponseWriter, r *http.Request, g guest, work func(sitting.ID, sitting.Hash) error) error {
	if _, _, err := s.seated(r, g); err != nil {
		return err
	}
	name, err := hex.DecodeString(r.PathValue("hash"))
	if err != nil || len(name) != len(sitting.Hash{}) {
		return errHashName
	}
	select {
	case s.blobs <- struct{}{}:
		defer func() { <-s.blobs }()
	case <-r.Context().Done():
		return errStopping
	}
	err = work(sitting.ID(r.PathValue("id")), sitting.Hash(name))
	if err != nil && r.Context().Err() != nil {
		return errStopping // or the client has gone, and hears nothing
	}
	return err
}

func (s *Service) getBlob(w http.ResponseWriter, r *http.Request, g guest) error {
	return s.withBlob(w, r, g, func(id sitting.ID, hash sitting.Hash) error {
		b, err := s.delivery.GetBlob(r.Context(), id, hash)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		_, err = w.Write(b)
		return lostOnTheWay(err)
	})
}

func (s *Service) putBlob(w http.ResponseWriter, r *http.Request, g guest) error {
	return s.withBlob(w, r, g, func(id sitting.ID, hash sitting.Hash) error {
		if r.ContentLength > delivery.MaxBlob {
			return delivery.ErrTooLarge
		}
		b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, delivery.MaxBlob))
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large):
			return delivery.ErrTooLarge
		case err != nil:
			return lostOnTheWay(err)
		}
		if !s.pace.allowBytes(g.card(), len(b), s.c.Now()) {
			return errTooOften
		}
		if err := s.delivery.PutBlob(r.Context(), id, hash, b); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
}
