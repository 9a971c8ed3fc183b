#include "CKernels.h"
#include "activation.h"
#include "strided.h"

#include <math.h>

// Group norm. Each image is cut into the same slices whatever the number of threads; a slice sums its pixels channel
// by channel around the image's first pixel (no cancellation when the mean is far from 0), and the slices are added in
// double, in order.

enum { slices_at_most = 64, block = 64, lanes = 32 };

typedef struct {
  float *out;
  const float *x, *weight, *bias;
  long images, pixels, channels, groups, slices, slice;
  float epsilon;
  int activation;
  float *sums;          // [images, slices, 2, channels]
  float *scale, *shift; // [images, channels]
} group_norm;

CK_CLONES static void sum_slice(const float *x, const float *centre, long pixels, long channels, float *sum,
                                float *square) {
  for (long c = 0; c < channels; c++) sum[c] = square[c] = 0;
  for (long first = 0; first < pixels; first += block) {
    long last = first + block < pixels ? first + block : pixels, c = 0;
    for (; c + lanes <= channels; c += lanes) {
      float s[lanes] = {0}, q[lanes] = {0};
      for (long p = first; p < last; p++) {
        const float *row = x + p * channels + c;
        for (int i = 0; i < lanes; i++) {
          float d = row[i] - centre[c + i];
          s[i] += d;
          q[i] += d * d;
        }
      }
      for (int i = 0; i < lanes; i++) {
        sum[c + i] += s[i];
        square[c + i] += q[i];
      }
    }
    for (; c < channels; c++) {
      float s = 0, q = 0;
      for (long p = first; p < last; p++) {
        float d = x[p * channels + c] - centre[c];
        s += d;
        q += d * d;
      }
      sum[c] += s;
      square[c] += q;
    }
  }
}

static void sum_piece(const group_norm *g, long image, long slice) {
  const float *x = g->x + image * g->pixels * g->channels;
  long first = slice * g->slice, last = first + g->slice < g->pixels ? first + g->slice : g->pixels;
  float *sums = g->sums + (image * g->slices + slice) * 2 * g->channels;
  sum_slice(x + first * g->channels, x, last - first, g->channels, sums, sums + g->channels);
}

static void settle_image(const group_norm *g, long image) {
  const float *centre = g->x + image * g->pixels * g->channels;
  long width = g->channels / g->groups;
  for (long group = 0; group < g->groups; group++) {
    double total = 0, spread = 0, reference = centre[group * width];
    for (long c = group * width; c < (group + 1) * width; c++) {
      double sum = 0, square = 0;
      for (long slice = 0; slice < g->slices; slice++) {
        const float *sums = g->sums + (image * g->slices + slice) * 2 * g->channels;
        sum += sums[c];
        square += sums[g->channels + c];
      }
      // From this channel's centre to the group's: Σ(d + o)² = Σd² + 2oΣd + no².
      double offset = centre[c] - reference;
      total += sum + (double)g->pixels * offset;
      spread += square + 2 * offset * sum + (double)g->pixels * offset * offset;
    }
    double count = (double)(g->pixels * width), mean = total / count, variance = spread / count - mean * mean;
    double inverse = 1 / sqrt((variance > 0 ? variance : 0 * variance) + (double)g->epsilon);
    for (long c = group * width; c < (group + 1) * width; c++) {
      double scale = inverse * g->weight[c];
      g->scale[image * g->channels + c] = (float)scale;
      g->shift[image * g->channels + c] = (float)(g->bias[c] - (reference + mean) * scale);
    }
  }
}

static inline __attribute__((always_inline)) void apply_as(float *out, const float *x, long pixels, long channels,
                                                           const float *scale, const float *shift, int activation) {
  for (long p = 0; p < pixels; p++) {
    for (long c = 0; c < channels; c++) {
      out[p * channels + c] = ck_activate(activation, x[p * channels + c] * scale[c] + shift[c]);
    }
  }
}

CK_CLONES static void apply(float *restrict out, const float *restrict x, long pixels, long channels,
                            const float *restrict scale, const float *restrict shift, int activation) {
  switch (activation) {
    case ck_activation_relu: apply_as(out, x, pixels, channels, scale, shift, ck_activation_relu); break;
    case ck_activation_silu: apply_as(out, x, pixels, channels, scale, shift, ck_activation_silu); break;
    case ck_activation_gelu: apply_as(out, x, pixels, channels, scale, shift, ck_activation_gelu); break;
    case ck_activation_gelu_tanh: apply_as(out, x, pixels, channels, scale, shift, ck_activation_gelu_tanh); break;
    case ck_activation_quick_gelu: apply_as(out, x, pixels, channels, scale, shift, ck_activation_quick_gelu); break;
    default: apply_as(out, x, pixels, channels, scale, shift, ck_activation_identity);
  }
}

