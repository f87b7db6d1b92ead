#include "vp8.h"

#include <string.h>

int incamera_decoder_open(incamera_decoder *d) {
	vpx_codec_dec_cfg_t c = {.threads = 1};
	return vpx_codec_dec_init(&d->codec, vpx_codec_vp8_dx(), &c, 0);
}

incamera_decoded incamera_decode(incamera_decoder *d, const uint8_t *data, size_t size) {
	incamera_decoded r = {0};
	d->shown = NULL;
	if ((r.error = vpx_codec_decode(&d->codec, data, size, NULL, 0))) return r;
	vpx_codec_iter_t iter = NULL;
	if ((d->shown = vpx_codec_get_frame(&d->codec, &iter))) {
		r.width = d->shown->d_w;
		r.height = d->shown->d_h;
	}
	return r;
}

static void copy(uint8_t *dst, int stride, const uint8_t *src, int src_stride, int width, int height) {
	for (int y = 0; y < height; y++) memcpy(dst + (size_t)y * stride, src + (size_t)y * src_stride, width);
}

void incamera_decoder_copy(incamera_decoder *d, uint8_t *y, uint8_t *u, uint8_t *v, int ystride, int cstride) {
	const vpx_image_t *i = d->shown;
	int cw = (i->d_w + 1) / 2, ch = (i->d_h + 1) / 2;
	copy(y, ystride, i->planes[VPX_PLANE_Y], i->stride[VPX_PLANE_Y], i->d_w, i->d_h);
	copy(u, cstride, i->planes[VPX_PLANE_U], i->stride[VPX_PLANE_U], cw, ch);
	copy(v, cstride, i->planes[VPX_PLANE_V], i->stride[VPX_PLANE_V], cw, ch);
}

void incamera_decoder_close(incamera_decoder *d) { vpx_codec_destroy(&d->codec); }
