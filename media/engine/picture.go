package engine

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync/atomic"
	"time"

	"incamera/media"
	"incamera/media/relay"
	"incamera/media/vp8"
)

// A picture, out: camera → own screen → encode layers → seal each → relay.

// standard is what we send when the path bears it.
var standard = vp8.Standard()

var layerSizes = sizes(standard)

func sizes(o vp8.Options) (all [relay.Layers]image.Point) {
	for i := range all {
		all[i] = o.Layers[i].Size
	}
	return all
}

// A pictureSender is the way of our own pictures. Everything but wanted and
// thrift is owned by the capture goroutine.
type pictureSender struct {
	encoder atomic.Pointer[vp8.Encoder] // its atomic methods are for any goroutine
	wanted  [relay.Layers]atomic.Int64  // since when, in Unix nanoseconds; 0: not
	thrift  thrift
	haste   haste

	sealer media.Sealer
	sealed []byte
	clear  [1]byte
}

// ask has the next frame of layer decode by itself.
func (p *pictureSender) ask(layer int) {
	if enc := p.encoder.Load(); enc != nil {
		enc.KeyFrame(layer)
	}
}

// want pauses the layers that nobody fetches.
func (p *pictureSender) want(layers [relay.Layers]bool) {
	now := time.Now().UnixNano()
	for i, on := range layers {
		if !on {
			p.wanted[i].Store(0)
		} else {
			p.wanted[i].CompareAndSwap(0, now)
		}
	}
}

// earnest is how long the larger layers of one who has not the floor are
// fetched before they are sent: whenever anybody comes, the relay says for a
// moment that all are, and a large one takes a core and 35 MB.
const earnest = time.Second

// on reports whether layer is to be sent.
func (p *pictureSender) on(layer int, floor bool, now time.Time) bool {
	since := p.wanted[layer].Load()
	return since != 0 && (layer == 0 || floor || now.UnixNano()-since >= int64(earnest))
}

// restart makes all layers begin anew, for a relay that knows none of them: the
// smallest, until it says that somebody fetches others.
func (p *pictureSender) restart() {
	p.want([relay.Layers]bool{true})
	for i := range p.wanted {
		p.ask(i)
	}
}

// capturePicture opens the camera whenever it is wanted, until ctx ends.
func (e *Engine) capturePicture(ctx context.Context) {
	s := &e.picture
	s.sealer = e.options.Keys.Sealer(media.Camera)
	defer s.close()
	e.capture(ctx, media.CameraDevice, func(ctx context.Context, p *plan) (device, error) {
		return p.sight(ctx)
	}, func(d device) error {
		own := e.screenOf(e.options.Me)
		own.hide(false)
		defer own.hide(true)
		return e.showOwn(s, own, d.(PictureSource))
	})
}

func (s *pictureSender) close() {
	if enc := s.encoder.Swap(nil); enc != nil {
		enc.Close()
	}
}

// showOwn passes pictures on until the camera fails or is closed.
func (e *Engine) showOwn(s *pictureSender, own *screen, from PictureSource) error {
	for {
		pic, at, err := from.Read()
		if err != nil {
			return err
		}
		e.counts.picture.captured.Add(1)
		own.put(pic)
		link, plan := e.link.Load(), e.plan.Load()
		if link == nil || !plan.show || !plan.camera {
			continue
		}
		if err := e.sendPicture(s, link, plan.speak, pic, at.Sub(e.began)); err != nil {
			return err
		}
	}
}

// sendPicture encodes pic and sends each layer that is wanted.
func (e *Engine) sendPicture(s *pictureSender, link *relay.Link, floor bool, pic *image.YCbCr, at time.Duration) error {
	began := time.Now()
	enc, err := s.encoding(floor, began)
	if err != nil {
		return err
	}
	frames, err := enc.Encode(pic, at)
	if err != nil {
		return fmt.Errorf("engine: cannot encode: %w", err)
	}
	enc.SetSpeed(s.haste.note(time.Since(began), standard))
	for _, f := range frames {
		s.clear[0] = media.PictureClear(f.Key, f.Layer, f.Tier)
		if s.sealed, err = s.sealer.Seal(s.sealed[:0], s.clear[:], f.Payload); err != nil {
			e.counts.unsealed.Add(1)
			enc.KeyFrame(f.Layer)
			continue
		}
		e.counts.picture.sealed.Add(1)
		if link.WritePicture(f.Layer, f.Tier, f.Tier == standard.Tiers-1, s.sealed, f.At) == nil {
			e.counts.picture.sent.Add(1)
			e.counts.pictureLeft.Store(time.Now().UnixNano())
		}
	}
	return nil
}

