package mediatest

import (
	"encoding/binary"
	"hash/crc32"
	"image"
	"time"
)

// A Stamp is what a picture says of itself.
type Stamp struct {
	Number uint32
	At     time.Time // when it was drawn; in milliseconds
}

// A stamp's code is 96 bits: number, milliseconds since 1970 (44 bits), and a
// check (20 bits). They stand in cells, 32 in a row and 18 rows in a picture
// of 16 to 9, so a cell is 10 pixels wide in the smallest layer: bright for
// one in the three rows at the top, dark for one in the three at the bottom.
const (
	columns  = 32
	rows     = 18
	codeRows = 3
)

// bits returns the code.
func (s Stamp) bits() [codeRows]uint32 {
	at := uint64(s.At.UnixMilli()) & (1<<44 - 1)
	return [codeRows]uint32{s.Number, uint32(at >> 12), uint32(at<<20) | check(s.Number, at)}
}

// check is 20 bits of a checksum.
func check(number uint32, at uint64) uint32 {
	b := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, number), at)
	return crc32.ChecksumIEEE(b) >> 12
}

// cell is where a cell is in r.
func cell(r image.Rectangle, column, row int) image.Rectangle {
	w, h := r.Dx(), r.Dy()
	return image.Rect(
		r.Min.X+column*w/columns, r.Min.Y+row*h/rows,
		r.Min.X+(column+1)*w/columns, r.Min.Y+(row+1)*h/rows,
	)
}

// draw puts the code into p.
func (s Stamp) draw(p *image.YCbCr) {
	for row, word := range s.bits() {
		for column := range columns {
			mark(p, column, row, word>>(columns-1-column)&1 == 1)
		}
	}
}

// redraw puts the code into p, which holds was's.
func (s Stamp) redraw(p *image.YCbCr, was Stamp) {
	before := was.bits()
	for row, word := range s.bits() {
		for column := range columns {
			if bit := columns - 1 - column; (word^before[row])>>bit&1 == 1 {
				mark(p, column, row, word>>bit&1 == 1)
			}
		}
	}
}

// mark puts one bit into its two cells.
func mark(p *image.YCbCr, column, row int, one bool) {
	top, bottom := byte(40), byte(210)
	if one {
		top, bottom = bottom, top
	}
	fill(p, cell(p.Rect, column, row), top)
	fill(p, cell(p.Rect, column, rows-codeRows+row), bottom)
}

// fill makes the luma of r even, and its chroma grey.
func fill(p *image.YCbCr, r image.Rectangle, y byte) {
	for j := r.Min.Y; j < r.Max.Y; j++ {
		flood(p.Y[p.YOffset(r.Min.X, j):][:r.Dx()], y)
	}
	for j := r.Min.Y; j < r.Max.Y; j += 2 {
		at, n := p.COffset(r.Min.X, j), (r.Dx()+1)/2
		flood(p.Cb[at:at+n], 128)
		flood(p.Cr[at:at+n], 128)
	}
}

// ReadStamp reads the stamp out of a whole picture of 16 to 9, of any size
// from 160 pixels wide on; false when there is none or it is not legible.
func ReadStamp(p image.Image) (Stamp, bool) {
	r := p.Bounds()
	luma, ok := lumaOf(p)
	if r.Dx() < 5*columns || r.Dy() < 5*rows || !ok {
		return Stamp{}, false
	}
	var words [codeRows]uint32
	for row := range words {
		for column := range columns {
			top, bottom := cell(r, column, row), cell(r, column, rows-codeRows+row)
			words[row] <<= 1
			if luma.brightness(top) > luma.brightness(bottom) {
				words[row] |= 1
			}
		}
	}
	at := uint64(words[1])<<12 | uint64(words[2]>>20)
	if words[2]&(1<<20-1) != check(words[0], at) {
		return Stamp{}, false
	}
	return Stamp{words[0], time.UnixMilli(int64(at))}, true
}

// ReadNumber reads only the number of the stamp.
func ReadNumber(p image.Image) (n uint64, ok bool) {
	s, ok := ReadStamp(p)
	return uint64(s.Number), ok
}

// A plane is how bright each pixel of a picture is.
type plane struct {
	pix          []byte
	stride, step int
	origin       image.Point
}

// lumaOf returns p's; false for pictures of other kinds. Green is near enough.
func lumaOf(p image.Image) (plane, bool) {
	switch p := p.(type) {
	case *image.YCbCr:
		return plane{p.Y, p.YStride, 1, p.Rect.Min}, true
	case *image.RGBA:
		return plane{p.Pix[1:], p.Stride, 4, p.Rect.Min}, true
	}
	return plane{}, false
}

// brightness is the mean of the middle of r, of so many places that noise does
// not matter.
func (p plane) brightness(r image.Rectangle) int {
	const enough = 8 // places across, and down
	r = r.Inset(max(r.Dx()/4, 1)).Sub(p.origin)
	sum, n := 0, 0
	for y := r.Min.Y; y < r.Max.Y; y += max(r.Dy()/enough, 1) {
		row := p.pix[y*p.stride:]
		for x := r.Min.X; x < r.Max.X; x += max(r.Dx()/enough, 1) {
			sum += int(row[x*p.step])
			n++
		}
	}
	return sum * 256 / max(n, 1)
}
