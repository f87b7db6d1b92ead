package piv

import (
	"context"
	"errors"
	"time"

	"github.com/ebfe/scard"

	"incamera/identity"
)

const (
	busyFor  = time.Second            // how long a busy card is tried again
	busyStep = 50 * time.Millisecond  // how often
	goneFor  = 700 * time.Millisecond // pcscd looks at a reader every 400 ms
	blindFor = 300 * time.Millisecond // how long a reader may not see its card
	lookStep = 20 * time.Millisecond
)

// A link is an open handle on a card, with a context of PC/SC's of its own:
// the one that watches the readers is always waiting.
type link struct {
	context *scard.Context
	card    *scard.Card
}

// connect opens the card in a reader, alone or shared. A busy card is tried
// again for busyFor; then the likely holder is named.
func connect(ctx context.Context, reader string, mode scard.ShareMode) (*link, error) {
	sc, err := scard.EstablishContext()
	if err != nil {
		return nil, plain(err)
	}
	busy := time.NewTimer(busyFor)
	defer busy.Stop()
	for {
		card, err := sc.Connect(reader, mode, scard.ProtocolT0|scard.ProtocolT1)
		if err == nil {
			return &link{sc, card}, nil
		}
		if !errors.Is(err, scard.ErrSharingViolation) {
			return nil, errors.Join(plain(err), release(sc))
		}
		select {
		case <-time.After(busyStep):
		case <-busy.C:
			return nil, errors.Join(&identity.BusyError{Holder: holder()}, release(sc))
		case <-ctx.Done():
			return nil, errors.Join(cause(ctx), release(sc))
		}
	}
}

// release gives a context back. A service that is gone has none to give back.
func release(sc *scard.Context) error {
	err := sc.Release()
	if errors.Is(err, scard.ErrInvalidHandle) || errors.Is(plain(err), identity.ErrNoService) {
		return nil
	}
	return err
}

// application returns the PIV application at the other end, not yet selected.
func (l *link) application() application {
	return application{line{to: l.card, t0: l.card.ActiveProtocol() == scard.ProtocolT0}}
}

// close lets the card go. A card that is gone needs no letting go.
func (l *link) close(d scard.Disposition) {
	_ = l.card.Disconnect(d)
	_ = release(l.context)
}

// plain puts what PC/SC says in the words of package identity, where it has one.
func plain(err error) error {
	code, ok := errors.AsType[scard.Error](err)
	if !ok {
		return err
	}
	switch code {
	case scard.ErrRemovedCard, scard.ErrNoSmartcard, scard.ErrUnknownReader, scard.ErrReaderUnavailable:
		return identity.ErrCardRemoved
	case scard.ErrNoService, scard.ErrServiceStopped, scard.ErrInternalError, scard.ErrInvalidHandle:
		return identity.ErrNoService
	case scard.ErrSharingViolation:
		return &identity.BusyError{}
	}
	return err
}

// wasReset reports that another program, or Windows after 5 s without a
// command, has reset the card under us.
func wasReset(err error) bool { return errors.Is(err, scard.ErrResetCard) }

// presence is what a reader says about its slot.
type presence struct {
	in    bool
	alone bool   // another program holds the card alone
	count uint16 // rises when a card comes or goes; 0 where the system does not count
}

// blind reports a reader that cannot see for the moment whether a card is in it:
// pcscd says so after any error on the line. A reader that was unplugged says so,
// too, and then is not listed any more.
func blind(state scard.StateFlag) bool {
	return state&(scard.StateUnknown|scard.StateUnavailable) != 0
}

func presenceOf(state scard.StateFlag) presence {
	return presence{
		in:    state&scard.StatePresent != 0,
		alone: state&scard.StateExclusive != 0,
		count: uint16(state >> 16),
	}
}

// look returns what is in a reader now.
func look(sc *scard.Context, reader string) (scard.StateFlag, error) {
	states := []scard.ReaderState{{Reader: reader, CurrentState: scard.StateUnaware}}
	if err := sc.GetStatusChange(states, 0); err != nil && !errors.Is(err, scard.ErrTimeout) {
		return 0, plain(err)
	}
	return states[0].EventState, nil
}

// stays returns nil if the same card is in the reader, and ErrCardRemoved if
// not. It waits up to patience for the system to notice that a card has gone.
func stays(reader string, was presence, patience time.Duration) error {
	sc, err := scard.EstablishContext()
	if err != nil {
		return plain(err)
	}
	defer func() { _ = release(sc) }()
	for began := time.Now(); ; {
		state, err := look(sc, reader)
		if err != nil {
			return err
		}
		waited := time.Since(began)
		switch sees := !blind(state); {
		case sees && !same(presenceOf(state), was), !sees && waited > blindFor:
			return identity.ErrCardRemoved
		case sees && waited >= patience:
			return nil
		}
		time.Sleep(lookStep)
	}
}

// same reports whether a card has stayed where it was.
func same(now, was presence) bool {
	return now.in && (now.count == was.count || now.count == 0 || was.count == 0)
}

// cause returns why ctx has ended, in the words of package identity.
func cause(ctx context.Context) error {
	err := context.Cause(ctx)
	if errors.Is(err, context.Canceled) {
		return identity.ErrCancelled
	}
	return err
}
