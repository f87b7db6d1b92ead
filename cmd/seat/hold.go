package seat

import (
	"context"

	"incamera/identity"
)

// Hold returns a context that ends, because of [identity.ErrCardRemoved], when
// card is taken out of its reader.
func Hold(ctx context.Context, readers identity.Readers, card identity.Card) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		err := readers.Watch(ctx, func(all []identity.Reader) {
			for _, r := range all {
				if r.Card == card {
					return
				}
			}
			cancel(identity.ErrCardRemoved)
		})
		if err != nil { // without readers nobody can tell that the card is there
			cancel(err)
		}
	}()
	return ctx, func() { cancel(nil) }
}
