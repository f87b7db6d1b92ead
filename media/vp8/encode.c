#include "vp8.h"

#include <string.h>

// Shares of the bit rate that tiers 0..n have together, in percent.
static const int shares[3][3] = {{100}, {60, 100}, {40, 60, 100}};

// Which tier each picture of a period is in.
static const int patterns[3][4] = {{0}, {0, 1}, {0, 2, 1, 2}};

static void tiers(vpx_codec_enc_cfg_t *c, int n) {
	int period = n == 3 ? 4 : n;
	c->ts_number_layers = n;
	c->ts_periodicity = period;
	for (int i = 0; i < n; i++) {
		c->ts_target_bitrate[i] = c->rc_target_bitrate * shares[n - 1][i] / 100;
		c->ts_rate_decimator[i] = 1 << (n - 1 - i);
	}
	for (int i = 0; i < period; i++) c->ts_layer_id[i] = patterns[n - 1][i];
}

int incamera_encoder_open(incamera_encoder *e, int width, int height, int rate, int n, int bitrate, int speed) {
	vpx_codec_enc_cfg_t *c = &e->config;
	int err = vpx_codec_enc_config_default(vpx_codec_vp8_cx(), c, 0);
	if (err) return err;
	c->g_w = width;
	c->g_h = height;
	c->g_threads = 1;
	c->g_timebase.num = 1;
	c->g_timebase.den = 90000;
	c->g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
	c->g_lag_in_frames = 0;
	c->g_pass = VPX_RC_ONE_PASS;
	c->rc_end_usage = VPX_CBR;
	c->rc_target_bitrate = bitrate / 1000;
	c->rc_dropframe_thresh = 0;
	c->rc_resize_allowed = 0;
	c->rc_min_quantizer = 2;
	c->rc_max_quantizer = 56;
	c->rc_undershoot_pct = 100;
	c->rc_overshoot_pct = 15;
	c->rc_buf_sz = 1000;
	c->rc_buf_initial_sz = 500;
	c->rc_buf_optimal_sz = 600;
	c->kf_mode = VPX_KF_DISABLED;
	tiers(c, n);
	e->tiers = n;
	if ((err = vpx_codec_enc_init(&e->codec, vpx_codec_vp8_cx(), c, 0))) return err;
	incamera_encoder_speed(e, speed);
	vpx_codec_control(&e->codec, VP8E_SET_STATIC_THRESHOLD, 1);
	vpx_codec_control(&e->codec, VP8E_SET_NOISE_SENSITIVITY, 0);
	vpx_codec_control(&e->codec, VP8E_SET_TOKEN_PARTITIONS, 0);
	// A key frame may take as long on the wire as nine average ones of 30 a second.
	vpx_codec_control(&e->codec, VP8E_SET_MAX_INTRA_BITRATE_PCT, 300 * rate / 10);
	return 0;
}

int incamera_encoder_bitrate(incamera_encoder *e, int bitrate) {
	e->config.rc_target_bitrate = bitrate / 1000;
	tiers(&e->config, e->tiers);
	return vpx_codec_enc_config_set(&e->codec, &e->config);
}

void incamera_encoder_speed(incamera_encoder *e, int speed) { vpx_codec_control(&e->codec, VP8E_SET_CPUUSED, -speed); }

incamera_frame incamera_encode(incamera_encoder *e, uint8_t *y, uint8_t *u, uint8_t *v, int ystride, int cstride,
	int64_t pts, unsigned long duration, int tier, int flags) {
	incamera_frame f = {0};
	vpx_image_t img;
	vpx_img_wrap(&img, VPX_IMG_FMT_I420, e->config.g_w, e->config.g_h, 1, y);
	img.planes[VPX_PLANE_U] = u;
	img.planes[VPX_PLANE_V] = v;
	img.stride[VPX_PLANE_Y] = ystride;
	img.stride[VPX_PLANE_U] = img.stride[VPX_PLANE_V] = cstride;
	vpx_codec_control(&e->codec, VP8E_SET_TEMPORAL_LAYER_ID, tier);
	if ((f.error = vpx_codec_encode(&e->codec, &img, pts, duration, flags, VPX_DL_REALTIME))) return f;
	vpx_codec_iter_t iter = NULL;
	const vpx_codec_cx_pkt_t *p;
	while ((p = vpx_codec_get_cx_data(&e->codec, &iter))) {
		if (p->kind != VPX_CODEC_CX_FRAME_PKT) continue;
		f.data = p->data.frame.buf;
		f.size = p->data.frame.sz;
		f.key = (p->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
	}
	return f;
}

void incamera_encoder_close(incamera_encoder *e) { vpx_codec_destroy(&e->codec); }
