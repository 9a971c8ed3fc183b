#include "CKernels.h"
#include "vector_math.h"

#include <math.h>

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"), min_vector_width(512))), apply_to = function)
#define TILE(name) name##_v4
#define LANES 16
#include "softmax_tile.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define TILE(name) name##_v3
#define LANES 8
#include "softmax_tile.h"
#pragma clang attribute pop

#endif

#define TILE(name) name##_base
#define LANES 4
#include "softmax_tile.h"

typedef struct {
  float *out;
  const float *x;
  long width;
  void (*softmax)(float *out, const float *x, long rows, long width);
} softmax_call;

static void softmax_body(void *context, long begin, long end) {
  const softmax_call *call = context;
  call->softmax(call->out + begin * call->width, call->x + begin * call->width, end - begin, call->width);
}

void ck_softmax(float *out, const float *x, long rows, long width) {
  softmax_call call = {out, x, width, softmax_base};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) {
    call.softmax = softmax_v4;
  } else if (__builtin_cpu_supports("x86-64-v3")) {
    call.softmax = softmax_v3;
  }
#endif
  ck_parallel_for(rows, 8192 / (width + 1) + 1, softmax_body, &call);
}
