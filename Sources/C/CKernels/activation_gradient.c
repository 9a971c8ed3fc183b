#include "CKernels.h"
#include "strided.h"
#include "vector_math.h"
#include "activation_slope.h"

typedef struct {
  float *out;
  const float *g, *x;
  long width;
  int activation;
} slope_call;

#define SLOPE(kind)                                                                   \
  CK_INDEPENDENT for (long i = 0; i < n; i++) out[i] = g[i] * ck_slope(kind, x[i]);   \
  break;

CK_CLONES static void slope_row(float *out, const float *g, const float *x, long n, int activation) {
  switch (activation) {
    case ck_activation_relu: SLOPE(ck_activation_relu)
    case ck_activation_silu: SLOPE(ck_activation_silu)
    case ck_activation_gelu: SLOPE(ck_activation_gelu)
    case ck_activation_gelu_tanh: SLOPE(ck_activation_gelu_tanh)
    case ck_activation_quick_gelu: SLOPE(ck_activation_quick_gelu)
    default: SLOPE(ck_activation_identity)
  }
}

static void slope_body(void *context, long begin, long end) {
  const slope_call *c = context;
  slope_row(c->out + begin, c->g + begin, c->x + begin, end - begin, c->activation);
}

void ck_activation_gradient(float *out, const float *g, const float *x, long count, int activation) {
  slope_call call = {out, g, x, 0, activation};
  ck_parallel_for(count, CK_GRAIN, slope_body, &call);
}

CK_CLONES static void geglu_row(float *restrict out, const float *restrict g, const float *restrict x, long width) {
  for (long c = 0; c < width; c++) {
    float gate = x[width + c];
    out[c] = g[c] * ck_gelu(gate);
    out[width + c] = g[c] * x[c] * ck_slope(ck_activation_gelu, gate);
  }
}

static void geglu_body(void *context, long begin, long end) {
  const slope_call *c = context;
  for (long r = begin; r < end; r++) {
    geglu_row(c->out + 2 * r * c->width, c->g + r * c->width, c->x + 2 * r * c->width, c->width);
  }
}

void ck_geglu_gradient(float *out, const float *g, const float *x, long rows, long width) {
  slope_call call = {out, g, x, width, 0};
  ck_parallel_for(rows, 8192 / (width + 1) + 1, geglu_body, &call);
}
