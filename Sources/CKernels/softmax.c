#include "CKernels.h"
#include "vector_math.h"
#include "strided.h"

#include <math.h>

typedef struct {
  float *out;
  const float *x;
  long width;
} softmax_call;

CK_CLONES static void softmax_row(float *out, const float *x, long width) {
  float top[16], lane[16] = {0};
  for (int l = 0; l < 16; l++) top[l] = -INFINITY;
  long i = 0;
  for (; i + 16 <= width; i += 16) {
    for (int l = 0; l < 16; l++) top[l] = x[i + l] > top[l] ? x[i + l] : top[l];
  }
  for (int l = 0; i + l < width; l++) top[l] = x[i + l] > top[l] ? x[i + l] : top[l];
  float highest = top[0];
  for (int l = 1; l < 16; l++) highest = top[l] > highest ? top[l] : highest;
  for (i = 0; i + 16 <= width; i += 16) {
    for (int l = 0; l < 16; l++) {
      float e = ck_exp(x[i + l] - highest);
      out[i + l] = e;
      lane[l] += e;
    }
  }
  for (int l = 0; i + l < width; l++) lane[l] += out[i + l] = ck_exp(x[i + l] - highest);
  float sum = 0;
  for (int l = 0; l < 16; l++) sum += lane[l];
  float inverse = 1.0f / sum;
  for (i = 0; i < width; i++) out[i] *= inverse;
}

static void softmax_body(void *context, long begin, long end) {
  const softmax_call *call = context;
  for (long r = begin; r < end; r++) softmax_row(call->out + r * call->width, call->x + r * call->width, call->width);
}

void ck_softmax(float *out, const float *x, long rows, long width) {
  softmax_call call = {out, x, width};
  ck_parallel_for(rows, 8192 / (width + 1) + 1, softmax_body, &call);
}
