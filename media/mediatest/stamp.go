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
			top, bottom := byte(40), byte(210)
			if word>>(columns-1-column)&1 == 1 {
				top, bottom = bottom, top
			}
			fill(p, cell(p.Rect, column, row), top)
			fill(p, cell(p.Rect, column, rows-codeRows+row), bottom)
		}
	}
}

// fill makes the luma of r even, and its chroma grey.
func fill(p *image.YCbCr, r image.Rectangle, y byte) {
	for j := r.Min.Y; j < r.Max.Y; j++ {
		row := p.Y[p.YOffset(r.Min.X, j):][:r.Dx()]
		for i := range row {
			row[i] = y
		}
	}
	for j := r.Min.Y; j < r.Max.Y; j += 2 {
		at := p.COffset(r.Min.X, j)
		for i := range (r.Dx() + 1) / 2 {
			p.Cb[at+i], p.Cr[at+i] = 128, 128
		}
	}
}

// ReadStamp reads the stamp out of a whole picture of 16 to 9, of any size
// from 160 pixels wide on; false when there is none or it is not legible.
func ReadStamp(p image.Image) (Stamp, bool) {
	r := p.Bounds()
	luma := lumaOf(p)
	if r.Dx() < 5*columns || r.Dy() < 5*rows || luma == nil {
		return Stamp{}, false
	}
	var words [codeRows]uint32
	for row := range words {
		for column := range columns {
			top, bottom := cell(r, column, row), cell(r, column, rows-codeRows+row)
			words[row] <<= 1
			if brightness(luma, top) > brightness(luma, bottom) {
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

// lumaOf returns how to read a pixel's brightness; nil for pictures of other kinds.
func lumaOf(p image.Image) func(x, y int) int {
	switch p := p.(type) {
	case *image.YCbCr:
		return func(x, y int) int { return int(p.Y[p.YOffset(x, y)]) }
	case *image.RGBA:
		return func(x, y int) int {
			px := p.Pix[p.PixOffset(x, y):]
			return (int(px[0]) + 2*int(px[1]) + int(px[2])) / 4
		}
	}
	return nil
}

// brightness is the mean of the middle of r.
func brightness(luma func(x, y int) int, r image.Rectangle) int {
	r = r.Inset(max(r.Dx()/4, 1))
	sum := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			sum += luma(x, y)
		}
	}
	return sum * 256 / max(r.Dx()*r.Dy(), 1)
}
