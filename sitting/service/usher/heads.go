package usher

import (
	"context"
	"time"

	"incamera/sitting"
	"incamera/sitting/wire"
)

// signHead signs how far the order goes, if it has gone further: whoever is
// told of it can hold the service to it.
func (u *Usher) signHead(_ context.Context, now time.Time) error {
	state := u.State()
	if state.Seq == u.signed {
		return nil
	}
	h := wire.Head{Sitting: state.Order.Sitting, Head: sitting.Head{Seq: state.Seq, Hash: state.Head}, At: now}
	signed, err := wire.SignHead(h, u.o.Key, u.o.Certificate)
	if err != nil {
		return err
	}
	u.signed = state.Seq
	u.journal.sign(signed)
	return nil
}
