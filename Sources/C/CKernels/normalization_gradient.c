#include "CKernels.h"
#include "activation_slope.h"
#include "strided.h"

#include <math.h>

// Softmax and layer norm: a row is short, so each takes a visit for its sums and one for the result.

enum { lanes = 16 };

static inline __attribute__((always_inline)) float sum_of(const float *lane) {
  float sum = 0;
  for (int i = 0; i < lanes; i++) sum += lane[i];
  return sum;
}

typedef struct {
  float *out;
  const float *g, *x, *weight;
  long width;
  float epsilon;
} row_call;

CK_CLONES static void softmax_row(float *out, const float *g, const float *p, long width) {
  float lane[lanes] = {0};
  long i = 0;
  for (; i + lanes <= width; i += lanes) {
    for (int l = 0; l < lanes; l++) lane[l] += g[i + l] * p[i + l];
  }
  for (int l = 0; i + l < width; l++) lane[l] += g[i + l] * p[i + l];
  float mean = sum_of(lane);
  CK_INDEPENDENT for (i = 0; i < width; i++) out[i] = p[i] * (g[i] - mean);
}

static void softmax_body(void *context, long begin, long end) {
  const row_call *c = context;
  for (long r = begin; r < end; r++) {
    softmax_row(c->out + r * c->width, c->g + r * c->width, c->x + r * c->width, c->width);
  }
}

void ck_softmax_gradient(float *out, const float *g, const float *p, long rows, long width) {
  row_call call = {out, g, p, NULL, width, 0};
  ck_parallel_for(rows, 16384 / (width + 1) + 1, softmax_body, &call);
}

/// With y = (x - m)/s and h = g·weight: (h - mean(h) - y·mean(h·y)) / s.
CK_CLONES static void layer_norm_row(float *restrict out, const float *restrict g, const float *restrict x, long width,
                                     const float *restrict weight, float epsilon) {
  float sum[lanes] = {0}, square[lanes] = {0}, first[lanes] = {0}, second[lanes] = {0};
  long i = 0;
  for (; i + lanes <= width; i += lanes) {
    for (int l = 0; l < lanes; l++) sum[l] += x[i + l];
  }
  for (int l = 0; i + l < width; l++) sum[l] += x[i + l];
  float mean = sum_of(sum) / (float)width;
  for (i = 0; i + lanes <= width; i += lanes) {
    for (int l = 0; l < lanes; l++) {
      float d = x[i + l] - mean, h = g[i + l] * weight[i + l];
      square[l] += d * d;
      first[l] += h;
      second[l] += h * d;
    }
  }
  for (int l = 0; i + l < width; l++) {
    float d = x[i + l] - mean, h = g[i + l] * weight[i + l];
    square[l] += d * d;
    first[l] += h;
    second[l] += h * d;
  }
  float variance = sum_of(square) / (float)width + epsilon, inverse = 1.0f / sqrtf(variance);
  float level = sum_of(first) / (float)width, slope = sum_of(second) / ((float)width * variance);
  for (i = 0; i < width; i++) out[i] = inverse * (g[i] * weight[i] - level - (x[i] - mean) * slope);
}

static void layer_norm_body(void *context, long begin, long end) {
  const row_call *c = context;
  for (long r = begin; r < end; r++) {
    layer_norm_row(c->out + r * c->width, c->g + r * c->width, c->x + r * c->width, c->width, c->weight, c->epsilon);
  }
}

void ck_layer_norm_gradient(float *out, const float *g, const float *x, long rows, long width, const float *weight,
                            float epsilon) {
  row_call call = {out, g, x, weight, width, epsilon};
  ck_parallel_for(rows, 16384 / (width + 1) + 1, layer_norm_body, &call);
}

// Group norm, in slices as the forward kernel. With h = g·f'(z)·weight, z the normalised value before the activation f,
// and N numbers in a group: dx = (h - Σh/N - y·Σhy/N) / s. Sums run over a slice channel by channel, then in double.

enum { slices_at_most = 64 };