static void apply_piece(const group_norm *g, long image, long slice) {
  long first = slice * g->slice, last = first + g->slice < g->pixels ? first + g->slice : g->pixels;
  long at = (image * g->pixels + first) * g->channels;
  apply(g->out + at, g->x + at, last - first, g->channels, g->scale + image * g->channels,
        g->shift + image * g->channels, g->activation);
}

static void sum_body(void *context, long begin, long end) {
  const group_norm *g = context;
  for (long i = begin; i < end; i++) sum_piece(g, i / g->slices, i % g->slices);
}

static void apply_body(void *context, long begin, long end) {
  const group_norm *g = context;
  for (long i = begin; i < end; i++) apply_piece(g, i / g->slices, i % g->slices);
}

static void image_body(void *context, long begin, long end) {
  const group_norm *g = context;
  for (long image = begin; image < end; image++) {
    for (long slice = 0; slice < g->slices; slice++) sum_piece(g, image, slice);
    settle_image(g, image);
    for (long slice = 0; slice < g->slices; slice++) apply_piece(g, image, slice);
  }
}

int ck_group_norm(float *out, const float *x, long images, long pixels, long channels, long groups,
                  const float *weight, const float *bias, float epsilon, int activation) {
  group_norm g = {.out = out, .x = x, .weight = weight, .bias = bias, .images = images, .pixels = pixels,
                  .channels = channels, .groups = groups, .epsilon = epsilon, .activation = activation};
  g.slice = (pixels + slices_at_most - 1) / slices_at_most;
  long smallest = 8192 / channels + 1;
  if (g.slice < smallest) g.slice = smallest;
  g.slices = (pixels + g.slice - 1) / g.slice;
  long sums = images * g.slices * 2 * channels;
  g.sums = ck_scratch((size_t)(sums + 2 * images * channels) * sizeof(float));
  if (!g.sums) return -1;
  g.scale = g.sums + sums;
  g.shift = g.scale + images * channels;
  if (images > 1 && pixels * channels <= 1 << 17) {
    ck_parallel_for(images, 1, image_body, &g);  // fits the cache: one visit per image
  } else {
    ck_parallel_for(images * g.slices, 1, sum_body, &g);
    for (long image = 0; image < images; image++) settle_image(&g, image);
    ck_parallel_for(images * g.slices, 1, apply_body, &g);
  }
  return 0;
}

// Layer norm: a row is short, so mean and variance take two visits, in 16 running sums each.

typedef struct {
  float *out;
  const float *x, *weight, *bias;
  long width;
  float epsilon;
} layer_norm;

static inline __attribute__((always_inline)) float sum_of(const float *lane) {
  float sum = 0;
  for (int i = 0; i < 16; i++) sum += lane[i];
  return sum;
}

CK_CLONES static void layer_norm_row(float *restrict out, const float *restrict x, long width,
                                     const float *restrict weight, const float *restrict bias, float epsilon) {
  float lane[16] = {0}, square[16] = {0};
  long i = 0;
  for (; i + 16 <= width; i += 16) {
    for (int l = 0; l < 16; l++) lane[l] += x[i + l];
  }
  for (int l = 0; i + l < width; l++) lane[l] += x[i + l];
  float mean = sum_of(lane) / (float)width;
  for (i = 0; i + 16 <= width; i += 16) {
    for (int l = 0; l < 16; l++) square[l] += (x[i + l] - mean) * (x[i + l] - mean);
  }
  for (int l = 0; i + l < width; l++) square[l] += (x[i + l] - mean) * (x[i + l] - mean);
  float inverse = 1.0f / sqrtf(sum_of(square) / (float)width + epsilon);
  for (i = 0; i < width; i++) out[i] = (x[i] - mean) * inverse * weight[i] + bias[i];
}

static void layer_norm_body(void *context, long begin, long end) {
  const layer_norm *n = context;
  for (long r = begin; r < end; r++) {
    layer_norm_row(n->out + r * n->width, n->x + r * n->width, n->width, n->weight, n->bias, n->epsilon);
  }
}

void ck_layer_norm(float *out, const float *x, long rows, long width, const float *weight, const float *bias,
                   float epsilon) {
  layer_norm n = {out, x, weight, bias, width, epsilon};
  ck_parallel_for(rows, 16384 / (width + 1) + 1, layer_norm_body, &n);
}
