// The few calls of libvpx that package vp8 makes, shaped so that Go passes
// pixels and numbers only, and allocates nothing.
#ifndef INCAMERA_VP8_H
#define INCAMERA_VP8_H

#include <stddef.h>
#include <stdint.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

typedef struct {
	vpx_codec_ctx_t codec;
	vpx_codec_enc_cfg_t config;
	int tiers;
} incamera_encoder;

typedef struct {
	const uint8_t *data;
	size_t size;
	int key;
	int error; // of vpx_codec_err_t
} incamera_frame;

// A plane is one of the three of a picture.
typedef struct {
	uint8_t *pixels;
	int stride, width, height;
} incamera_plane;

int incamera_encoder_open(incamera_encoder *e, int width, int height, int rate, int tiers, int bitrate, int speed);
void incamera_encoder_speed(incamera_encoder *e, int speed);
int incamera_encoder_bitrate(incamera_encoder *e, int bitrate);
incamera_frame incamera_encode(incamera_encoder *e, uint8_t *y, uint8_t *u, uint8_t *v, int ystride, int cstride,
	int64_t pts, unsigned long duration, int tier, int flags);
void incamera_encoder_close(incamera_encoder *e);

typedef struct {
	vpx_codec_ctx_t codec;
	const vpx_image_t *shown;
} incamera_decoder;

typedef struct {
	int width, height; // zero when there is no picture
	int error;
} incamera_decoded;

int incamera_decoder_open(incamera_decoder *d);
incamera_decoded incamera_decode(incamera_decoder *d, const uint8_t *data, size_t size);
void incamera_decoder_copy(incamera_decoder *d, uint8_t *y, uint8_t *u, uint8_t *v, int ystride, int cstride);
void incamera_decoder_close(incamera_decoder *d);

void incamera_scale(uint8_t *dst, int dst_stride, int dst_width, int dst_height,
	const uint8_t *src, int src_stride, int src_width, int src_height, uint8_t *scratch);
#endif