typedef struct {
  float *out;
  const float *g, *x, *weight, *bias;
  long images, pixels, channels, groups, slices, slice;
  float epsilon;
  int activation;
  float *sums;                                    // [images, slices, 2, channels]
  float *mean, *scale, *shift, *level, *slope;    // [images, channels]
} group_call;

typedef struct {
  const float *g, *x, *centre, *scale, *shift;
  long pixels, channels;
} slice_view;

/// Σd and Σd² with d = x - centre.
CK_CLONES static void spread_slice(slice_view s, float *restrict sum, float *restrict square) {
  for (long c = 0; c < s.channels; c++) sum[c] = square[c] = 0;
  for (long p = 0; p < s.pixels; p++) {
    const float *x = s.x + p * s.channels;
    CK_INDEPENDENT for (long c = 0; c < s.channels; c++) {
      float d = x[c] - s.centre[c];
      sum[c] += d;
      square[c] += d * d;
    }
  }
}

#define FOR_ACTIVATION(macro)                                     \
  switch (activation) {                                           \
    case ck_activation_relu: macro(ck_activation_relu) break;     \
    case ck_activation_silu: macro(ck_activation_silu) break;     \
    case ck_activation_gelu: macro(ck_activation_gelu) break;     \
    case ck_activation_gelu_tanh: macro(ck_activation_gelu_tanh) break;   \
    case ck_activation_quick_gelu: macro(ck_activation_quick_gelu) break; \
    default: macro(ck_activation_identity)                        \
  }

/// Σh and Σh·d with h = g·f'(z) and d = x - mean.
CK_CLONES static void moments_slice(slice_view s, float *restrict level, float *restrict slope, int activation) {
  for (long c = 0; c < s.channels; c++) level[c] = slope[c] = 0;
  for (long p = 0; p < s.pixels; p++) {
    const float *x = s.x + p * s.channels, *g = s.g + p * s.channels;
#define MOMENTS(kind)                                              \
  CK_INDEPENDENT for (long c = 0; c < s.channels; c++) {           \
    float h = g[c] * ck_slope(kind, x[c] * s.scale[c] + s.shift[c]); \
    level[c] += h;                                                 \
    slope[c] += h * (x[c] - s.centre[c]);                          \
  }
    FOR_ACTIVATION(MOMENTS)
  }
}

CK_CLONES static void settle_slice(slice_view s, float *restrict out, const float *restrict level,
                                   const float *restrict slope, int activation) {
  for (long p = 0; p < s.pixels; p++) {
    const float *x = s.x + p * s.channels, *g = s.g + p * s.channels;
    float *to = out + p * s.channels;
#define SETTLE(kind)                                                                 \
  CK_INDEPENDENT for (long c = 0; c < s.channels; c++) {                             \
    float h = g[c] * ck_slope(kind, x[c] * s.scale[c] + s.shift[c]) * s.scale[c];    \
    to[c] = h - level[c] - (x[c] - s.centre[c]) * slope[c];                          \
  }
    FOR_ACTIVATION(SETTLE)
  }
}

static slice_view view_of(const group_call *c, long image, long slice, const float *centre) {
  long first = slice * c->slice, last = first + c->slice < c->pixels ? first + c->slice : c->pixels;
  long at = (image * c->pixels + first) * c->channels;
  return (slice_view){c->g + at, c->x + at, centre, c->scale + image * c->channels, c->shift + image * c->channels,
                      last - first, c->channels};
}

static float *sums_of(const group_call *c, long image, long slice) {
  return c->sums + (image * c->slices + slice) * 2 * c->channels;
}

static void spread_body(void *context, long begin, long end) {
  const group_call *c = context;
  for (long i = begin; i < end; i++) {
    long image = i / c->slices, slice = i % c->slices;
    float *sums = sums_of(c, image, slice);
    spread_slice(view_of(c, image, slice, c->x + image * c->pixels * c->channels), sums, sums + c->channels);
  }
}

static void moments_body(void *context, long begin, long end) {
  const group_call *c = context;
  for (long i = begin; i < end; i++) {
    long image = i / c->slices, slice = i % c->slices;
    float *sums = sums_of(c, image, slice);
    moments_slice(view_of(c, image, slice, c->mean + image * c->channels), sums, sums + c->channels, c->activation);
  }
}

