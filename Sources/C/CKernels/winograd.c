#include "CKernels.h"
#include "strided.h"
#include "vector_math.h"

#include <stdbool.h>

// The points of interpolation are 0, ±half_root, ±root and infinity.
static const float half_root = 0.70710678118654752f, root = 1.41421356237309505f;

/// Where a tile lies in its image.
typedef struct {
  long height, width, channels;
  long row, column;  // of its first pixel
} winograd_place;

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"), min_vector_width(512))), apply_to = function)
#define TILE(name) name##_v4
#define LANES 16
#include "winograd_tile.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define TILE(name) name##_v3
#define LANES 8
#include "winograd_tile.h"
#pragma clang attribute pop

#endif

#define TILE(name) name##_base
#define LANES 4
#include "winograd_tile.h"

typedef struct {
  void (*tile)(float *v, long product, const float *x, const winograd_place *at);
  void (*pixels)(float *y, const float *m, long product, const winograd_place *at, const float *bias,
                 const float *residual);
} winograd_kernels;

static winograd_kernels kernels_for_this_processor(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return (winograd_kernels){tile_v4, pixels_v4};
  if (__builtin_cpu_supports("x86-64-v3")) return (winograd_kernels){tile_v3, pixels_v3};
#endif
  return (winograd_kernels){tile_base, pixels_base};
}

/// The place of a tile, and in `image` the number of its image.
static winograd_place place_of(long tile, long height, long width, long channels, long *image) {
  long across = (width + 3) / 4, down = (height + 3) / 4;
  *image = tile / (across * down);
  return (winograd_place){height, width, channels, tile / across % down * 4, tile % across * 4};
}

void ck_winograd_tiles(float *v, const float *x, long height, long width, long channels, long first, long count) {
  winograd_kernels kernels = kernels_for_this_processor();
  for (long t = 0; t < count; t++) {
    long image;
    winograd_place at = place_of(first + t, height, width, channels, &image);
    kernels.tile(v + t * channels, count * channels, x + image * height * width * channels, &at);
  }
}

void ck_winograd_pixels(float *y, const float *m, long height, long width, long channels, long first, long count,
                        const float *bias, const float *residual) {
  winograd_kernels kernels = kernels_for_this_processor();
  for (long t = 0; t < count; t++) {
    long image;
    winograd_place at = place_of(first + t, height, width, channels, &image);
    long start = image * height * width * channels;
    kernels.pixels(y + start, m + t * channels, count * channels, &at, bias, residual ? residual + start : NULL);
  }
}

// Weights, once: in double, so that they carry no error of their own.

typedef struct {
  float *u;
  const float *w;
  long outputs, inputs;
} kernel_job;

enum { kernels_at_once = 16 };
typedef double kernel_values[kernels_at_once];

/// Three numbers in a row of each kernel at the six points.
static inline void evaluate(kernel_values out[6], const double *a, const double *b, const double *c) {
  const double half = 0.70710678118654752, whole = 1.41421356237309505;
  for (int i = 0; i < kernels_at_once; i++) {
    out[0][i] = a[i];
    out[1][i] = (a[i] + half * b[i] + 0.5 * c[i]) / -1.5;
    out[2][i] = (a[i] - half * b[i] + 0.5 * c[i]) / -1.5;
    out[3][i] = (a[i] + whole * b[i] + 2 * c[i]) / 6;
    out[4][i] = (a[i] - whole * b[i] + 2 * c[i]) / 6;
    out[5][i] = c[i];
  }
}

CK_CLONES
static void transform_kernels(float *restrict u, long product, const float *restrict w, long count) {
  kernel_values in[9] = {{0}}, half[3][6], column[6];
  for (long i = 0; i < count; i++) {
    for (int k = 0; k < 9; k++) in[k][i] = w[9 * i + k];
  }
  for (int r = 0; r < 3; r++) evaluate(half[r], in[3 * r], in[3 * r + 1], in[3 * r + 2]);
  for (int k = 0; k < 6; k++) {
    evaluate(column, half[0][k], half[1][k], half[2][k]);
    for (int j = 0; j < 6; j++) {
      for (long i = 0; i < count; i++) u[(6 * j + k) * product + i] = (float)column[j][i];
    }
  }
}

static void kernel_body(void *context, long begin, long end) {
  const kernel_job *job = context;
  for (long i = begin * job->inputs; i < end * job->inputs; i += kernels_at_once) {
    long left = end * job->inputs - i, count = left < kernels_at_once ? left : kernels_at_once;
    transform_kernels(job->u + i, job->outputs * job->inputs, job->w + 9 * i, count);
  }
}

void ck_winograd_kernels(float *u, const float *w, long outputs, long inputs) {
  kernel_job job = {u, w, outputs, inputs};
  ck_parallel_for(outputs, 8, kernel_body, &job);
}
