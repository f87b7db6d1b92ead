#include "vp8.h"

#include <string.h>

// halve averages squares of two by two.
static void halve(uint8_t *restrict dst, int dst_stride, int width, int height,
	const uint8_t *restrict src, int src_stride) {
	for (int y = 0; y < height; y++) {
		const uint8_t *a = src + (size_t)2 * y * src_stride, *b = a + src_stride;
		uint8_t *d = dst + (size_t)y * dst_stride;
		for (int x = 0; x < width; x++) d[x] = (a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2;
	}
}

// bilinear interpolates between the four nearest, at the centres of pixels.
static void bilinear(uint8_t *dst, int dst_stride, int dw, int dh,
	const uint8_t *src, int src_stride, int sw, int sh) {
	int64_t stepx = ((int64_t)sw << 16) / dw, stepy = ((int64_t)sh << 16) / dh;
	for (int y = 0; y < dh; y++) {
		int64_t fy = stepy * y + stepy / 2 - 32768;
		if (fy < 0) fy = 0;
		int y0 = fy >> 16, wy = (fy >> 8) & 255, y1 = y0 + 1 < sh ? y0 + 1 : sh - 1;
		const uint8_t *a = src + (size_t)y0 * src_stride, *b = src + (size_t)y1 * src_stride;
		uint8_t *d = dst + (size_t)y * dst_stride;
		for (int x = 0; x < dw; x++) {
			int64_t fx = stepx * x + stepx / 2 - 32768;
			if (fx < 0) fx = 0;
			int x0 = fx >> 16, wx = (fx >> 8) & 255, x1 = x0 + 1 < sw ? x0 + 1 : sw - 1;
			int top = a[x0] * (256 - wx) + a[x1] * wx, low = b[x0] * (256 - wx) + b[x1] * wx;
			d[x] = (top * (256 - wy) + low * wy + 32768) >> 16;
		}
	}
}

// incamera_scale halves as often as that leaves enough, and interpolates what
// remains. scratch holds at least a quarter of src, when a half is not dst.
void incamera_scale(uint8_t *dst, int dst_stride, int dw, int dh,
	const uint8_t *src, int src_stride, int sw, int sh, uint8_t *scratch) {
	while (sw / 2 >= dw && sh / 2 >= dh && (sw > dw || sh > dh)) {
		int w = sw / 2, h = sh / 2;
		if (w == dw && h == dh) {
			halve(dst, dst_stride, w, h, src, src_stride);
			return;
		}
		// In place is safe: each result lies before what is still to be read.
		if (src == scratch) {
			for (int y = 0; y < h; y++) {
				const uint8_t *a = src + (size_t)2 * y * src_stride, *b = a + src_stride;
				uint8_t *d = scratch + (size_t)y * w;
				for (int x = 0; x < w; x++) d[x] = (a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2;
			}
		} else {
			halve(scratch, w, w, h, src, src_stride);
		}
		src = scratch;
		src_stride = sw = w;
		sh = h;
	}
	if (sw == dw && sh == dh) {
		for (int y = 0; y < dh; y++) memcpy(dst + (size_t)y * dst_stride, src + (size_t)y * src_stride, dw);
		return;
	}
	bilinear(dst, dst_stride, dw, dh, src, src_stride, sw, sh);
}
