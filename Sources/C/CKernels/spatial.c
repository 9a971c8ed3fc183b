#include "CKernels.h"
#include "activation.h"
#include "strided.h"

#include <string.h>

// Upsampling: one work item is one row of input, which becomes two rows of output.

typedef struct {
  float *out;
  const float *x;
  long w, channels;
} upsampling;

static void upsample_body(void *context, long begin, long end) {
  const upsampling *u = context;
  size_t pixel = (size_t)u->channels * sizeof(float);
  for (long row = begin; row < end; row++) {
    const float *x = u->x + row * u->w * u->channels;
    float *out = u->out + row * 4 * u->w * u->channels;
    for (long i = 0; i < u->w; i++) {
      memcpy(out + 2 * i * u->channels, x + i * u->channels, pixel);
      memcpy(out + (2 * i + 1) * u->channels, x + i * u->channels, pixel);
    }
    memcpy(out + 2 * u->w * u->channels, out, 2 * (size_t)u->w * pixel);
  }
}

void ck_upsample_nearest_2x(float *out, const float *x, long images, long h, long w, long channels) {
  upsampling u = {out, x, w, channels};
  ck_parallel_for(images * h, 16384 / (w * channels + 1) + 1, upsample_body, &u);
}

// Patches for convolution by matrix product

typedef struct {
  float *rows;
  const float *image;
  const ck_window *window;
  long first;
} patching;

static void patch_body(void *context, long begin, long end) {
  const patching *p = context;
  const ck_window *g = p->window;
  long area = g->kernel_h * g->kernel_w, width = g->channels * area;
  for (long i = begin; i < end; i++) {
    long y = (p->first + i) / g->out_w * g->stride - g->top, x = (p->first + i) % g->out_w * g->stride - g->left;
    float *row = p->rows + i * width;
    for (long ky = 0; ky < g->kernel_h; ky++) {
      for (long kx = 0; kx < g->kernel_w; kx++) {
        bool inside = y + ky >= 0 && y + ky < g->h && x + kx >= 0 && x + kx < g->w;
        const float *pixel = inside ? p->image + ((y + ky) * g->w + x + kx) * g->pixel_stride : NULL;
        float *to = row + ky * g->kernel_w + kx;
        for (long c = 0; c < g->channels; c++) to[c * area] = inside ? pixel[c] : 0;
      }
    }
  }
}

void ck_patches(float *rows, const float *image, const ck_window *window, long first, long count) {
  patching p = {rows, image, window, first};
  ck_parallel_for(count, 16, patch_body, &p);
}

// Epilogue of a product

typedef struct {
  float *out;
  const float *x, *bias, *residual;
  long width;
  int activation;
} epilogue;

static inline __attribute__((always_inline)) void finish_as(float *out, const float *x, const float *bias,
                                                            const float *residual, long width, int activation) {
  for (long c = 0; c < width; c++) {
    float y = ck_activate(activation, x[c] + (bias ? bias[c] : 0.0f));
    out[c] = residual ? y + residual[c] : y;
  }
}

CK_CLONES static void finish_row(float *out, const float *x, const float *bias, const float *residual, long width,
                                 int activation) {
  switch (activation) {
    case ck_activation_relu: finish_as(out, x, bias, residual, width, ck_activation_relu); break;
    case ck_activation_silu: finish_as(out, x, bias, residual, width, ck_activation_silu); break;
    case ck_activation_gelu: finish_as(out, x, bias, residual, width, ck_activation_gelu); break;
    case ck_activation_gelu_tanh: finish_as(out, x, bias, residual, width, ck_activation_gelu_tanh); break;
    case ck_activation_quick_gelu: finish_as(out, x, bias, residual, width, ck_activation_quick_gelu); break;
    default: finish_as(out, x, bias, residual, width, ck_activation_identity);
  }
}

static void epilogue_body(void *context, long begin, long end) {
  const epilogue *e = context;
  for (long r = begin; r < end; r++) {
    finish_row(e->out + r * e->width, e->x + r * e->width, e->bias, e->residual ? e->residual + r * e->width : NULL,
               e->width, e->activation);
  }
}

void ck_epilogue(float *out, const float *x, long rows, long width, const float *bias, const float *residual,
                 int activation) {
  epilogue e = {out, x, bias, residual, width, activation};
  ck_parallel_for(rows, 16384 / (width + 1) + 1, epilogue_body, &e);
}

// GEGLU

typedef struct {
  float *out;
  const float *x;
  long width;
} gating;

CK_CLONES static void geglu_row(float *restrict out, const float *restrict x, long width) {
  for (long c = 0; c < width; c++) out[c] = x[c] * ck_gelu(x[width + c]);
}

static void geglu_body(void *context, long begin, long end) {
  const gating *g = context;
  for (long r = begin; r < end; r++) geglu_row(g->out + r * g->width, g->x + 2 * r * g->width, g->width);
}

void ck_geglu(float *out, const float *x, long rows, long width) {
  gating g = {out, x, width};
  ck_parallel_for(rows, 8192 / (width + 1) + 1, geglu_body, &g);
}
