#include "CKernels.h"
#include "strided.h"

typedef struct {
  float *image;
  const float *rows;
  const ck_window *window;
  long first, count;
} scattering;

// Patches overlap, so the pieces of work are channels: each adds all rows, in order.
static void add_patches_body(void *context, long begin, long end) {
  const scattering *s = context;
  const ck_window *g = s->window;
  long area = g->kernel_h * g->kernel_w, width = g->channels * area;
  for (long i = 0; i < s->count; i++) {
    long y = (s->first + i) / g->out_w * g->stride - g->top, x = (s->first + i) % g->out_w * g->stride - g->left;
    const float *row = s->rows + i * width;
    for (long ky = 0; ky < g->kernel_h; ky++) {
      for (long kx = 0; kx < g->kernel_w; kx++) {
        if (y + ky < 0 || y + ky >= g->h || x + kx < 0 || x + kx >= g->w) continue;
        float *pixel = s->image + ((y + ky) * g->w + x + kx) * g->pixel_stride;
        const float *from = row + ky * g->kernel_w + kx;
        for (long c = begin; c < end; c++) pixel[c] += from[c * area];
      }
    }
  }
}

void ck_add_patches(float *image, const float *rows, const ck_window *window, long first, long count) {
  scattering s = {image, rows, window, first, count};
  ck_parallel_for(window->channels, 16, add_patches_body, &s);
}

void ck_add_to_rows(long rows, long n, long k, const float *values, const float *places, float *out) {
  for (long r = 0; r < rows; r++) {
    for (long i = r * k; i < (r + 1) * k; i++) out[r * n + (long)places[i]] += values[i];
  }
}
