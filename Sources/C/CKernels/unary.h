#pragma once
// How a unary kernel is made: one row function per operation, run over a walk.
#include "strided.h"
#include "vector_math.h"

typedef void (*ck_unary_row)(float *out, ptrdiff_t out_stride, const float *in, ptrdiff_t in_stride, ptrdiff_t n);

/// Defines the row function `name` for an expression in `x`. Out and in are the same or disjoint.
#define CK_UNARY(name, expression)                                                                                  \
  CK_CLONES static void name(float *out, ptrdiff_t out_stride, const float *in, ptrdiff_t in_stride, ptrdiff_t n) { \
    if (out_stride == 1 && in_stride == 1) {                                                                        \
      CK_INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                            \
        float x = in[i];                                                                                            \
        out[i] = (expression);                                                                                      \
      }                                                                                                             \
    } else {                                                                                                        \
      for (ptrdiff_t i = 0; i < n; i++) {                                                                           \
        float x = in[i * in_stride];                                                                                \
        out[i * out_stride] = (expression);                                                                         \
      }                                                                                                             \
    }                                                                                                               \
  }

/// The row function of an activation (tanh and after), in activations.c.
ck_unary_row ck_activation_row(ck_unary_op op);
