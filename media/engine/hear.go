package engine

import (
	"time"

	"incamera/media"
	"incamera/media/relay"
)

// A sound, in: relay → open → jitter buffer; playout takes it from there.

// hear passes on what r sends until it ends. The relay's own silence does not
// open: it is dropped and counted like anything else that does not.
func (e *Engine) hear(r *relay.Remote) {
	who := e.member(r.Member)
	opener := e.options.Keys.Opener(r.Member, media.Microphone)
	who.voice.restart()
	var sealed, opened []byte
	for {
		frame, info, err := r.Read(sealed[:0])
		if err != nil {
			return
		}
		sealed = frame
		if opened, err = opener.Open(opened[:0], nil, frame); err != nil {
			e.reject(info.Injected)
			continue
		}
		now := time.Now()
		e.counts.soundOpened.Add(1)
		first(&e.counts.firstSound, now)
		who.tally.soundOpened.Add(1)
		first(&who.tally.firstSound, now)
		if !e.plan.Load().heard[r.Member] {
			e.counts.unpermitted.Add(1)
			continue
		}
		who.voice.push(info.Seq, opened, now)
	}
}