static void settle_body(void *context, long begin, long end) {
  const group_call *c = context;
  for (long i = begin; i < end; i++) {
    long image = i / c->slices, slice = i % c->slices;
    settle_slice(view_of(c, image, slice, c->mean + image * c->channels),
                 c->out + (image * c->pixels + slice * c->slice) * c->channels, c->level + image * c->channels,
                 c->slope + image * c->channels, c->activation);
  }
}

static void add_slices(const group_call *c, long image, long channel, double *first, double *second) {
  *first = *second = 0;
  for (long slice = 0; slice < c->slices; slice++) {
    const float *sums = sums_of(c, image, slice);
    *first += sums[channel];
    *second += sums[c->channels + channel];
  }
}

/// Mean, scale and shift of each channel; channels are centred at their first pixel (see normalization.c).
static void settle_statistics(const group_call *c, long image, long group) {
  const float *centre = c->x + image * c->pixels * c->channels;
  long width = c->channels / c->groups, start = group * width;
  double total = 0, spread = 0, reference = centre[start];
  for (long channel = start; channel < start + width; channel++) {
    double sum, square, offset = centre[channel] - reference;
    add_slices(c, image, channel, &sum, &square);
    total += sum + (double)c->pixels * offset;
    spread += square + 2 * offset * sum + (double)c->pixels * offset * offset;
  }
  double count = (double)(c->pixels * width), mean = total / count, variance = spread / count - mean * mean;
  double inverse = 1 / sqrt((variance > 0 ? variance : 0 * variance) + (double)c->epsilon);
  for (long channel = start; channel < start + width; channel++) {
    long at = image * c->channels + channel;
    c->mean[at] = (float)(reference + mean);
    c->scale[at] = (float)(inverse * c->weight[channel]);
    c->shift[at] = (float)(c->bias[channel] - (reference + mean) * inverse * c->weight[channel]);
    c->slope[at] = (float)inverse;
  }
}

static void settle_moments(const group_call *c, long image, long group) {
  long width = c->channels / c->groups, start = group * width;
  double level = 0, slope = 0, inverse = c->slope[image * c->channels + start];
  for (long channel = start; channel < start + width; channel++) {
    double first, second;
    add_slices(c, image, channel, &first, &second);
    level += first * c->weight[channel];
    slope += second * c->weight[channel];
  }
  double count = (double)(c->pixels * width);
  for (long at = image * c->channels + start; at < image * c->channels + start + width; at++) {
    c->level[at] = (float)(inverse * level / count);
    c->slope[at] = (float)(inverse * inverse * inverse * slope / count);
  }
}

int ck_group_norm_gradient(float *out, const float *g, const float *x, long images, long pixels, long channels,
                           long groups, const float *weight, const float *bias, float epsilon, int activation) {
  group_call c = {.out = out, .g = g, .x = x, .weight = weight, .bias = bias, .images = images, .pixels = pixels,
                  .channels = channels, .groups = groups, .epsilon = epsilon, .activation = activation};
  c.slice = (pixels + slices_at_most - 1) / slices_at_most;
  long smallest = 8192 / channels + 1, each = images * channels;
  if (c.slice < smallest) c.slice = smallest;
  c.slices = (pixels + c.slice - 1) / c.slice;
  c.sums = ck_scratch((size_t)(2 * each * c.slices + 5 * each) * sizeof(float));
  if (!c.sums) return -1;
  c.mean = c.sums + 2 * each * c.slices;
  c.scale = c.mean + each;
  c.shift = c.scale + each;
  c.level = c.shift + each;
  c.slope = c.level + each;
  ck_parallel_for(images * c.slices, 1, spread_body, &c);
  for (long i = 0; i < images * groups; i++) settle_statistics(&c, i / groups, i % groups);
  ck_parallel_for(images * c.slices, 1, moments_body, &c);
  for (long i = 0; i < images * groups; i++) settle_moments(&c, i / groups, i % groups);
  ck_parallel_for(images * c.slices, 1, settle_body, &c);
  return 0;
}
