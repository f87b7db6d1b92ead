package rehearsal

import (
	"context"
	"errors"
	"fmt"

	"incamera/identity"
)

// Check says what did not happen that should have. It looks at what does not
// depend on how fast the machine is.
func (r *Report) Check() error {
	var wrong []error
	must := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	for _, t := range r.Troubles {
		wrong = append(wrong, errors.New(t))
	}
	must(r.Join.P95 > 0, "nobody's joining was seen")
	must(r.Rekey.N > 0, "there were no new keys after the removal")
	must(r.Sound.Opened > 0, "no frame of the speaker's was opened")
	must(r.Sound.Correlation >= 0.5, "what came out of the loudspeaker is not what was said: correlation %v", r.Sound.Correlation)
	must(r.Picture.FPS > 0, "no picture was read")
	must(len(r.Picture.Layers) > 1, "only layers %v were seen", r.Picture.Layers)
	must(r.Sealing.Sealed > 0 && r.Sealing.Opened > 0, "frames sealed %d, opened %d", r.Sealing.Sealed, r.Sealing.Opened)
	must(r.Sealing.Clear > 0, "no silence of the relay's was dropped")
	must(r.CardOut.CaptureStopped > 0 && r.CardOut.Left > 0, "nothing came of the card that was pulled")
	return errors.Join(wrong...)
}

// FirstCard waits for a card.
func FirstCard(ctx context.Context, readers identity.Readers) (identity.Card, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var card identity.Card
	err := readers.Watch(ctx, func(all []identity.Reader) {
		for _, r := range all {
			if r.Card != nil && card == nil {
				card = r.Card
				cancel()
			}
		}
	})
	if card != nil {
		return card, nil
	}
	return nil, err
}
