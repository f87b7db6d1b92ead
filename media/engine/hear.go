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
	v, err := e.voiceOf(who)
	if err != nil {
		e.options.Log.Error("engine: cannot hear", "err", err)
		return
	}
	v.join(r)
	opener := e.options.Keys.Opener(r.Member, media.Microphone)
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
		e.heard(who, time.Now())
		if e.plan.Load().heard[r.Member] {
			v.push(r, info, opened)
		} else {
			e.counts.unpermitted.Add(1)
		}
	}
}

// heard counts a frame of who that has opened.
func (e *Engine) heard(who *member, now time.Time) {
	e.counts.soundOpened.Add(1)
	first(&e.counts.firstSound, now)
	who.tally.soundOpened.Add(1)
	first(&who.tally.firstSound, now)
}

// voiceOf returns who's voice, made when it is first needed. Tracks of one
// member may begin at once, so it is made under the lock.
func (e *Engine) voiceOf(who *member) (*voice, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if v := who.voice.Load(); v != nil {
		return v, nil
	}
	v, err := newVoice()
	if err == nil {
		who.voice.Store(v)
	}
	return v, err
}

// silence gives the decoders back, once nobody uses them any more.
func (e *Engine) silence() {
	for _, m := range e.everyone() {
		if v := m.voice.Load(); v != nil {
			v.decoder.Close()
		}
	}
}
