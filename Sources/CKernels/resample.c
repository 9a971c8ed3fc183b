#include "resample.h"

#include <string.h>

#include "strided.h"

CK_CLONES static void add_weighted(float *out, const float *in, float weight, ptrdiff_t n) {
  CK_INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] += weight * in[i];
}

void ck_resample_axis(ptrdiff_t outer, ptrdiff_t n, ptrdiff_t m, ptrdiff_t inner, ptrdiff_t taps,
                      const ptrdiff_t *places, const float *weights, const float *in, float *out) {
  for (ptrdiff_t o = 0; o < outer; o++, in += n * inner)
    for (ptrdiff_t i = 0; i < m; i++, out += inner) {
      const ptrdiff_t *place = places + i * taps;
      const float *weight = weights + i * taps;
      if (inner == 1) {
        float sum = 0;
        for (ptrdiff_t k = 0; k < taps; k++) sum += weight[k] * in[place[k]];
        *out = sum;
      } else {
        memset(out, 0, (size_t)inner * sizeof(float));
        for (ptrdiff_t k = 0; k < taps; k++)
          if (weight[k] != 0) add_weighted(out, in + place[k] * inner, weight[k], inner);
      }
    }
}

typedef struct {
  ptrdiff_t width, channels;
  const float *in;
  float *out;
} upsample_work;

static void upsample_rows(void *context, long begin, long end) {
  const upsample_work *w = context;
  size_t pixel = (size_t)w->channels * sizeof(float);
  for (long row = begin; row < end; row++) {
    const float *in = w->in + row * w->width * w->channels;
    float *out = w->out + 4 * row * w->width * w->channels;
    for (ptrdiff_t x = 0; x < w->width; x++) {
      memcpy(out + 2 * x * w->channels, in + x * w->channels, pixel);
      memcpy(out + (2 * x + 1) * w->channels, in + x * w->channels, pixel);
    }
    memcpy(out + 2 * w->width * w->channels, out, 2 * (size_t)w->width * pixel);
  }
}

void ck_upsample_nearest_2x(ptrdiff_t batch, ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels, const float *in,
                            float *out) {
  if (width == 0 || channels == 0) return;
  upsample_work work = {width, channels, in, out};
  parallel_for(batch * height, CK_GRAIN / (width * channels) + 1, upsample_rows, &work);
}
