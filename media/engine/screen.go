package engine

import (
	"image"
	"sync"
	"weak"

	"incamera/media"
)

// shots is how many pictures a screen holds: the newest, one that is being
// painted, and one that is being written.
const shots = 3

// painters is how many images a screen remembers having painted.
const painters = 8

// A screen is a mailbox of one picture: the newest wins. It satisfies
// [media.Screen]. One goroutine puts; any may paint, though not into the same
// image at once.
type screen struct {
	mu      sync.Mutex
	shots   [shots]shot
	current *shot
	hidden  bool // pictures that come are not shown
	count   uint64
	unseen  int // pictures put since one was painted
	seen    [painters]sight
	turn    int
	scratch [][]column // of painters, while nobody paints with them
}

// A shot is one picture. While it is being painted or is the newest, nobody
// writes to it.
type shot struct {
	pic     image.YCbCr
	number  uint64
	readers int
}

// A sight says which picture an image has seen last.
type sight struct {
	dst    weak.Pointer[image.RGBA]
	rect   image.Rectangle
	number uint64
}

// While nobody paints for patience pictures, one in rarely is put.
const (
	patience = 30
	rarely   = 8
)

// put makes a copy of pic the newest picture, unless too many are being
// painted, or nobody looks.
func (s *screen) put(pic *image.YCbCr) {
	if s.ignored() {
		return
	}
	if free := s.begin(); free != nil {
		copyPicture(&free.pic, pic)
		s.commit(free)
	}
}

// ignored counts one more picture, and reports whether it need not be put:
// copying costs as much as decoding does.
func (s *screen) ignored() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unseen++
	return s.unseen > patience && s.unseen%rarely != 0
}

// begin returns a shot to write the next picture into, nil when all are being
// painted. Only one goroutine puts: nobody else gets the same one.
func (s *screen) begin() *shot {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.shots {
		if sh := &s.shots[i]; sh != s.current && sh.readers == 0 {
			return sh
		}
	}
	return nil
}

// commit makes sh, which came from begin, the newest picture. Others are ignored.
func (s *screen) commit(sh *shot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.shots {
		if sh == &s.shots[i] {
			s.count++
			sh.number = s.count
			if !s.hidden {
				s.current = sh
			}
		}
	}
}

// hide takes the picture away and keeps others from coming, until it is undone.
func (s *screen) hide(hidden bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unseen = 0
	if s.hidden = hidden; hidden {
		s.current = nil
	}
}

// clear gives the pictures' memory back: who keeps the screen is shown nothing more.
func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = nil
	for i := range s.shots {
		if s.shots[i].readers == 0 {
			s.shots[i] = shot{}
		}
	}
}

// Size is the newest picture's size; zero before the first.
func (s *screen) Size() image.Point {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		return image.Point{}
	}
	return s.current.pic.Rect.Size()
}

// Paint scales the newest picture into all of dst, cropping what does not fit
// its shape, unless dst has seen it.
func (s *screen) Paint(dst *image.RGBA) bool {
	sh, scratch := s.take(dst)
	if sh == nil {
		return false
	}
	scratch = paint(dst, &sh.pic, scratch)
	s.mu.Lock()
	defer s.mu.Unlock()
	sh.readers--
	s.scratch = append(s.scratch, scratch)
	return true
}

// take borrows the newest picture for dst, nil when there is none or dst has
// seen it, and something to paint with.
func (s *screen) take(dst *image.RGBA) (sh *shot, scratch []column) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || dst.Rect.Empty() {
		return nil, nil
	}
	s.unseen = 0
	at := s.sight(dst)
	if at.number == s.current.number && at.rect == dst.Rect {
		return nil, nil
	}
	at.number, at.rect = s.current.number, dst.Rect
	s.current.readers++
	if n := len(s.scratch); n > 0 {
		scratch, s.scratch = s.scratch[n-1], s.scratch[:n-1]
	}
	return s.current, scratch
}

// sight finds dst's, or forgets the oldest for it.
func (s *screen) sight(dst *image.RGBA) *sight {
	who := weak.Make(dst)
	for i := range s.seen {
		if s.seen[i].dst == who {
			return &s.seen[i]
		}
	}
	at := &s.seen[s.turn%painters]
	s.turn++
	*at = sight{dst: who}
	return at
}

// copyPicture makes dst a copy of src, in dst's own memory when that is large
// enough. Both are 4:2:0.
func copyPicture(dst, src *image.YCbCr) {
	media.Resize(dst, src.Rect.Size())
	w, h := dst.YStride, dst.Rect.Dy()
	cw, ch := dst.CStride, (h+1)/2
	copyPlane(dst.Y, src.Y[src.YOffset(src.Rect.Min.X, src.Rect.Min.Y):], w, h, src.YStride)
	at := src.COffset(src.Rect.Min.X, src.Rect.Min.Y)
	copyPlane(dst.Cb, src.Cb[at:], cw, ch, src.CStride)
	copyPlane(dst.Cr, src.Cr[at:], cw, ch, src.CStride)
}

func copyPlane(dst, src []byte, w, h, stride int) {
	for y := range h {
		copy(dst[y*w:y*w+w], src[y*stride:])
	}
}
