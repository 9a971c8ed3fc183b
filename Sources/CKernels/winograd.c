#include "CKernels.h"
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

/// Three numbers of a kernel's row at the six points.
static void evaluate(double out[6], double a, double b, double c) {
  const double half = 0.70710678118654752, whole = 1.41421356237309505;
  out[0] = a;
  out[1] = (a + half * b + 0.5 * c) / -1.5;
  out[2] = (a - half * b + 0.5 * c) / -1.5;
  out[3] = (a + whole * b + 2 * c) / 6;
  out[4] = (a - whole * b + 2 * c) / 6;
  out[5] = c;
}

static void kernel_body(void *context, long begin, long end) {
  const kernel_job *job = context;
  long product = job->outputs * job->inputs;
  for (long i = begin * job->inputs; i < end * job->inputs; i++) {
    const float *w = job->w + 9 * i;
    double half[3][6], column[6];
    for (int r = 0; r < 3; r++) evaluate(half[r], w[3 * r], w[3 * r + 1], w[3 * r + 2]);
    for (int k = 0; k < 6; k++) {
      evaluate(column, half[0][k], half[1][k], half[2][k]);
      for (int j = 0; j < 6; j++) job->u[(6 * j + k) * product + i] = (float)column[j];
    }
  }
}

void ck_winograd_kernels(float *u, const float *w, long outputs, long inputs) {
  kernel_job job = {u, w, outputs, inputs};
  ck_parallel_for(outputs, 8, kernel_body, &job);
}