// encoding returns the encoder, with the layers on that are wanted.
func (s *pictureSender) encoding(floor bool, now time.Time) (*vp8.Encoder, error) {
	enc := s.encoder.Load()
	if enc == nil {
		var err error
		if enc, err = vp8.NewEncoder(standard); err != nil {
			return nil, fmt.Errorf("engine: no encoder: %w", err)
		}
		s.encoder.Store(enc)
	}
	share := s.thrift.share()
	for i, l := range standard.Layers {
		enc.Enable(i, s.on(i, floor, now))
		enc.SetBitrate(i, int(share*float64(l.Bitrate)))
	}
	return enc, nil
}

// A picture, in: relay → open → decode → screen.

// A viewer is the way of one member's pictures, on its track's goroutine.
type viewer struct {
	who     *member
	remote  *relay.Remote
	opener  media.Opener
	decoder *vp8.Decoder
	sealed  []byte
	opened  []byte
	missing bool // the decoder has not been given a frame that others refer to
}

// see shows what r sends until it ends.
func (e *Engine) see(r *relay.Remote) {
	dec, err := vp8.NewDecoder()
	if err != nil {
		e.options.Log.Error("engine: no decoder", "err", err)
		return
	}
	defer dec.Close()
	v := &viewer{
		who: e.member(r.Member), remote: r, decoder: dec,
		opener: e.options.Keys.Opener(r.Member, media.Camera),
	}
	r.KeyFrame()
	for {
		frame, info, err := r.Read(v.sealed[:0])
		if err != nil {
			return
		}
		v.sealed = frame
		e.look(v, frame, info)
	}
}

// look opens and shows one frame. Whoever has no key asks nobody for anything:
// only once frames open again, a key frame is asked for.
func (e *Engine) look(v *viewer, frame []byte, info relay.Info) {
	if !e.plan.Load().seen[v.remote.Member] {
		e.counts.unpermitted.Add(1)
		v.missing = true
		return
	}
	if !media.IsPictureClear(frame[0]) {
		e.reject(true)
		v.missing = true
		return
	}
	opened, err := v.opener.Open(v.opened[:0], frame[:1], frame[1:])
	if err != nil {
		e.reject(info.Injected)
		v.missing = true
		return
	}
	v.opened = opened
	e.counts.pictureOpen.Add(1)
	v.who.tally.pictureOpened.Add(1)
	now := time.Now()
	first(&e.counts.firstPicture, now)
	first(&v.who.tally.firstPicture, now)
	switch {
	case info.Key:
		v.missing = false
	case v.missing:
		v.remote.Lost(0)
		return
	}
	e.show(v, opened)
}

// show decodes one opened frame into the screen.
func (e *Engine) show(v *viewer, opened []byte) {
	sh := v.who.screen.begin()
	if sh == nil {
		sh = &v.who.spare
	}
	switch err := v.decoder.Decode(&sh.pic, opened); {
	case errors.Is(err, vp8.ErrNoPicture):
		return
	case err != nil:
		e.counts.undecodable.Add(1)
		v.remote.Lost(0)
		return
	}
	now := time.Now()
	v.who.tally.saw(sh.pic.Rect.Size(), now)
	if e.options.OnPicture != nil {
		e.options.OnPicture(v.remote.Member, &sh.pic, now)
	}
	v.who.screen.commit(sh)
}

// reject counts a frame that did not open.
func (e *Engine) reject(injected bool) {
	if injected {
		e.counts.injected.Add(1)
	} else {
		e.counts.rejected.Add(1)
	}
}
