package engine

import "image"

// A column says where one column of the destination comes from: two columns
// of luma, how much of 256 the right one counts, and one of chroma.
type column struct{ left, right, weight, chroma int32 }

// paint scales src into all of dst, cropping what does not fit dst's shape:
// luma is interpolated, chroma is the nearest. Colours are those of BT.601 with
// limited range, what VP8 carries.
// It returns scratch, which it may have replaced by a longer one.
func paint(dst *image.RGBA, src *image.YCbCr, scratch []column) []column {
	if dst.Rect.Size() == src.Rect.Size() {
		paintSame(dst, src)
		return scratch
	}
	crop := cover(src.Rect, dst.Rect.Size())
	scratch = across(scratch[:0], crop, dst.Rect.Dx(), src.Rect.Dx())
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	for y := range h {
		at := dst.PixOffset(dst.Rect.Min.X, dst.Rect.Min.Y+y)
		row := dst.Pix[at : at+4*w]
		top, bottom, weight := sample(y, h, crop.Min.Y, crop.Dy(), src.Rect.Dy())
		up, down := src.Y[top*src.YStride:], src.Y[bottom*src.YStride:]
		c := (top + int(weight)>>7) / 2 * src.CStride
		paintRow(row, up, down, weight, src.Cb[c:], src.Cr[c:], scratch)
	}
	return scratch
}

// paintSame is paint for two of one size.
func paintSame(dst *image.RGBA, src *image.YCbCr) {
	w := dst.Rect.Dx()
	for y := range dst.Rect.Dy() {
		row := dst.Pix[y*dst.Stride : y*dst.Stride+4*w]
		luma, c := src.Y[y*src.YStride:y*src.YStride+w], y/2*src.CStride
		cb, cr := src.Cb[c:c+(w+1)/2], src.Cr[c:c+(w+1)/2]
		for i := range cb {
			red, green, blue := colour(int32(cb[i]), int32(cr[i]))
			pixel(row[8*i:8*i+4:8*i+4], int32(luma[2*i]), red, green, blue)
			if 2*i+1 < w {
				pixel(row[8*i+4:8*i+8:8*i+8], int32(luma[2*i+1]), red, green, blue)
			}
		}
	}
}

// colour is what chroma adds to red, green and blue, in 1/65536, with half of
// one for rounding and without the luma's offset.
func colour(cb, cr int32) (red, green, blue int32) {
	const offset = 32768 - 16*76309
	cb, cr = cb-128, cr-128
	return offset + 104597*cr, offset - 25675*cb - 53279*cr, offset + 132201*cb
}

// pixel makes one pixel.
func pixel(dst []byte, luma, red, green, blue int32) {
	luma *= 76309
	dst[0] = clamp((luma + red) >> 16)
	dst[1] = clamp((luma + green) >> 16)
	dst[2] = clamp((luma + blue) >> 16)
	dst[3] = 255
}

// across fills in the columns of a destination w wide.
func across(dst []column, crop image.Rectangle, w, limit int) []column {
	for x := range w {
		left, right, weight := sample(x, w, crop.Min.X, crop.Dx(), limit)
		dst = append(dst, column{int32(left), int32(right), weight, int32(left+int(weight)>>7) / 2})
	}
	return dst
}

// sample finds the two places between which place i of n lies, in size places
// from start on, and how much of 256 the second counts.
func sample(i, n, start, size, limit int) (first, second int, weight int32) {
	at := (2*i+1)*size*128/n - 128 // in 1/256 of a place; centres
	at = max(at, 0) + start<<8
	first = min(at>>8, limit-1)
	return first, min(first+1, limit-1), int32(at & 255)
}

// cover is the largest part of src, in its middle, that has the shape of size.
func cover(src image.Rectangle, size image.Point) image.Rectangle {
	w, h := src.Dx(), src.Dy()
	if w*size.Y > h*size.X {
		w = max(h*size.X/size.Y, 1)
	} else {
		h = max(w*size.Y/size.X, 1)
	}
	x, y := (src.Dx()-w)/2, (src.Dy()-h)/2
	return image.Rect(x, y, x+w, y+h)
}

// paintRow makes one row of pixels.
func paintRow(dst, up, down []byte, weight int32, cb, cr []byte, from []column) {
	for i := range from {
		c := &from[i]
		a := int32(up[c.left])*(256-c.weight) + int32(up[c.right])*c.weight
		b := int32(down[c.left])*(256-c.weight) + int32(down[c.right])*c.weight
		red, green, blue := colour(int32(cb[c.chroma]), int32(cr[c.chroma]))
		pixel(dst[4*i:4*i+4:4*i+4], (a*(256-weight)+b*weight)>>16, red, green, blue)
	}
}

func clamp(v int32) byte {
	if uint32(v) <= 255 {
		return byte(v)
	}
	if v < 0 {
		return 0
	}
	return 255
}
