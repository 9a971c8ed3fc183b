#pragma once
#include "CKernels.h"
#include "vector_math.h"

/// The derivative of an activation; `kind` is a constant at every call, so that one formula remains in the loop.
CK_INLINE float ck_slope(int kind, float x) {
  switch (kind) {
    case ck_activation_relu: return x > 0.0f ? 1.0f : 0.0f;
    case ck_activation_silu: {
      float s = ck_sigmoid(x);
      return s * (1.0f + x * (1.0f - s));
    }
    case ck_activation_gelu:
      return 0.5f * (1.0f + ck_erf(x * 0.70710678f)) + x * 0.39894228f * ck_exp(-0.5f * x * x);
    case ck_activation_gelu_tanh: {
      float t = ck_tanh(0.79788456f * (x + 0.044715f * x * x * x));
      return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * 0.79788456f * (1.0f + 0.134145f * x * x);
    }
    case ck_activation_quick_gelu: {
      float s = ck_sigmoid(1.702f * x);
      return s * (1.0f + 1.702f * x * (1.0f - s));
    }
    default: return 1.0f;
  }
}
